#include "agent/booth.h"

#include <string.h>

typedef struct {
    Booth *booth;
    const BoothEvent *event;
    BoothActions *actions;
} Step;

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static gboolean is_practice(const BoothKey *key)
{
    return strcmp(key->id, BOOTH_PRACTICE) == 0;
}

/* Of a practice call nobody outside the booth hears, and nothing is written down. */
static gboolean is_rehearsed(BoothActionKind *kind)
{
    switch (*kind) {
    case BOOTH_DO_START: *kind = BOOTH_DO_REHEARSE; return TRUE;
    case BOOTH_DO_PULL:
    case BOOTH_DO_UNPULL:
    case BOOTH_DO_STOP:
    case BOOTH_DO_SELF_TEST:
    case BOOTH_DO_MUTE:
    case BOOTH_DO_CAMERA: return TRUE;
    default: return FALSE;
    }
}

static void act_on(Step *step, BoothActionKind kind, const BoothKey *key, BoothEnd end)
{
    if (is_practice(key) && !is_rehearsed(&kind)) return;
    g_assert(step->actions->count < BOOTH_ACTIONS_MAX);
    step->actions->list[step->actions->count++] = (BoothAction){.kind = kind, .key = *key, .end = end};
}

static void act(Step *step, BoothActionKind kind)
{
    act_on(step, kind, &step->booth->call.key, BOOTH_END_NONE);
}

static gboolean same_key(const BoothKey *a, const BoothKey *b)
{
    return a->id[0] && a->gen == b->gen && strcmp(a->id, b->id) == 0;
}

static gboolean is_ours(const Step *step)
{
    return same_key(&step->booth->call.key, &step->event->key);
}

static gboolean in_call(const Booth *booth)
{
    return booth->state == BOOTH_CONNECTING || booth->state == BOOTH_LIVE;
}

static void enter(Step *step, BoothState state)
{
    Booth *booth = step->booth;
    if (booth->state != state) {
        booth->since_mono = step->event->mono;
        booth->checking = FALSE;
    }
    booth->state = state;
    booth->deadline_mono = 0;
    booth->extended = FALSE;
}

/* --- ready or paused ---------------------------------------------------------------------------------------------------------------- */

static void park(Step *step)
{
    Booth *booth = step->booth;
    if (booth->parked || !booth->linked || booth->owed_end != BOOTH_END_NONE) return;
    booth->parked = TRUE;
    booth->pull_seq++;
    act(step, BOOTH_DO_PULL);
}

static void unpark(Step *step)
{
    Booth *booth = step->booth;
    if (booth->parked && booth->linked) act(step, BOOTH_DO_UNPULL);
    booth->parked = FALSE;
}

/* Between calls: ready when it is wanted and nothing is in the way. A short break of the link is not: it becomes a problem by itself. */
static void settle(Step *step)
{
    Booth *booth = step->booth;
    gboolean ready = booth->ready_wanted && !booth->blocked && (booth->linked || booth->state == BOOTH_READY);
    if (ready) {
        enter(step, BOOTH_READY);
        booth->pause_reason[0] = '\0';
        park(step);
        return;
    }
    enter(step, BOOTH_PAUSED);
    if (booth->ready_wanted) g_strlcpy(booth->pause_reason, "problem", sizeof booth->pause_reason);
    unpark(step);
}

static void want_pause(Step *step, const char *reason)
{
    if (booth_is_practice(step->booth)) return;
    step->booth->ready_wanted = FALSE;
    g_strlcpy(step->booth->pause_reason, reason, sizeof step->booth->pause_reason);
}

/* --- the end of an offer or of a call ------------------------------------------------------------------------------------------------ */

static void forget_call(Step *step)
{
    memset(&step->booth->call, 0, sizeof step->booth->call);
    step->booth->renew_mono = 0;
    step->booth->gone_mono = 0;
}

static void offer_over(Step *step, const char *result)
{
    Booth *booth = step->booth;
    booth->call.result = result;
    booth->call.ended_mono = step->event->mono;
    act(step, BOOTH_DO_STOP);
    act(step, BOOTH_DO_RECORD);
}

static void tell_end(Step *step)
{
    Booth *booth = step->booth;
    booth->owed_mono = step->event->mono;
    if (booth->linked) act_on(step, BOOTH_DO_END, &booth->owed, booth->owed_end);
}

