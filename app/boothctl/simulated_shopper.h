/* simulated_shopper: a shopper's page without a browser: asks, waits, answers an offer, says that the picture came, ends or leaves.
 *
 * It resumes its call after a lost line, as the page does. One thread, the one that made it. */
#pragma once

#include "boothctl/simulate.h"

typedef struct SimulatedShopper SimulatedShopper;

typedef struct {
    const char *const *desks; /* ws://HOST:PORT/ws/shopper, NULL-terminated */
    const char *topic, *lang;
    double leave;             /* chance that it leaves while waiting */
    double lose;              /* chance that its line breaks once */
    double hang_up;           /* chance that it ends the call before the advisor does */
    SimulateSpan patience_ms; /* until it leaves, or its line breaks */
    SimulateSpan picture_ms;  /* from the offer to its first picture */
    SimulateSpan talk_ms;     /* until it hangs up */
} ShopperHabits;

typedef struct {
    const char *call;  /* "" when it never got one */
    const char *end;   /* the outcome of its call; "unknown" when the desk knew the call no more */
    const char *cause; /* "" for none */
    gint64 asked;      /* µs, monotonic */
    guint resumed;     /* times */
    guint pictures;    /* peer connections that it saw a picture on */
    guint errors;      /* error messages other than those it tries again after */
} ShopperEnd;

typedef struct {
    /* The desk told its call's id for the first time. */
    void (*called)(gpointer data, SimulatedShopper *shopper, const char *call, gint64 asked);
    /* It is over. Not from inside a call of these functions; it may not be freed in there. */
    void (*ended)(gpointer data, SimulatedShopper *shopper);
    gpointer data;
} ShopperEvents;

/* Connects at once and asks. habits and events must outlive it. NULL with a sentence when an address makes no sense. */
SimulatedShopper *simulated_shopper_new(const ShopperHabits *habits, const ShopperEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void simulated_shopper_free(SimulatedShopper *shopper); /* closes the line, as a closed tab does; NULL is fine */

/* How it stands; end is "" before ended(). Strings belong to the shopper. */
ShopperEnd simulated_shopper_end(const SimulatedShopper *shopper);
