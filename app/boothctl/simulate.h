/* simulate: stand-ins for the parts of a Livebooth that need people or hardware, as commands of boothctl.
 *
 *   simulate load      booths and shoppers against a desk in one process, measured
 *   simulate fleet     booths that send their status and take no calls
 *   simulate studio    the studio's place on a booth's bus, without media; with --advisor also the advisor
 *   simulate shoppers  shoppers without a browser, each of whom may leave, hang up or lose the line
 *
 * All speak docs/protocol.md and app/bus as the real ones do. One thread. */
#pragma once

#include <glib.h>

/* The command of boothctl. argv[0] is "simulate". Returns the exit status. */
int command_simulate(int argc, char **argv);

int simulate_load(int argc, char **argv);
int simulate_fleet(int argc, char **argv);
int simulate_studio(int argc, char **argv);
int simulate_shoppers(int argc, char **argv);

/* A span of milliseconds, or one number for both ends: "200-2000". */
typedef struct {
    guint from, to;
} SimulateSpan;

/* FALSE when text is neither; limit is the largest that is taken. */
gboolean simulate_parse_span(const char *text, guint limit, SimulateSpan *span);
guint simulate_pick(const SimulateSpan *span); /* uniformly, both ends included */
gboolean simulate_chance(double chance);       /* TRUE in that part of all cases, 0..1 */

/* Parses options of a command; on an error says it on stderr and returns FALSE. Nothing but options is taken. */
gboolean simulate_options(const char *command, const char *what, const GOptionEntry *entries, int argc, char **argv);

/* As many descriptors as the system lets us have. */
void simulate_raise_limits(void);
