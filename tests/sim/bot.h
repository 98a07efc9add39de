/*
 * bot - one life of the bot, from its store to the end of daemon_run: what bot/app.c does without files and sockets.
 *
 * Left out: the configuration, the session (its token is given), the control socket.
 */
#ifndef SIM_BOT_H
#define SIM_BOT_H

#define BOT_ME     "@greffier:example.org"
#define BOT_DEVICE "SIMULATED"
#define BOT_TOKEN  "token of the simulated bot"

/* Returns when it was told to stop. */
void bot_live(void);

#endif
