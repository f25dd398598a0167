#include "drivers/audio/alsa_switch.h"
#include "drivers/audio/audio.h"

#include <alsa/asoundlib.h>

/* Small periods keep the delay low; the buffer rides over a late wake-up. */
#define PERIOD_US 10000
#define BUFFER_US 40000

static gboolean card_has_device(int card, snd_pcm_stream_t direction)
{
    g_autofree char *name = g_strdup_printf("hw:%d", card);
    snd_ctl_t *control = NULL;
    if (snd_ctl_open(&control, name, 0) < 0) return FALSE;
    snd_pcm_info_t *info;
    snd_pcm_info_alloca(&info);
    gboolean has_device = FALSE;
    for (int device = -1; !has_device && snd_ctl_pcm_next_device(control, &device) == 0 && device >= 0;) {
        snd_pcm_info_set_device(info, (unsigned)device);
        snd_pcm_info_set_subdevice(info, 0);
        snd_pcm_info_set_stream(info, direction);
        has_device = snd_ctl_pcm_info(control, info) == 0;
    }
    snd_ctl_close(control);
    return has_device;
}

static gboolean has_any(gboolean speaker)
{
    for (int card = -1; snd_card_next(&card) == 0 && card >= 0;) {
        if (card_has_device(card, speaker ? SND_PCM_STREAM_PLAYBACK : SND_PCM_STREAM_CAPTURE)) return TRUE;
    }
    return FALSE;
}

/* The default one, which the system's configuration may have made a definition of its own, then each card by its name: the number of a card
 * changes when it is plugged in again. */
static char **list(gboolean speaker)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    if (has_any(speaker)) g_strv_builder_add(names, "default");
    for (int card = -1; snd_card_next(&card) == 0 && card >= 0;) {
        g_autofree char *hw = g_strdup_printf("hw:%d", card);
        snd_ctl_t *control = NULL;
        snd_ctl_card_info_t *info;
        snd_ctl_card_info_alloca(&info);
        if (!card_has_device(card, speaker ? SND_PCM_STREAM_PLAYBACK : SND_PCM_STREAM_CAPTURE) || snd_ctl_open(&control, hw, 0) < 0)
            continue;
        g_autofree char *name =
            snd_ctl_card_info(control, info) == 0 ? g_strdup_printf("plughw:CARD=%s", snd_ctl_card_info_get_id(info)) : NULL;
        snd_ctl_close(control);
        if (name) g_strv_builder_add(names, name);
    }
    return g_strv_builder_end(names);
}

/* "hw:Name,…" and "plughw:…" name a card; any other name is a definition that some card stands behind. */
static gboolean is_present(gboolean speaker, const char *device, const char *state)
{
    (void)state;
    if (!device) return has_any(speaker); /* the default one, which none was when it was asked for */
    const char *colon = strchr(device, ':');
    if (!colon || !strstr(device, "hw:")) return has_any(speaker);
    const char *start = g_str_has_prefix(colon + 1, "CARD=") ? colon + 6 : colon + 1;
    g_autofree char *card = g_strndup(start, strcspn(start, ","));
    int index = snd_card_get_index(card);
    return index >= 0 && card_has_device(index, speaker ? SND_PCM_STREAM_PLAYBACK : SND_PCM_STREAM_CAPTURE);
}

/* "plughw:CARD=Name,DEV=0" is heard through the mixer of "hw:Name"; a definition may have a mixer of its own name. */
static AudioSwitch *new_switch(const char *device, const char *state, AudioSwitchChanged changed, void *data)
{
    (void)state;
    const char *colon = device ? strchr(device, ':') : NULL;
    if (!colon || !strstr(device, "hw:")) return alsa_switch_new(device ? device : "default", changed, data);
    const char *start = g_str_has_prefix(colon + 1, "CARD=") ? colon + 6 : colon + 1;
    g_autofree char *card = g_strdup_printf("hw:%.*s", (int)strcspn(start, ","), start);
    return alsa_switch_new(card, changed, data);
}

static GstElement *new_element(const char *factory, const char *device)
{
    GstElement *element = gst_element_factory_make(factory, NULL);
    if (!element) return NULL;
    g_object_set(element, "buffer-time", (gint64)BUFFER_US, "latency-time", (gint64)PERIOD_US, NULL);
    if (device) g_object_set(element, "device", device, NULL);
    return element;
}

static GstElement *new_microphone(const char *device, const char *state)
{
    (void)state;
    return new_element("alsasrc", device);
}

static GstElement *new_speaker(const char *device)
{
    return new_element("alsasink", device);
}

static gboolean has_echo(const char *state)
{
    (void)state;
    return TRUE;
}

const AudioDriver audio_alsa = {.name = "alsa",
                                .has_echo = has_echo,
                                .list = list,
                                .is_present = is_present,
                                .new_microphone = new_microphone,
                                .new_speaker = new_speaker,
                                .new_switch = new_switch};
