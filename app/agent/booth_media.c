#include "agent/booth_media.h"

/* The studio that played the shopper is gone: there is nothing left to practise with. */
static void practice_over(BoothStep *step)
{
    booth_act(step, BOOTH_DO_STOP);
    booth_forget_call(step);
    booth_settle(step);
}

/* A new peer connection, where there is somebody to make it with. */
void booth_remake(BoothStep *step)
{
    Booth *booth = step->booth;
    booth->call.media = BOOTH_MEDIA_LOST;
    if (!booth->studio || !booth->linked || !booth->call.shopper_present) return;
    booth->call.pc = ++booth->pc_last;
    booth->remade_mono = step->event->mono;
    booth_act(step, BOOTH_DO_START);
}

/* Keeps the clock of "gone": there is no media, and nobody to make it with. The time to set a call up is that which both ends have for it
 * together: it starts anew when they are there again. */
void booth_watch_gone(BoothStep *step)
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

void booth_start_media(BoothStep *step)
{
    Booth *booth = step->booth;
    booth->call.media = BOOTH_MEDIA_CONNECTING;
    booth->remade_mono = step->event->mono;
    if (booth->studio) booth_act(step, BOOTH_DO_START);
}

void booth_media_is_up(BoothStep *step)
{
    Booth *booth = step->booth;
    BoothCall *call = &booth->call;
    call->media = BOOTH_MEDIA_UP;
    if (booth->state != BOOTH_CONNECTING) return;
    call->media_up_mono = step->event->mono;
    booth_count_mute(step, booth->muted);
    booth_enter(step, BOOTH_LIVE);
    if (booth->linked) booth_act(step, BOOTH_DO_MEDIA_UP);
}

static void follow_media(BoothStep *step)
{
    switch (step->event->media) {
    case BOOTH_MEDIA_UP: booth_media_is_up(step); break;
    case BOOTH_MEDIA_LOST: booth_remake(step); break;
    default: break;
    }
}

static gboolean on_media(BoothStep *step)
{
    if (booth_in_call(step->booth) && step->event->number == step->booth->call.pc) follow_media(step);
    return TRUE;
}

static gboolean on_shopper(BoothStep *step)
{
    Booth *booth = step->booth;
    if (!booth_in_call(booth) || !booth_is_ours(step)) return TRUE;
    booth->call.shopper_present = step->event->flag;
    /* An offer or its answer may be lost with the line that the shopper had. */
    if (booth->call.accepted && step->event->flag && booth->call.media != BOOTH_MEDIA_UP) booth_remake(step);
    return TRUE;
}

static gboolean on_no_picture(BoothStep *step)
{
    Booth *booth = step->booth;
    if (booth->state != BOOTH_LIVE || !booth_is_ours(step)) return TRUE;
    booth->call.shopper_present = TRUE;
    /* Each attempt gets longer: a slow line must not be cut off again and again just before its picture. */
    gint64 pause = (gint64)BOOTH_REMAKE_MIN << MIN(booth->call.asked, BOOTH_ASKED_MAX);
    if (step->event->mono - booth->remade_mono < pause) return TRUE;
    booth->call.asked++;
    booth_remake(step);
    return TRUE;
}

static gboolean on_codec_used(BoothStep *step)
{
    g_strlcpy(step->booth->call.codec, step->event->text, sizeof step->booth->call.codec);
    return TRUE;
}

static gboolean on_codec_refused(BoothStep *step)
{
    if (!booth_in_call(step->booth)) return TRUE;
    if (step->event->flag) {
        booth_remake(step);
        return TRUE;
    }
    booth_owe_end(step, BOOTH_END_SETUP_FAILED);
    booth_call_over(step);
    return TRUE;
}

/* The studio came, or came back. It holds nothing, so it is told everything; a call that it runs already is left alone. */
static gboolean on_studio_up(BoothStep *step)
{
    Booth *booth = step->booth;
    gboolean runs = step->event->key.id[0] != '\0';
    gboolean ours = runs && booth_is_ours(step);
    booth->studio = TRUE;
    booth->pc_last = MAX(booth->pc_last, step->event->number);
    booth_act(step, BOOTH_DO_MUTE);
    booth_act(step, BOOTH_DO_CAMERA);
    if (booth_in_call(booth) && booth_is_practice(booth)) {
        practice_over(step);
    } else if (booth_in_call(booth) && booth->call.accepted) {
        if (ours && step->event->number == booth->call.pc)
            follow_media(step);
        else
            booth_remake(step);
    } else if (booth->state == BOOTH_RINGING || booth->state == BOOTH_CONNECTING) {
        booth_act(step, BOOTH_DO_PREPARE);
    } else if (runs) {
        booth_act(step, BOOTH_DO_STOP);
    }
    return TRUE;
}

static gboolean on_studio_down(BoothStep *step)
{
    step->booth->studio = FALSE;
    if (booth_in_call(step->booth) && booth_is_practice(step->booth))
        practice_over(step);
    else if (booth_in_call(step->booth) && step->booth->call.accepted)
        step->booth->call.media = BOOTH_MEDIA_LOST;
    return TRUE;
}

static gboolean on_shopper_picture(BoothStep *step)
{
    BoothCall *call = &step->booth->call;
    if (booth_in_call(step->booth) && step->event->number == call->pc && !call->shopper_picture_mono)
        call->shopper_picture_mono = step->event->mono;
    return TRUE;
}

gint64 booth_gone_limit(const Booth *booth)
{
    if (!booth->gone_mono) return 0;
    return booth->gone_mono + (booth->linked ? BOOTH_AWAY_MS : BOOTH_CUT_OFF_MS);
}

gint64 booth_remake_due(const Booth *booth)
{
    gboolean without = booth->state == BOOTH_CONNECTING ? booth->call.accepted : booth->call.media == BOOTH_MEDIA_LOST;
    gboolean waits =
        booth_in_call(booth) && !booth_is_practice(booth) && without && booth->studio && booth->linked && booth->call.shopper_present;
    return waits ? booth->remade_mono + BOOTH_REMAKE_MS : 0;
}

gboolean booth_take_media(BoothStep *step)
{
    static const BoothTake takes[BOOTH_EVENTS] = {
        [BOOTH_SHOPPER] = on_shopper,       [BOOTH_NO_PICTURE] = on_no_picture,
        [BOOTH_STUDIO_UP] = on_studio_up,   [BOOTH_STUDIO_DOWN] = on_studio_down,
        [BOOTH_MEDIA_IS] = on_media,        [BOOTH_SHOPPER_PICTURE] = on_shopper_picture,
        [BOOTH_CODEC_USED] = on_codec_used, [BOOTH_CODEC_REFUSED] = on_codec_refused,
    };
    return takes[step->event->kind](step);
}
