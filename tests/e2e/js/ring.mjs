// Whether a call rings: a person with matrix-js-sdk, who comes into the rooms they are asked into, and says in one line of JSON what
// the push rules of their own client make of the first things that the bot says to them, and of what it says to nobody.
//
//     node ring.mjs HOMESERVER USER PASSWORD BOT
import { end, logIn, until } from "./sdk.mjs";
const [url, user, password, bot] = process.argv.slice(2);

const client = await logIn(url, user, password, () => null);
const me = client.getUserId();
client.on("RoomMember.membership", (event, member) => {
    if (member.userId === me && member.membership === "invite") client.joinRoom(member.roomId);
});
for (const room of client.getRooms()) if (room.getMyMembership() === "invite") await client.joinRoom(room.roomId);

const all = () => client.getRooms().flatMap((room) => room.getLiveTimeline().getEvents())
    .filter((e) => e.getSender() === bot && e.getType() === "m.room.message" && !e.isBeingDecrypted());
const isToMe = (e) => e.getContent()["m.mentions"]?.user_ids?.includes(me);
const isDirect = (e) => client.getRoom(e.getRoomId()).getInvitedAndJoinedMemberCount() === 2;
function rings(event) {
    const actions = client.getPushActionsForEvent(event, true);
    return { wire: event.getWireType(), body: event.getContent().body, notify: actions?.notify === true,
             highlight: actions?.tweaks?.highlight === true };
}
const call = await until("a call in the room", () => all().find((e) => isToMe(e) && !isDirect(e)));
const direct = await until("a call alone", () => all().find((e) => isToMe(e) && isDirect(e)));
const quiet = await until("something said to nobody", () => all().find((e) => !isToMe(e) && !isDirect(e)));
end({ call: rings(call), direct: rings(direct), quiet: rings(quiet) });
