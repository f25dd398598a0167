/* audio: where the booth's sound comes from and goes to.
 *
 * A driver makes a GStreamer element with one pad: a microphone has a source pad "src", a speaker a sink pad "sink", both raw audio that
 * audioconvert and audioresample can take or give. Like a camera's driver it posts an error when the device is not there or goes away.
 * Main thread only, once gst_init() was called. */
#pragma once

#include <gst/gst.h>

/* A microphone's own switch and volume, as the device's mixer has them, watched. A driver's own structure begins with it. */
typedef struct AudioSwitch AudioSwitch;
struct AudioSwitch {
    gboolean is_off; /* nothing of what is said is heard */
    void (*free)(AudioSwitch *self);
};
/* From the main context, when is_off has changed. */
typedef void (*AudioSwitchChanged)(void *data);

typedef struct {
    const char *name;
    /* Whether its speaker can be heard by its microphones. state: the booth's state folder. */
    gboolean (*has_echo)(const char *state);
    /* The devices that are there now, the usual one first; to g_strfreev(). */
    char **(*list)(gboolean speaker);
    /* Whether the device is there now. */
    gboolean (*is_present)(gboolean speaker, const char *device, const char *state);
    /* Floating references; NULL when GStreamer lacks the plugin. */
    GstElement *(*new_microphone)(const char *device, const char *state);
    GstElement *(*new_speaker)(const char *device);
    /* NULL: the microphone has none that can be read. */
    AudioSwitch *(*new_switch)(const char *device, const char *state, AudioSwitchChanged changed, void *data);
} AudioDriver;

extern const AudioDriver audio_alsa;
extern const AudioDriver audio_sim;

void audio_switch_free(AudioSwitch *capture); /* no changed() any more; NULL is fine */

#define AUDIO_ERROR (audio_error_quark())
GQuark audio_error_quark(void);

/* Reads a setting of booth.conf: "auto", "DRIVER" or "DRIVER:DEVICE". On success device is to g_free(). FALSE with a sentence for a person.
 */
gboolean audio_choose(const char *setting, gboolean speaker, const AudioDriver **driver, char **device, GError **error);

typedef struct {
    const AudioDriver *driver;
    char *device;
} AudioDevice;

/* Reads a setting of several, with ; between, in their order: a device that is named is in the list whether it is there or not, "auto" and
 * "DRIVER" stand for every one that is there now. AudioDevice, to g_ptr_array_unref(), maybe empty; NULL with a sentence for a person. */
GPtrArray *audio_list(const char *setting, gboolean speaker, GError **error);
/* The setting with the driver's name in place of each "auto", to g_free(): what is plugged in later does not change the driver. */
char *audio_settle(const char *setting, gboolean speaker);
