#include "drivers/audio/audio.h"

#include <string.h>

G_DEFINE_QUARK(livebooth - audio - error, audio_error)

/* In the order in which "auto" asks them. */
static const AudioDriver *const DRIVERS[] = {&audio_alsa, &audio_sim};

#define DEVICES_MAX 16

void audio_switch_free(AudioSwitch *capture)
{
    if (capture) capture->free(capture);
}

static const AudioDriver *driver_with_devices(gboolean speaker)
{
    for (guint i = 0; i < G_N_ELEMENTS(DRIVERS); i++) {
        g_auto(GStrv) devices = DRIVERS[i]->list(speaker);
        if (devices[0]) return DRIVERS[i];
    }
    return NULL;
}

/* The driver that a setting names, and where in it the device begins, which may be NULL. */
static const AudioDriver *driver_named(const char *setting, const char **device)
{
    const char *colon = strchr(setting, ':');
    size_t length = colon ? (size_t)(colon - setting) : strlen(setting);
    *device = colon ? colon + 1 : NULL;
    for (guint i = 0; i < G_N_ELEMENTS(DRIVERS); i++) {
        const char *name = DRIVERS[i]->name;
        if (strlen(name) == length && memcmp(name, setting, length) == 0) return DRIVERS[i];
    }
    return NULL;
}

static void set_error(const char *setting, gboolean speaker, GError **error)
{
    g_set_error(error, AUDIO_ERROR, 0, "[audio] %s = %s: write auto, alsa, alsa:NAME or sim%s", speaker ? "speaker" : "microphone", setting,
                speaker ? "" : ", several with ; between");
}

gboolean audio_choose(const char *setting, gboolean speaker, const AudioDriver **driver, char **device, GError **error)
{
    const char *named = NULL;
    *device = NULL;
    *driver = strcmp(setting, "auto") == 0 ? driver_with_devices(speaker) : driver_named(setting, &named);
    if (!*driver) {
        set_error(setting, speaker, error);
        return FALSE;
    }
    g_auto(GStrv) found = (*driver)->list(speaker);
    *device = g_strdup(named ? named : found[0]);
    return TRUE;
}

static void device_free(gpointer data)
{
    AudioDevice *device = data;
    g_free(device->device);
    g_free(device);
}

static void add_device(GPtrArray *list, const AudioDriver *driver, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        const AudioDevice *other = list->pdata[i];
        if (other->driver == driver && strcmp(other->device, name) == 0) return;
    }
    if (list->len == DEVICES_MAX) return;
    AudioDevice *device = g_new0(AudioDevice, 1);
    *device = (AudioDevice){driver, g_strdup(name)};
    g_ptr_array_add(list, device);
}

static gboolean add_devices(GPtrArray *list, const char *setting, gboolean speaker)
{
    const char *named = NULL;
    gboolean is_auto = strcmp(setting, "auto") == 0;
    const AudioDriver *driver = is_auto ? driver_with_devices(speaker) : driver_named(setting, &named);
    if (!driver) return is_auto;
    if (named) {
        add_device(list, driver, named);
        return TRUE;
    }
    g_auto(GStrv) found = driver->list(speaker);
    for (guint i = 0; found[i]; i++) add_device(list, driver, found[i]);
    return TRUE;
}

GPtrArray *audio_list(const char *setting, gboolean speaker, GError **error)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(device_free);
    g_auto(GStrv) items = g_strsplit(*setting ? setting : " ", ";", DEVICES_MAX);
    for (guint i = 0; items[i]; i++) {
        if (!*g_strstrip(items[i]) && i > 0) continue; /* a ; at the end */
        if (add_devices(list, items[i], speaker)) continue;
        set_error(setting, speaker, error);
        g_ptr_array_unref(list);
        return NULL;
    }
    return list;
}

char *audio_settle(const char *setting, gboolean speaker)
{
    g_auto(GStrv) items = g_strsplit(setting, ";", DEVICES_MAX);
    const AudioDriver *found = driver_with_devices(speaker);
    for (guint i = 0; items[i]; i++) {
        if (!found || strcmp(g_strstrip(items[i]), "auto") != 0) continue;
        g_free(items[i]);
        items[i] = g_strdup(found->name);
    }
    return g_strjoinv(";", items);
}