static void owe_end(Step *step, BoothEnd end)
{
    if (booth_is_practice(step->booth)) return;
    step->booth->owed = step->booth->call.key;
    step->booth->owed_end = end;
    tell_end(step);
}

/* The desk knows, or it is nothing to it any more: the next call may come. */
static void end_is_known(Step *step)
{
    Booth *booth = step->booth;
    if (booth->owed_end == BOOTH_END_NONE) return;
    booth->owed_end = BOOTH_END_NONE;
    if (booth->state == BOOTH_READY) park(step);
}

static void write_down(Step *step)
{
    BoothCall *call = &step->booth->call;
    if (!call->note.outcome[0]) g_strlcpy(call->note.outcome, "none", sizeof call->note.outcome);
    /* Of times of another boot nothing more can be said. */
    gboolean cut = call->cut_boot[0] != 0;
    call->ready_mono = cut ? call->ended_mono : step->event->mono;
    call->wrapup_ms = cut ? 0 : call->ready_mono - call->ended_mono;
    act(step, BOOTH_DO_RECORD);
}

static void wrapup_over(Step *step)
{
    write_down(step);
    settle(step);
}

/* Of a live call, how long the shopper could not hear the advisor. */
static void mute_counts(Step *step, gboolean muted)
{
    BoothCall *call = &step->booth->call;
    if (call->muted_mono) call->muted_ms += step->event->mono - call->muted_mono;
    call->muted_mono = muted ? step->event->mono : 0;
}

/* A call is over, for whatever reason: nobody wraps up a conversation that never was. */
static void call_over(Step *step)
{
    Booth *booth = step->booth;
    BoothCall *call = &booth->call;
    call->ended_mono = step->event->mono;
    call->talk_ms = call->media_up_mono ? call->ended_mono - call->media_up_mono : 0;
    mute_counts(step, FALSE);
    call->result = "accepted";
    booth->renew_mono = 0;
    booth->gone_mono = 0;
    act(step, BOOTH_DO_STOP);
    if (booth->muted) {
        booth->muted = FALSE;
        act(step, BOOTH_DO_MUTE);
    }
    if (call->media_up_mono) {
        enter(step, BOOTH_WRAPUP);
        booth->deadline_mono = step->event->mono + booth->wrapup_ms;
        return;
    }
    write_down(step);
    settle(step);
}

/* The studio that played the shopper is gone: there is nothing left to practise with. */
static void practice_over(Step *step)
{
    act(step, BOOTH_DO_STOP);
    forget_call(step);
    settle(step);
}

/* --- media --------------------------------------------------------------------------------------------------------------------------- */

/* A new peer connection, where there is somebody to make it with. */
static void remake(Step *step)
{
    Booth *booth = step->booth;
    booth->call.media = BOOTH_MEDIA_LOST;
    if (!booth->studio || !booth->linked || !booth->call.shopper_present) return;
    booth->call.pc = ++booth->pc_last;
    booth->remade_mono = step->event->mono;
    act(step, BOOTH_DO_START);
}

/* Keeps the clock of "gone": there is no media, and nobody to make it with. The time to set a call up is that which both ends have for it
 * together: it starts anew when they are there again. */
static void watch_gone(Step *step)
{
    Booth *booth = step->booth;
    gboolean sets_up = booth->state == BOOTH_CONNECTING;
    gboolean without = sets_up || (booth->state == BOOTH_LIVE && booth->call.media == BOOTH_MEDIA_LOST);
    gboolean gone = without && !booth_is_practice(booth) && (!booth->call.shopper_present || !booth->linked);
    if (gone && !booth->gone_mono) booth->gone_mono = step->event->mono;
    if (gone && sets_up) booth->deadline_mono = 0;
    if (!gone && sets_up && booth->gone_mono) booth->deadline_mono = step->event->mono + booth->setup_ms;
    if (!gone) booth->gone_mono = 0;
}

static void start_media(Step *step)
{
    Booth *booth = step->booth;
    booth->call.media = BOOTH_MEDIA_CONNECTING;
    booth->remade_mono = step->event->mono;
    if (booth->studio) act(step, BOOTH_DO_START);
}

