/* studio_proxy: the agent's end of org.livebooth.Studio1: watches the name, forwards its signals, and tells it what to do without waiting.
 *
 * Main context only. Calls that fail are logged; the studio's health and its name tell the rest. */
#pragma once

#include "agent/booth.h"

#include <gio/gio.h>
#include <jansson.h>

typedef struct StudioProxy StudioProxy;

#define STUDIO_PROXY_CALL_MS 3000

typedef struct {
    /* It is there, with what it runs ("" and zeros when nothing) and its health (borrowed, NULL when unreadable). */
    void (*up)(void *data, const BoothKey *session, guint pc, const json_t *health);
    void (*down)(void *data); /* not there; told once at the start, too */
    void (*health)(void *data, const json_t *health);
    void (*signal)(void *data, guint pc, const char *signal);
    void (*media)(void *data, guint pc, const char *state);
    void (*picture)(void *data, guint pc);
    void *data;
} StudioEvents;

/* events must outlive the proxy; the first of them comes from the main loop. */
StudioProxy *studio_proxy_new(GDBusConnection *bus, const StudioEvents *events, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void studio_proxy_free(StudioProxy *studio); /* NULL is fine */

/* codecs: array of names; ice: array of ice_servers. */
void studio_prepare(StudioProxy *studio, const BoothCall *call, const json_t *codecs, const json_t *ice);
void studio_start(StudioProxy *studio, const BoothCall *call, const json_t *codecs, const json_t *ice);
void studio_remote_signal(StudioProxy *studio, guint pc, const json_t *signal);
void studio_rehearse(StudioProxy *studio, guint pc);
void studio_stop(StudioProxy *studio);
void studio_self_test(StudioProxy *studio);
/* Ends it; it is started anew by whoever keeps it. */
void studio_quit(StudioProxy *studio);
/* done comes once, with the PNG of its console as base64 or NULL, unless the proxy is freed before. One at a time. */
void studio_console_picture(StudioProxy *studio, void (*done)(void *data, const char *base64), void *data);
void studio_set_mute(StudioProxy *studio, gboolean muted);
void studio_set_camera(StudioProxy *studio, const char *view);
