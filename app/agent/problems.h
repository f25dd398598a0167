/* problems: what is wrong with the booth just now, by the names of docs/protocol.md, each with the time it was first seen.
 *
 * Pure; one thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct Problems Problems;

Problems *problems_new(void);
void problems_free(Problems *problems); /* NULL is fine */

/* present: is it so? name must be one of the protocol's. Returns whether anything changed. */
gboolean problems_set(Problems *problems, const char *name, gboolean present, gint64 utc);

/* Everything that a studio's health tells about its devices; NULL: nothing is known of them. Returns whether anything changed. */
gboolean problems_set_health(Problems *problems, const json_t *health, gint64 utc);

/* The first present one whose name begins so (static text), or NULL. */
const char *problems_first(const Problems *problems, const char *prefix);
gboolean problems_block(const Problems *problems); /* one of them keeps the booth from being ready */
json_t *problems_json(const Problems *problems);   /* the snapshot's array, new reference */