static void media_is_up(Step *step)
{
    Booth *booth = step->booth;
    BoothCall *call = &booth->call;
    call->media = BOOTH_MEDIA_UP;
    if (booth->state != BOOTH_CONNECTING) return;
    call->media_up_mono = step->event->mono;
    mute_counts(step, booth->muted);
    enter(step, BOOTH_LIVE);
    if (booth->linked) act(step, BOOTH_DO_MEDIA_UP);
}

static void follow_media(Step *step)
{
    switch (step->event->media) {
    case BOOTH_MEDIA_UP: media_is_up(step); break;
    case BOOTH_MEDIA_LOST: remake(step); break;
    default: break;
    }
}

static gboolean on_media(Step *step)
{
    if (in_call(step->booth) && step->event->number == step->booth->call.pc) follow_media(step);
    return TRUE;
}

static gboolean on_shopper(Step *step)
{
    Booth *booth = step->booth;
    if (!in_call(booth) || !is_ours(step)) return TRUE;
    booth->call.shopper_present = step->event->flag;
    /* An offer or its answer may be lost with the line that the shopper had. */
    if (booth->call.accepted && step->event->flag && booth->call.media != BOOTH_MEDIA_UP) remake(step);
    return TRUE;
}

static gboolean on_no_picture(Step *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_LIVE || !is_ours(step)) return TRUE;
    booth->call.shopper_present = TRUE;
    /* Each attempt gets longer: a slow line must not be cut off again and again just before its picture. */
    gint64 pause = (gint64)BOOTH_REMAKE_MIN << MIN(booth->call.asked, BOOTH_ASKED_MAX);
    if (step->event->mono - booth->remade_mono < pause) return TRUE;
    booth->call.asked++;
    remake(step);
    return TRUE;
}

static gboolean on_codec_used(Step *step)
{
    g_strlcpy(step->booth->call.codec, or_empty(step->event->text), sizeof step->booth->call.codec);
    return TRUE;
}

static gboolean on_codec_refused(Step *step)
{
    if (!in_call(step->booth)) return TRUE;
    if (step->event->flag) {
        remake(step);
        return TRUE;
    }
    owe_end(step, BOOTH_END_SETUP_FAILED);
    call_over(step);
    return TRUE;
}

/* The studio came, or came back. It holds nothing, so it is told everything; a call that it runs already is left alone. */
static gboolean on_studio_up(Step *step)
{
    Booth *booth = step->booth;
    gboolean runs = step->event->key.id[0] != '\0';
    gboolean ours = runs && is_ours(step);
    booth->studio = TRUE;
    booth->pc_last = MAX(booth->pc_last, step->event->number);
    act(step, BOOTH_DO_MUTE);
    act(step, BOOTH_DO_CAMERA);
    if (in_call(booth) && booth_is_practice(booth)) {
        practice_over(step);
    } else if (in_call(booth) && booth->call.accepted) {
        if (ours && step->event->number == booth->call.pc)
            follow_media(step);
        else
            remake(step);
    } else if (booth->state == BOOTH_RINGING || booth->state == BOOTH_CONNECTING) {
        act(step, BOOTH_DO_PREPARE);
    } else if (runs) {
        act(step, BOOTH_DO_STOP);
    }
    return TRUE;
}

static gboolean on_studio_down(Step *step)
{
    step->booth->studio = FALSE;
    if (in_call(step->booth) && booth_is_practice(step->booth))
        practice_over(step);
    else if (in_call(step->booth) && step->booth->call.accepted)
        step->booth->call.media = BOOTH_MEDIA_LOST;
    return TRUE;
}

/* --- wishes --------------------------------------------------------------------------------------------------------------------------- */

static gboolean on_wish_ready(Step *step)
{
    Booth *booth = step->booth;
    switch (booth->state) {
    case BOOTH_STARTING:
    case BOOTH_RINGING: return FALSE;
    default: break;
    }
    booth->ready_wanted = TRUE;
    booth->pause_reason[0] = '\0';
    if (booth->state == BOOTH_WRAPUP)
        wrapup_over(step);
    else if (!in_call(booth))
        settle(step);
    return TRUE;
}

