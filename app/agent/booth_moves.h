/* booth_moves: what the state machine's steps have in common: to enter a state, to be ready or paused between calls, to end an offer or a
 * call. Of booth.c, booth_desk.c, booth_media.c and booth_wishes.c alone. */
#pragma once

#include "agent/booth.h"

/* One step while it is taken: booth is changed, actions grows. No text of event is NULL. */
typedef struct {
    Booth *booth;
    const BoothEvent *event;
    BoothActions *actions;
} BoothStep;

/* Takes an event, which it knows; FALSE: a wish that does not fit the state. */
typedef gboolean (*BoothTake)(BoothStep *step);

/* One more thing to do, for the call in hand, or for another one; of a practice call what leaves the booth is left out. */
void booth_act(BoothStep *step, BoothActionKind kind);
void booth_act_on(BoothStep *step, BoothActionKind kind, const BoothKey *key, BoothEnd end);

/* The event is of the call in hand. */
gboolean booth_is_ours(const BoothStep *step);

/* Takes the deadline of the state before away. */
void booth_enter(BoothStep *step, BoothState state);
/* Between calls: ready when it is wanted and nothing is in the way, else paused. */
void booth_settle(BoothStep *step);
/* Not ready after this call; reason: a word of docs/protocol.md. */
void booth_want_pause(BoothStep *step, const char *reason);

void booth_forget_call(BoothStep *step);
/* An offer ends without a call; result: static text. The caller settles. */
void booth_offer_over(BoothStep *step, const char *result);
/* A call ends, for whatever reason: wrap-up when there was a conversation, else it settles. */
void booth_call_over(BoothStep *step);
void booth_wrapup_over(BoothStep *step);
/* Counts the time that the call was muted until now; muted: as it goes on. */
void booth_count_mute(BoothStep *step, gboolean muted);

/* The desk is to know how the call ended; told until it confirms, and no other call is pulled before. */
void booth_owe_end(BoothStep *step, BoothEnd end);
void booth_tell_end(BoothStep *step);
/* It knows, or it is nothing to it any more: the next call may come. */
void booth_end_is_known(BoothStep *step);
