/* booth_list: a list of booths as IT has it in a spreadsheet, and what each booth's card is told.
 *
 * CSV (RFC 4180): fields in quotes where they need it; separated by commas, or by semicolons or tabs when the first line says so. The first
 * line names keys of booth.txt: "id" is of the section [booth], "network.address" of another one. Pure but for a temporary folder that
 * booth_list_read() checks each booth.txt in. */
#pragma once

#include <glib.h>

#define BOOTH_LIST_MAX        (16 * 1024 * 1024) /* bytes */
#define BOOTH_LIST_BOOTHS_MAX 20000
#define BOOTH_LIST_MISTAKES   20 /* so many are told, a line each */

#define BOOTH_LIST_ERROR (booth_list_error_quark())
GQuark booth_list_error_quark(void);

/* Rows of fields, char** each, ended by NULL; *lines: the line that each begins at (of guint). Empty lines are left out. NULL with a
 * sentence that names the line. */
GPtrArray *booth_list_split(const char *text, gsize length, GArray **lines, GError **error);

typedef struct {
    char *id, *name, *store, *region;
    char *text; /* its booth.txt, without a token */
    guint line;
} BoothPlan;
void booth_plan_free(BoothPlan *plan);

typedef struct {
    const char *template;  /* rootfs/booth.txt */
    const char *desks;     /* for booths whose line names no [desk] address; "" when each must */
    const char *authority; /* base64, as in booth.txt */
} BoothListSettings;

/* Every booth of the list (of BoothPlan), each checked as the booth itself will. One mistake and there is none: NULL with a sentence that
 * names the line of the list. */
GPtrArray *booth_list_read(const char *text, gsize length, const BoothListSettings *settings, GError **error);