/* In a call or a wrap-up the pause comes after it. */
static gboolean on_wish_pause(Step *step)
{
    Booth *booth = step->booth;
    if (booth->state == BOOTH_STARTING || booth->state == BOOTH_RINGING) return FALSE;
    want_pause(step, or_empty(step->event->text));
    if (booth->state == BOOTH_READY || booth->state == BOOTH_PAUSED) settle(step);
    return TRUE;
}

static gboolean on_wish_accept(Step *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_RINGING) return FALSE;
    booth->call.accepted_mono = step->event->mono;
    enter(step, BOOTH_CONNECTING);
    booth->deadline_mono = step->event->mono + booth->setup_ms;
    act(step, BOOTH_DO_ACCEPT);
    if (booth_is_practice(booth)) {
        booth->call.accepted = TRUE;
        start_media(step);
    }
    return TRUE;
}

static gboolean on_wish_decline(Step *step)
{
    if (step->booth->state != BOOTH_RINGING) return FALSE;
    act(step, BOOTH_DO_DECLINE);
    offer_over(step, "declined");
    want_pause(step, "declined");
    settle(step);
    return TRUE;
}

static gboolean on_wish_hangup(Step *step)
{
    if (step->booth->state == BOOTH_RINGING) return on_wish_decline(step);
    if (!in_call(step->booth)) return FALSE;
    owe_end(step, BOOTH_END_HANGUP);
    call_over(step);
    return TRUE;
}

static gboolean on_wish_mute(Step *step)
{
    if (step->booth->state == BOOTH_STARTING) return FALSE;
    step->booth->muted = step->event->flag;
    if (step->booth->state == BOOTH_LIVE) mute_counts(step, step->event->flag);
    act(step, BOOTH_DO_MUTE);
    return TRUE;
}

static gboolean on_wish_camera(Step *step)
{
    if (step->booth->state == BOOTH_STARTING) return FALSE;
    step->booth->view = (BoothView)step->event->number;
    act(step, BOOTH_DO_CAMERA);
    return TRUE;
}

static gboolean on_wish_outcome(Step *step)
{
    BoothNote *note = &step->booth->call.note;
    const char *outcome = or_empty(step->event->text), *order = or_empty(step->event->text2);
    if (step->booth->state != BOOTH_WRAPUP || (!*outcome && !note->outcome[0])) return FALSE;
    if (*outcome) g_strlcpy(note->outcome, outcome, sizeof note->outcome);
    if (*order) g_strlcpy(note->order, order, sizeof note->order);
    wrapup_over(step);
    return TRUE;
}

static gboolean on_wish_note(Step *step)
{
    if (step->booth->state != BOOTH_WRAPUP) return FALSE;
    step->booth->call.note = *step->event->note;
    return TRUE;
}

static gboolean on_wish_extend(Step *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_WRAPUP || booth->extended) return FALSE;
    booth->extended = TRUE;
    booth->deadline_mono += booth->extend_ms;
    return TRUE;
}

/* Rings like a real one, whatever the link is like; the pause goes on after it. */
static gboolean on_wish_practice(Step *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_PAUSED || booth->ready_wanted || !booth->studio) return FALSE;
    forget_call(step);
    g_strlcpy(booth->call.key.id, BOOTH_PRACTICE, sizeof booth->call.key.id);
    booth->call.shopper_present = TRUE;
    booth->call.pc = ++booth->pc_last;
    enter(step, BOOTH_RINGING);
    booth->deadline_mono = booth->call.ring_until_mono = step->event->mono + booth->ring_ms;
    return TRUE;
}

static gboolean on_wish_check(Step *step)
{
    if (step->booth->state != BOOTH_PAUSED) return FALSE;
    step->booth->checking = step->event->flag;
    if (step->event->flag) act(step, BOOTH_DO_SELF_TEST);
    return TRUE;
}

/* --- the desk ------------------------------------------------------------------------------------------------------------------------- */

/* An offer that rang is the desk's again; a call goes on by itself. */
static gboolean on_link_down(Step *step)
{
    Booth *booth = step->booth;
    booth->linked = FALSE;
    booth->parked = FALSE;
    if (booth->state == BOOTH_RINGING && !booth_is_practice(booth)) {
        offer_over(step, "withdrawn");
        booth->state = BOOTH_READY;
        settle(step);
    }
    return TRUE;
}

