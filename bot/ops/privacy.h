/*
 * privacy - whether others on this machine could read what the store keeps: people's words lie in it in clear.
 *
 * Shape:   the files are made for their owner alone; what came out of an archive, or was copied, may be open to all. Files of
 *          secrets are refused where they are read (config.h, store/keyfile.h).
 * Source:  trust.md B.2 rows 20 and 21.
 */
#ifndef OPS_PRIVACY_H
#define OPS_PRIVACY_H

/* Says a line for each that is open to others, and how to mend it; returns how many. */
typedef void privacy_say_fn(void *data, const char *finding);
int privacy_check(const char *store_path, privacy_say_fn *say, void *data);

#endif
