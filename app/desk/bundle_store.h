/* bundle_store: support bundles at the centre: the stream BUNDLES, the newest BUNDLE_KEPT of each booth, each as long as the retention
 * says.
 *
 * Asks the bus on a thread of its own; what that comes to is handed out by bundle_store_dispatch(), on the thread that calls it. */
#pragma once

#include <glib.h>

#define BUNDLE_KEPT    3  /* of each booth, what came to nothing included */
#define BUNDLE_WAITING 64 /* wishes; further ones are unavailable */

typedef struct BundleStore BundleStore;

typedef enum {
    BUNDLE_STORE_GOOD,
    BUNDLE_STORE_NONE, /* there is no such bundle, or none any more */
    BUNDLE_STORE_UNAVAILABLE,
} BundleVerdict;

/* bytes: of a get, the archive; of a list a JSON array, the newest first: [{"id","utc","bytes","why","desk"?}], why "" when it is there;
 * desk when it is on its way to that one; else NULL. */
typedef void (*BundleDone)(gpointer data, BundleVerdict verdict, GBytes *bytes);

/* servers are copied. wake: any thread, call bundle_store_dispatch() soon. */
BundleStore *bundle_store_new(const char *const *servers, guint retention_days, void (*wake)(gpointer data), gpointer data);
void bundle_store_free(BundleStore *store); /* waits for what is under way; callbacks that are left are called; NULL is fine */
void bundle_store_dispatch(BundleStore *store);

/* Notes that one is on its way to a desk, so that it is not waited for in vain when that desk dies. What comes of it replaces this. */
void bundle_store_await(BundleStore *store, const char *booth, const char *id, const char *desk);
/* Keeps a bundle, or why there is none; the oldest of the booth's go. bytes may be NULL, done too. */
void bundle_store_put(BundleStore *store, const char *booth, const char *id, GBytes *bytes, const char *why, BundleDone done,
                      gpointer data);
void bundle_store_list(BundleStore *store, const char *booth, BundleDone done, gpointer data);
void bundle_store_get(BundleStore *store, const char *booth, const char *id, BundleDone done, gpointer data);