static void accepted_now(Step *step)
{
    step->booth->call.accepted = TRUE;
    step->booth->deadline_mono = step->event->mono + step->booth->setup_ms;
    step->booth->renew_mono = step->event->mono + BOOTH_RENEW_MS;
    start_media(step);
}

static void resume_call(Step *step, BoothResume resume)
{
    Booth *booth = step->booth;
    if (resume != BOOTH_RESUME_KEPT) {
        if (booth->call.accepted) {
            call_over(step);
        } else {
            offer_over(step, "withdrawn");
            settle(step);
        }
        return;
    }
    /* Whether the desk has heard the accept is not known: said again, it answers again. */
    if (!booth->call.accepted)
        act(step, BOOTH_DO_ACCEPT);
    else if (booth->call.media == BOOTH_MEDIA_UP)
        act(step, BOOTH_DO_MEDIA_UP);
    /* Else what was signalled may be lost with the link: made anew by the word of the shopper's presence, which follows a welcome. */
}

static gboolean on_welcome(Step *step)
{
    Booth *booth = step->booth;
    const BoothEvent *event = step->event;
    booth->linked = TRUE;
    booth->ring_ms = event->ring_ms;
    booth->setup_ms = event->setup_ms;
    booth->wrapup_ms = event->wrapup_ms;
    BoothResume resume = (BoothResume)event->number;
    if (in_call(booth) && !booth_is_practice(booth)) {
        resume_call(step, resume);
        return TRUE;
    }
    if (booth->owed_end != BOOTH_END_NONE && resume == BOOTH_RESUME_KEPT)
        tell_end(step);
    else
        booth->owed_end = BOOTH_END_NONE;
    if (booth->state == BOOTH_READY || booth->state == BOOTH_PAUSED) settle(step);
    return TRUE;
}

/* An offer uses the parked pull up. One that crossed with a pause, or comes at a wrong time, goes straight back to the head of the line. */
static gboolean on_offer(Step *step)
{
    Booth *booth = step->booth;
    const BoothEvent *event = step->event;
    if (booth->state != BOOTH_READY) {
        act_on(step, BOOTH_DO_DECLINE, &event->key, BOOTH_END_NONE);
        return TRUE;
    }
    booth->parked = FALSE;
    if (event->wrapup_ms > 0) booth->wrapup_ms = event->wrapup_ms;
    forget_call(step);
    booth->call.key = event->key;
    booth->call.shopper_present = TRUE;
    booth->call.offered_mono = event->mono;
    booth->call.pc = ++booth->pc_last;
    enter(step, BOOTH_RINGING);
    booth->deadline_mono = event->mono + (event->ring_ms > 0 ? event->ring_ms : booth->ring_ms);
    booth->call.ring_until_mono = booth->deadline_mono;
    booth->renew_mono = event->mono + BOOTH_RENEW_MS;
    if (booth->studio) act(step, BOOTH_DO_PREPARE);
    return TRUE;
}

/* The desk took an offer or, at worst, a call back. */
static gboolean on_withdrawn(Step *step)
{
    Booth *booth = step->booth;
    if (same_key(&booth->owed, &step->event->key)) end_is_known(step);
    if (!is_ours(step)) return TRUE;
    if (booth->state == BOOTH_RINGING || (booth->state == BOOTH_CONNECTING && !booth->call.accepted)) {
        gboolean no_answer = booth->state == BOOTH_RINGING && strcmp(or_empty(step->event->text), "ring_no_answer") == 0;
        offer_over(step, no_answer ? "ring_no_answer" : "withdrawn");
        if (no_answer) want_pause(step, "ring_no_answer");
        settle(step);
    } else if (in_call(booth)) {
        call_over(step);
    }
    return TRUE;
}

static gboolean on_accepted(Step *step)
{
    if (step->booth->state == BOOTH_CONNECTING && is_ours(step) && !step->booth->call.accepted) accepted_now(step);
    return TRUE;
}

static gboolean on_refused(Step *step)
{
    Booth *booth = step->booth;
    const char *what = or_empty(step->event->text);
    if (strcmp(what, "end") == 0) {
        if (same_key(&booth->owed, &step->event->key)) end_is_known(step);
        return TRUE;
    }
    if (!is_ours(step)) return TRUE;
    if (booth->state == BOOTH_CONNECTING && !booth->call.accepted) {
        offer_over(step, "withdrawn");
        settle(step);
    } else if (in_call(booth) && strcmp(what, "renew") == 0) {
        call_over(step);
    }
    return TRUE;
}

