/* media: the GStreamer side of the studio: cameras, microphone, speaker, the warm encoders and the one WebRTC session.
 *
 * Owns its own streaming threads; every function and every callback is on the main context's thread. Knows no D-Bus and no screen: pictures
 * for the console leave through mailboxes. */
#pragma once

#include "config/config.h"
#include "studio/mailbox.h"
#include "studio/meter.h"

#include <jansson.h>

typedef struct Media Media;

typedef struct {
    /* signal: a signal's members (kind, sdp, …) of docs/protocol.md; belongs to the caller. */
    void (*local_signal)(void *data, guint pc, json_t *signal);
    void (*state)(void *data, guint pc, const char *state); /* connecting, connected, lost, failed */
    void (*shopper_picture)(void *data, guint pc);          /* first decoded picture of this pc */
    void (*chat)(void *data, guint pc, const char *text);
    void (*health_changed)(void *data); /* an ok or a problem of media_health() changed */
    void *data;
} MediaEvents;

/* Looks for GStreamer's plugins, which writes their list to the file that GST_REGISTRY names, so that a later start with
 * GST_REGISTRY_UPDATE=no need not look: half a minute on an emulated board. FALSE with error when one is missing that media_new() needs. */
gboolean media_list_plugins(GError **error);

/* Begins what takes long and needs nothing else; once, before media_new(). */
void media_warm_up(void);

/* Starts the devices named in config ([camera], [audio]; "auto" takes a real one where there is one, else the simulated one) and warms the
 * encoder. A device that is missing is no error: health says so and it is tried again every second. The mailboxes are borrowed: what is
 * being sent (as the shopper sees it; ten pictures a second between calls) and the shopper. NULL with error when GStreamer lacks a plugin
 * or a setting names no driver. */
Media *media_new(const Config *config, Mailbox *own_picture, Mailbox *shopper_picture, const MediaEvents *events,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_free(Media *media);

/* See org.livebooth.Studio1 Prepare, Start, RemoteSignal, Stop. codecs: NULL-terminated. */
void media_prepare(Media *media, guint pc, const char *const *codecs, const char *ice);
gboolean media_start(Media *media, guint pc, const char *const *codecs, const char *ice, GError **error);
void media_remote_signal(Media *media, guint pc, const char *signal);
void media_stop(Media *media);

void media_set_mute(Media *media, gboolean muted);
gboolean media_set_camera(Media *media, const char *view, GError **error); /* face, product, pip */
gboolean media_send_chat(Media *media, const char *text, GError **error);
/* The practice shopper (rehearsal.h) in place of a call, as connection pc; ended by media_stop(). */
void media_rehearse(Media *media, guint pc);
/* A tone that proves the speaker; two that say that somebody waits (sound.h). */
void media_self_test(Media *media);
void media_alert(Media *media);
/* The ring tone on the speaker, over whatever else is heard; off by default. */
void media_ring(Media *media, gboolean on);

/* How loud what is sent to the shopper, or what is heard of them, was last; without a call, what the microphone hears. */
MeterReading media_level(const Media *media, gboolean of_shopper);

/* camera, microphone, speaker and media of the health object; new reference. */
json_t *media_health(Media *media);
