/* commands: what boothctl can do, one function a command; main.c has the table.
 *
 * config: path of booth.conf. argv[0] is the command's name. Each returns the exit status: 0 done, 1 not done (one sentence on stderr says
 * why), 2 not understood (usage on stderr). */
#pragma once

int command_status(const char *config, int argc, char **argv);
int command_wait(const char *config, int argc, char **argv);
int command_wish(const char *config, int argc, char **argv); /* ready, pause, accept, …, extend, practice */
int command_outcome(const char *config, int argc, char **argv);
int command_note(const char *config, int argc, char **argv);
int command_check(const char *config, int argc, char **argv);
int command_calls(const char *config, int argc, char **argv);
int command_stats(const char *config, int argc, char **argv);
int command_screenshot(const char *config, int argc, char **argv);
int command_chat(const char *config, int argc, char **argv);
int command_products(const char *config, int argc, char **argv);
int command_show(const char *config, int argc, char **argv);
int command_scan(const char *config, int argc, char **argv);
int command_basket(const char *config, int argc, char **argv);
int command_panel(const char *config, int argc, char **argv);
int command_authority(const char *config, int argc, char **argv);
int command_update(const char *config, int argc, char **argv);
int command_machine(const char *config, int argc, char **argv); /* restart, factory-reset */
int command_bundle(const char *config, int argc, char **argv);
int command_provision(const char *config, int argc, char **argv);
int command_enrol(const char *config, int argc, char **argv);

int commands_usage(const char *line); /* says it on stderr; returns 2 */