static gboolean on_ended(Step *step)
{
    Booth *booth = step->booth;
    if (same_key(&booth->owed, &step->event->key)) end_is_known(step);
    if (!is_ours(step)) return TRUE;
    if (booth->state == BOOTH_RINGING) {
        offer_over(step, "withdrawn");
        settle(step);
    } else if (in_call(booth)) {
        call_over(step);
    }
    return TRUE;
}

static gboolean on_seen(Step *step)
{
    if (in_call(step->booth) && is_ours(step) && step->booth->call.accepted) media_is_up(step);
    return TRUE;
}

/* --- the rest --------------------------------------------------------------------------------------------------------------------------
 */

static gboolean on_started(Step *step)
{
    if (step->booth->state == BOOTH_STARTING) settle(step);
    return TRUE;
}

static gboolean on_blocked(Step *step)
{
    Booth *booth = step->booth;
    booth->blocked = step->event->flag;
    if (booth->state == BOOTH_READY || booth->state == BOOTH_PAUSED) settle(step);
    return TRUE;
}

static gboolean on_shopper_picture(Step *step)
{
    BoothCall *call = &step->booth->call;
    if (in_call(step->booth) && step->event->number == call->pc && !call->shopper_picture_mono)
        call->shopper_picture_mono = step->event->mono;
    return TRUE;
}

static void state_over(Step *step)
{
    switch (step->booth->state) {
    case BOOTH_RINGING:
        act(step, BOOTH_DO_RING_NO_ANSWER);
        offer_over(step, "ring_no_answer");
        want_pause(step, "ring_no_answer");
        settle(step);
        break;
    case BOOTH_CONNECTING:
        owe_end(step, BOOTH_END_SETUP_FAILED);
        call_over(step);
        break;
    case BOOTH_WRAPUP: wrapup_over(step); break;
    default: break;
    }
}

static gint64 gone_limit(const Booth *booth)
{
    if (!booth->gone_mono) return 0;
    return booth->gone_mono + (booth->linked ? BOOTH_AWAY_MS : BOOTH_CUT_OFF_MS);
}

static gint64 remake_due(const Booth *booth)
{
    gboolean without = booth->state == BOOTH_CONNECTING ? booth->call.accepted : booth->call.media == BOOTH_MEDIA_LOST;
    gboolean waits =
        in_call(booth) && !booth_is_practice(booth) && without && booth->studio && booth->linked && booth->call.shopper_present;
    return waits ? booth->remade_mono + BOOTH_REMAKE_MS : 0;
}

static gint64 end_due(const Booth *booth)
{
    return booth->linked && booth->owed_end != BOOTH_END_NONE ? booth->owed_mono + BOOTH_RENEW_MS : 0;
}

static gboolean is_due(gint64 at, gint64 now)
{
    return at != 0 && at <= now;
}

static gboolean on_tick(Step *step)
{
    Booth *booth = step->booth;
    gint64 now = step->event->mono;
    if (is_due(booth->deadline_mono, now)) {
        state_over(step);
    } else if (is_due(gone_limit(booth), now)) {
        owe_end(step, booth->state == BOOTH_CONNECTING && booth->linked ? BOOTH_END_SETUP_FAILED : BOOTH_END_MEDIA_LOST);
        call_over(step);
    } else if (is_due(remake_due(booth), now)) {
        remake(step);
    }
    if (is_due(booth->renew_mono, now)) {
        booth->renew_mono = now + BOOTH_RENEW_MS;
        if (booth->linked) act(step, BOOTH_DO_RENEW);
    }
    if (is_due(end_due(booth), now)) tell_end(step);
    return TRUE;
}

static gboolean on_nothing(Step *step)
{
    (void)step;
    return TRUE;
}

void booth_init(Booth *booth, gint64 mono)
{
    memset(booth, 0, sizeof *booth);
    booth->since_mono = mono;
    booth->blocked = TRUE;
    booth->ring_ms = 20000;
    booth->setup_ms = 20000;
    booth->wrapup_ms = 60000;
    booth->extend_ms = 60000;
}

