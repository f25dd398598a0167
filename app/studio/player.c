#include "studio/player.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#define SINK_CAPS   "video/x-raw,format=I420,width=[16,1920],height=[16,1920],pixel-aspect-ratio=1/1"
#define PLAYBIN     "playbin"
#define FLAGS       0x13 /* video, audio, software volume: no subtitles, no pictures made of sound */
#define BUFFER_BYTE (4 * 1024 * 1024)

struct Player {
    const AudioDriver *speaker;
    char *device, *address;
    Mailbox *mailbox;
    GstElement *pipeline, *audio; /* audio: the sink, of the pipeline */
    gboolean is_silent;           /* the speaker did not take its sound */
    guint watch, start;
};

Player *player_new(const AudioDriver *speaker, const char *device, Mailbox *mailbox)
{
    Player *player = g_new0(Player, 1);
    player->speaker = speaker;
    player->device = g_strdup(device);
    player->mailbox = mailbox;
    return player;
}

static void stop(Player *player)
{
    g_clear_handle_id(&player->watch, g_source_remove);
    g_clear_handle_id(&player->start, g_source_remove);
    if (player->pipeline) gst_element_set_state(player->pipeline, GST_STATE_NULL);
    g_clear_object(&player->pipeline);
    mailbox_clear(player->mailbox);
}

void player_free(Player *player)
{
    if (!player) return;
    stop(player);
    g_free(player->device);
    g_free(player->address);
    g_free(player);
}

/* On GStreamer's thread. */
static GstFlowReturn on_sample(GstAppSink *sink, gpointer data)
{
    GstSample *sample = gst_app_sink_pull_sample(sink);
    if (!sample) return GST_FLOW_EOS;
    mailbox_put(data, sample);
    gst_sample_unref(sample);
    return GST_FLOW_OK;
}

static GstElement *new_video_sink(Mailbox *mailbox)
{
    GstElement *sink = gst_element_factory_make("appsink", NULL);
    g_autoptr(GstCaps) caps = gst_caps_from_string(SINK_CAPS);
    if (!sink) return NULL;
    g_object_set(sink, "caps", caps, "max-buffers", 2, "drop", TRUE, "sync", TRUE, NULL);
    GstAppSinkCallbacks callbacks = {.new_sample = on_sample};
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, mailbox, NULL);
    return sink;
}

static void start(Player *player);

static void give_up(Player *player, const char *why)
{
    g_message("video %s: %s", player->address, why);
    stop(player);
}

static gboolean on_late(gpointer data)
{
    Player *player = data;
    player->start = 0;
    if (!mailbox_has_picture(player->mailbox)) give_up(player, "it does not begin");
    return G_SOURCE_REMOVE;
}

/* A speaker that is taken away, or that a call has for itself, costs the sound alone. */
static gboolean is_of_speaker(const Player *player, GstMessage *message)
{
    GstObject *source = GST_MESSAGE_SRC(message);
    return !player->is_silent && (source == GST_OBJECT(player->audio) || gst_object_has_as_ancestor(source, GST_OBJECT(player->audio)));
}

static gboolean on_bus_message(GstBus *bus, GstMessage *message, gpointer data)
{
    (void)bus;
    Player *player = data;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        player->watch = 0;
        if (is_of_speaker(player, message)) {
            g_message("video %s: without its sound: %s", player->address, error->message);
            player->is_silent = TRUE;
            stop(player);
            start(player);
        } else {
            give_up(player, error->message);
        }
        return G_SOURCE_REMOVE;
    }
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS &&
        !gst_element_seek_simple(player->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 0)) {
        player->watch = 0;
        give_up(player, "it cannot begin again");
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void start(Player *player)
{
    player->pipeline = gst_element_factory_make(PLAYBIN, NULL);
    GstElement *video = new_video_sink(player->mailbox);
    GstElement *audio = player->speaker && !player->is_silent ? player->speaker->new_speaker(player->device) : NULL;
    if (!audio) audio = gst_element_factory_make("fakesink", NULL);
    if (!player->pipeline || !video || !audio) {
        g_message("video: GStreamer lacks a plugin");
        gst_clear_object(&player->pipeline);
        return;
    }
    g_object_ref_sink(player->pipeline);
    player->audio = audio;
    g_object_set(player->pipeline, "uri", player->address, "video-sink", video, "audio-sink", audio, "flags", FLAGS, "buffer-size",
                 BUFFER_BYTE, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(player->pipeline);
    player->watch = gst_bus_add_watch(bus, on_bus_message, player);
    player->start = g_timeout_add_seconds(PLAYER_START_S, on_late, player);
    gst_element_set_state(player->pipeline, GST_STATE_PLAYING);
}

void player_play(Player *player, const char *address)
{
    if (g_strcmp0(address, player->address) == 0) return;
    stop(player);
    g_free(player->address);
    player->address = g_strdup(address);
    player->is_silent = FALSE;
    if (address && (g_str_has_prefix(address, "https://") || g_str_has_prefix(address, "http://"))) start(player);
}
