#include "drivers/audio/alsa_switch.h"

#include <alsa/asoundlib.h>
#include <glib-unix.h>

#define DESCRIPTORS_MAX 8
#define MASTER          "Capture"

typedef struct {
    AudioSwitch base;
    snd_mixer_t *mixer;
    guint watches[DESCRIPTORS_MAX];
    AudioSwitchChanged changed;
    void *data;
} AlsaSwitch;

/* --- one control --------------------------------------------------------------------------------------------------------------------- */

static gboolean has_own_switch(snd_mixer_elem_t *control)
{
    return snd_mixer_selem_has_capture_switch(control) && !snd_mixer_selem_has_common_switch(control);
}

static gboolean has_own_volume(snd_mixer_elem_t *control)
{
    return snd_mixer_selem_has_capture_volume(control) && !snd_mixer_selem_has_common_volume(control);
}

static gboolean is_capture(snd_mixer_elem_t *control)
{
    return snd_mixer_selem_is_active(control) && (has_own_switch(control) || has_own_volume(control));
}

static gboolean lowest_is_silent(snd_mixer_elem_t *control)
{
    long least = 0, most = 0;
    if (snd_mixer_selem_get_capture_dB_range(control, &least, &most) < 0 || least == most) return TRUE;
    return least < ALSA_SWITCH_AUDIBLE_DB * 100; /* hundredths */
}

static gboolean channel_is_off(snd_mixer_elem_t *control, snd_mixer_selem_channel_id_t channel)
{
    int is_on = 1;
    if (has_own_switch(control) && snd_mixer_selem_get_capture_switch(control, channel, &is_on) == 0 && !is_on) return TRUE;
    long least = 0, most = 0, now = 0;
    if (!has_own_volume(control) || snd_mixer_selem_get_capture_volume_range(control, &least, &most) < 0 || least == most) return FALSE;
    return snd_mixer_selem_get_capture_volume(control, channel, &now) == 0 && now <= least && lowest_is_silent(control);
}

static gboolean control_is_off(snd_mixer_elem_t *control)
{
    gboolean is_off = TRUE;
    for (int i = 0; i <= SND_MIXER_SCHN_LAST; i++) {
        snd_mixer_selem_channel_id_t channel = (snd_mixer_selem_channel_id_t)i;
        if (snd_mixer_selem_has_capture_channel(control, channel)) is_off = is_off && channel_is_off(control, channel);
    }
    return is_off;
}

/* --- all of a card ------------------------------------------------------------------------------------------------------------------- */

static gboolean has_controls(const AlsaSwitch *alsa)
{
    for (snd_mixer_elem_t *each = snd_mixer_first_elem(alsa->mixer); each; each = snd_mixer_elem_next(each)) {
        if (is_capture(each)) return TRUE;
    }
    return FALSE;
}

static gboolean card_is_off(const AlsaSwitch *alsa)
{
    guint count = 0, off = 0;
    for (snd_mixer_elem_t *each = snd_mixer_first_elem(alsa->mixer); each; each = snd_mixer_elem_next(each)) {
        if (!is_capture(each)) continue;
        gboolean is_off = control_is_off(each);
        if (is_off && strcmp(snd_mixer_selem_get_name(each), MASTER) == 0) return TRUE;
        count++;
        off += is_off;
    }
    return count > 0 && off == count;
}

static void unwatch(AlsaSwitch *alsa)
{
    for (guint i = 0; i < DESCRIPTORS_MAX; i++) g_clear_handle_id(&alsa->watches[i], g_source_remove);
}

/* A card that was taken away has nothing more to tell; whoever hears the microphone notices by itself. */
static gboolean on_event(gint descriptor, GIOCondition condition, gpointer data)
{
    (void)descriptor;
    AlsaSwitch *alsa = data;
    if (snd_mixer_handle_events(alsa->mixer) < 0 || (condition & (G_IO_ERR | G_IO_HUP | G_IO_NVAL))) {
        for (guint i = 0; i < DESCRIPTORS_MAX; i++) {
            if (alsa->watches[i] && alsa->watches[i] != g_source_get_id(g_main_current_source())) g_source_remove(alsa->watches[i]);
            alsa->watches[i] = 0;
        }
        return G_SOURCE_REMOVE;
    }
    gboolean is_off = card_is_off(alsa);
    if (is_off != alsa->base.is_off) {
        alsa->base.is_off = is_off;
        alsa->changed(alsa->data);
    }
    return G_SOURCE_CONTINUE;
}

static void watch(AlsaSwitch *alsa)
{
    struct pollfd descriptors[DESCRIPTORS_MAX];
    int count = snd_mixer_poll_descriptors(alsa->mixer, descriptors, DESCRIPTORS_MAX);
    for (int i = 0; i < MIN(count, DESCRIPTORS_MAX); i++)
        alsa->watches[i] = g_unix_fd_add(descriptors[i].fd, G_IO_IN | G_IO_ERR | G_IO_HUP, on_event, alsa);
}

static void alsa_switch_free(AudioSwitch *capture)
{
    AlsaSwitch *alsa = (AlsaSwitch *)capture;
    unwatch(alsa);
    if (alsa->mixer) snd_mixer_close(alsa->mixer);
    g_free(alsa);
}

AudioSwitch *alsa_switch_new(const char *name, AudioSwitchChanged changed, void *data)
{
    AlsaSwitch *alsa = g_new0(AlsaSwitch, 1);
    alsa->base.free = alsa_switch_free;
    alsa->changed = changed;
    alsa->data = data;
    if (snd_mixer_open(&alsa->mixer, 0) < 0) alsa->mixer = NULL;
    if (!alsa->mixer || snd_mixer_attach(alsa->mixer, name) < 0 || snd_mixer_selem_register(alsa->mixer, NULL, NULL) < 0 ||
        snd_mixer_load(alsa->mixer) < 0 || !has_controls(alsa)) {
        alsa_switch_free(&alsa->base);
        return NULL;
    }
    alsa->base.is_off = card_is_off(alsa);
    watch(alsa);
    return &alsa->base;
}