gboolean booth_step(Booth *booth, const BoothEvent *event, BoothActions *actions)
{
    static gboolean (*const steps[BOOTH_EVENTS])(Step *) = {
        [BOOTH_STARTED] = on_started,
        [BOOTH_WISH_READY] = on_wish_ready,
        [BOOTH_WISH_PAUSE] = on_wish_pause,
        [BOOTH_WISH_ACCEPT] = on_wish_accept,
        [BOOTH_WISH_DECLINE] = on_wish_decline,
        [BOOTH_WISH_HANGUP] = on_wish_hangup,
        [BOOTH_WISH_MUTE] = on_wish_mute,
        [BOOTH_WISH_CAMERA] = on_wish_camera,
        [BOOTH_WISH_OUTCOME] = on_wish_outcome,
        [BOOTH_WISH_NOTE] = on_wish_note,
        [BOOTH_WISH_EXTEND] = on_wish_extend,
        [BOOTH_WISH_PRACTICE] = on_wish_practice,
        [BOOTH_WISH_CHECK] = on_wish_check,
        [BOOTH_LINK_DOWN] = on_link_down,
        [BOOTH_WELCOME] = on_welcome,
        [BOOTH_OFFER] = on_offer,
        [BOOTH_UNPULLED] = on_nothing,
        [BOOTH_WITHDRAWN] = on_withdrawn,
        [BOOTH_ACCEPTED] = on_accepted,
        [BOOTH_REFUSED] = on_refused,
        [BOOTH_ENDED] = on_ended,
        [BOOTH_SHOPPER] = on_shopper,
        [BOOTH_SEEN] = on_seen,
        [BOOTH_NO_PICTURE] = on_no_picture,
        [BOOTH_STUDIO_UP] = on_studio_up,
        [BOOTH_STUDIO_DOWN] = on_studio_down,
        [BOOTH_MEDIA_IS] = on_media,
        [BOOTH_SHOPPER_PICTURE] = on_shopper_picture,
        [BOOTH_CODEC_USED] = on_codec_used,
        [BOOTH_CODEC_REFUSED] = on_codec_refused,
        [BOOTH_BLOCKED] = on_blocked,
        [BOOTH_TICK] = on_tick,
    };
    actions->count = 0;
    Step step = {booth, event, actions};
    gboolean fits = steps[event->kind](&step);
    watch_gone(&step);
    return fits;
}

static gint64 sooner(gint64 a, gint64 b)
{
    if (a == 0 || b == 0) return a + b;
    return MIN(a, b);
}

gint64 booth_deadline(const Booth *booth)
{
    gint64 due = sooner(booth->deadline_mono, gone_limit(booth));
    return sooner(sooner(due, remake_due(booth)), sooner(booth->renew_mono, end_due(booth)));
}

const BoothKey *booth_held(const Booth *booth)
{
    if (in_call(booth) && !booth_is_practice(booth)) return &booth->call.key;
    return booth->owed_end != BOOTH_END_NONE ? &booth->owed : NULL;
}

gboolean booth_is_practice(const Booth *booth)
{
    return booth->state >= BOOTH_RINGING && is_practice(&booth->call.key);
}

/* --- words -----------------------------------------------------------------------------------------------------------------------------
 */

const char *booth_state_name(BoothState state)
{
    static const char *const names[] = {"starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"};
    return names[state];
}

const char *booth_media_name(BoothMedia media)
{
    static const char *const names[] = {"none", "connecting", "up", "lost"};
    return names[media];
}

static const char *const views[] = {"face", "product", "pip"};

const char *booth_view_name(BoothView view)
{
    return views[view];
}

gboolean booth_view_from_name(const char *name, BoothView *view)
{
    for (guint i = 0; i < G_N_ELEMENTS(views); i++) {
        if (strcmp(views[i], name) != 0) continue;
        *view = (BoothView)i;
        return TRUE;
    }
    return FALSE;
}

const char *booth_end_name(BoothEnd end)
{
    static const char *const names[] = {"", "hangup", "setup_failed", "media_lost"};
    return names[end];
}

gboolean booth_is_outcome(const char *text)
{
    static const char *const outcomes[] = {"sale", "reserved", "follow_up", "advice", "none", NULL};
    return g_strv_contains(outcomes, text);
}
