/* rules: what ops have set for all desks, over what desk.conf and booth.conf say: opening hours, topics, times. JSON in the bucket's key
 * "settings":
 *   {"v":1,"ring_s":20,"wrapup_s":60,"topics":["tv"],"booth_topics":{"oslo-1":["tv","phones"]},"hours":{"mon":"09:00-17:00",..,
 *    "sun":"closed","timezone":"Europe/Oslo","closed_days":["2026-12-25"]}}
 * Every member but v may be absent: then desk.conf counts, and for a booth that booth_topics does not name, its booth.conf. Checked whole;
 * what is not understood changes nothing. Pure: any thread. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "desk/hours.h"

#define RULES_TEXT_MAX   65536 /* bytes */
#define RULES_BOOTHS_MAX 500   /* that have topics set */

typedef struct {
    gint64 ring_ms, wrapup_ms; /* 0: not set */
    Hours *hours;              /* NULL: not set */
    char **topics;             /* those that are open; NULL: all */
    GHashTable *booth_topics;  /* booth id → char **: what it is given calls of, whatever it says itself; NULL: none is set */
} Rules;

#define RULES_ERROR (rules_error_quark())
GQuark rules_error_quark(void);

/* configured: the topics of desk.conf, of which some may be open. NULL with one sentence that names the member. */
Rules *rules_read(const char *text, const char *const *configured, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void rules_free(Rules *rules); /* NULL is fine */
/* What is set for the booth; NULL: nothing. rules may be NULL. */
const char *const *rules_booth_topics(const Rules *rules, const char *booth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rules, rules_free)
