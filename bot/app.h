/*
 * app - the subcommands that need the configuration: what each opens, in which order, and what it exits with.
 *
 * Shape:   argv[0] is the subcommand's name. Errors are one line on stderr that says what to do.
 * Source:  product.md "The command line is a contract": 0 well, 1 failed, 2 misuse, 78 bad configuration.
 */
#ifndef APP_H
#define APP_H

enum { APP_FAILED = 1, APP_MISUSE = 2, APP_CONFIG = 78 };

int app_run(int argc, char **argv);
int app_login(int argc, char **argv);
int app_check(int argc, char **argv);
int app_show(int argc, char **argv);
int app_search(int argc, char **argv);
int app_ics(int argc, char **argv);
int app_export(int argc, char **argv);
int app_verify(int argc, char **argv);
int app_holidays(int argc, char **argv);

#endif
