#include "drivers/audio/audio.h"

#include <string.h>

G_DEFINE_QUARK(livebooth - audio - error, audio_error)

/* In the order in which "auto" asks them. */
static const AudioDriver *const DRIVERS[] = {&audio_alsa, &audio_sim};

static gboolean choose_any(gboolean speaker, const AudioDriver **driver, char **device)
{
    for (guint i = 0; i < G_N_ELEMENTS(DRIVERS); i++) {
        *device = DRIVERS[i]->find(speaker);
        *driver = DRIVERS[i];
        if (*device) return TRUE;
    }
    return FALSE;
}

gboolean audio_choose(const char *setting, gboolean speaker, const AudioDriver **driver, char **device, GError **error)
{
    *driver = NULL;
    *device = NULL;
    if (strcmp(setting, "auto") == 0 && choose_any(speaker, driver, device)) return TRUE;
    const char *colon = strchr(setting, ':');
    size_t length = colon ? (size_t)(colon - setting) : strlen(setting);
    for (guint i = 0; i < G_N_ELEMENTS(DRIVERS); i++) {
        const char *name = DRIVERS[i]->name;
        if (strlen(name) != length || memcmp(name, setting, length) != 0) continue;
        *driver = DRIVERS[i];
        *device = colon ? g_strdup(colon + 1) : DRIVERS[i]->find(speaker);
        return TRUE;
    }
    g_set_error(error, AUDIO_ERROR, 0, "[audio] %s = %s: write auto, alsa, alsa:NAME or sim", speaker ? "speaker" : "microphone", setting);
    return FALSE;
}
