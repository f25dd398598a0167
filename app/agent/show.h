/* show: what the advisor shows on the demo display and, in a call, in the shopper's page: a product, up to four side by side, the pictures
 * of one, or its video.
 *
 * Pure: products come from a function that finds them, and are cut to what screens need, so that a snapshot stays small. Main context. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define SHOW_COMPARED_MAX 4

#define SHOW_ERROR (show_error_quark())
GQuark show_error_quark(void);
enum { SHOW_BAD_VALUE, SHOW_NOT_FOUND };

typedef struct {
    /* The whole product, a new reference; NULL: there is none. */
    json_t *(*find)(void *data, const char *id);
    const char *store; /* of the booth: whose quantity is told */
    void *data;
} ShowSource;

typedef struct Show Show;

Show *show_new(void);
void show_free(Show *show); /* NULL is fine */

/* kind: product, compare (two to four), gallery (the pictures of one), video (one that has one). FALSE: nothing changed. */
gboolean show_set(Show *show, const ShowSource *source, const char *kind, const char *const *ids, GError **error);
/* The next (1) or previous (-1) picture of what is shown, round the ends. FALSE: there is no other. */
gboolean show_turn(Show *show, int step);
/* FALSE: nothing was shown. */
gboolean show_clear(Show *show);
/* The catalogue is another one: products that it lacks go, the others are told as they are now. TRUE when anything changed. */
gboolean show_renew(Show *show, const ShowSource *source);

/* {"kind", "products":[…], "index"}, or null; a new reference. */
json_t *show_json(const Show *show);
/* Takes up what show_json() told once; what makes no sense is nothing shown. */
void show_restore(Show *show, const json_t *told);

/* A product cut to what screens need: a new reference. "in_store" is how many the store has, absent when the feed does not say. */
json_t *show_trim(const json_t *product, const char *store);
