/* main_calls: calls that other threads want to be made on the main thread, for an object that may be gone by then.
 *
 * Counted: each call on its way and each main_calls_ref() keeps the object's memory. Calls are made in the order in which they were
 * posted; none is made once main_calls_close() was called. */
#pragma once

#include <glib.h>

typedef struct MainCalls MainCalls;

/* text belongs to the call. */
typedef void (*MainCall)(void *object, guint number, const char *text);

/* free_object: on whichever thread lets go last. Main thread. */
MainCalls *main_calls_new(void *object, GDestroyNotify free_object);

/* Any thread that has a reference. */
MainCalls *main_calls_ref(MainCalls *calls);
void main_calls_unref(MainCalls *calls);

/* Any thread; never waits. text, which may be NULL, is copied. */
void main_calls_post(MainCalls *calls, MainCall call, guint number, const char *text);

/* Main thread: no call is made any more. */
void main_calls_close(MainCalls *calls);
gboolean main_calls_is_closed(const MainCalls *calls); /* any thread */
