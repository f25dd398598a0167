/* The echo canceller with speech: the room of the simulated devices between its two ends, the encoder of a call behind it. Time is that of
 * the buffers, so that the figures are the same on every machine, however busy.
 *
 * Two measures. Echo return loss enhancement (ITU-T G.168): energy at the microphone over energy after the encoder, of the whole stretch,
 * in dB; gain control and noise suppression are part of the chain and of the figure. Short-time objective intelligibility (Taal et al.
 * 2011): 0 to 1, how well the envelopes of 15 third-octave bands from 150 Hz follow those of the clean voice, in stretches of 384 ms; more
 * than 0.75 is understood by nearly everybody. It was made for noise, knows nothing of how pleasant a voice is, and synthetic speech is
 * clearer than most people's. */
#include "drivers/audio/room.h"
#include "drivers/audio/voice_file.h"
#include "scratch.h"
#include "studio/echo.h"

#include <gst/gst.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RATE            ROOM_RATE
#define BLOCK           960 /* 20 ms */
#define ADAPT_S         5   /* that the canceller has to learn the room */
#define LATENCY         (60 * GST_MSECOND)
#define PROBE           "test-probe"
#define ENCODER         "opusenc audio-type=voice bitrate=40000 frame-size=20 complexity=3 inband-fec=true packet-loss-percentage=5 ! opusdec"
#define CAPS            "audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved"
#define FAR_DB          (-22.0) /* of speech while it is spoken, on the speaker */
#define NEAR_DB         (-26.0)
#define HISS            6
#define CALL_S          17
#define ERLE_DB         30.0 /* what is asked for */
#define EARLY_DB        6.0  /* while it learns */
#define QUIETER_MAX_DB  6.0
#define LOUDER_MAX_DB   12.0 /* gain control makes a quiet voice louder */
#define UNDERSTOOD      0.9
#define UNDERSTOOD_BOTH 0.65
#define PREFIX_MAX      (RATE / 2) /* as late as the chain may be */

typedef struct {
    gint16 *samples;
    gsize count;
} Speech;

typedef struct {
    GstElement *bin;
    GstPad *in;
    GArray *out; /* gint16, NULL: not kept */
    gsize blocks;
} Line;

static const char FAR_WORDS[] = "Hello, I am looking for a new television for our living room. We sit about three metres from the screen, "
                                "and in the evening the sun comes "
                                "in from the side. My neighbour has one that is very bright, but I do not know its name. What would you "
                                "recommend, and what does it cost "
                                "with delivery and installation?";
static const char NEAR_WORDS[] =
    "Good evening, and welcome. For three metres I would take fifty five or sixty five inches. This one here has a very bright picture and "
    "a "
    "screen that mirrors less. Let me show you the back of it, where the connectors are, and then we look at the price.";

/* --- speech ----------------------------------------------------------------------------------------------------------------------------
 */

static double energy_of(const gint16 *samples, gsize count)
{
    double sum = 0;
    for (gsize i = 0; i < count; i++) sum += (double)samples[i] * samples[i];
    return sum;
}

/* Mean level of the blocks that are at most 30 dB below the loudest, relative to full scale. */
static double active_db(const gint16 *samples, gsize count)
{
    double loudest = 0, sum = 0;
    int active = 0;
    for (gsize at = 0; at + BLOCK <= count; at += BLOCK) loudest = MAX(loudest, energy_of(samples + at, BLOCK));
    for (gsize at = 0; at + BLOCK <= count; at += BLOCK) {
        double energy = energy_of(samples + at, BLOCK);
        if (energy < loudest / 1000) continue;
        sum += energy;
        active++;
    }
    return active ? 10 * log10(sum / ((double)active * BLOCK) / (32768.0 * 32768.0) + 1e-12) : -120;
}

static Speech speak(const char *voice, const char *words, double db)
{
    g_autofree char *folder = scratch_new();
    g_autofree char *path = g_build_filename(folder, "speech.wav", NULL);
    const char *const command[] = {"espeak-ng", "-v", voice, "-s", "150", "-w", path, words, NULL};
    assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
    Speech speech;
    speech.samples = voice_file_load(path, &speech.count, NULL);
    assert_non_null(speech.samples);
    scratch_remove(folder);
    double gain = pow(10, (db - active_db(speech.samples, speech.count)) / 20);
    for (gsize i = 0; i < speech.count; i++) speech.samples[i] = (gint16)CLAMP(lround(gain * speech.samples[i]), G_MININT16, G_MAXINT16);
    return speech;
}

/* --- the chain -------------------------------------------------------------------------------------------------------------------------
 */

static gboolean answer_latency(GstPad *pad, GstObject *parent, GstQuery *query)
{
    if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
    gst_query_set_latency(query, TRUE, LATENCY, GST_CLOCK_TIME_NONE);
    return TRUE;
}

static GstPadProbeReturn keep(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    Line *line = data;
    GstMapInfo map;
    if (line->out && gst_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), &map, GST_MAP_READ)) {
        g_array_append_vals(line->out, map.data, (guint)(map.size / sizeof(gint16)));
        gst_buffer_unmap(GST_PAD_PROBE_INFO_BUFFER(info), &map);
    }
    return GST_PAD_PROBE_DROP;
}

/* Buffers go through it in the thread that pushes them. */
static Line *line_new(const char *text, gboolean is_kept, int delay_ms)
{
    Line *line = g_new0(Line, 1);
    GError *error = NULL;
    line->bin = gst_parse_bin_from_description(text, TRUE, &error);
    if (error) fail_msg("%s: %s", text, error->message);
    gst_object_ref_sink(line->bin);
    echo_set_delay(GST_BIN(line->bin), PROBE, delay_ms);
    line->out = is_kept ? g_array_new(FALSE, FALSE, sizeof(gint16)) : NULL;
    line->in = gst_pad_new("test", GST_PAD_SRC);
    gst_pad_set_query_function(line->in, answer_latency);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(line->bin, "sink");
    g_autoptr(GstPad) src = gst_element_get_static_pad(line->bin, "src");
    assert_int_equal(gst_pad_link(line->in, sink), GST_PAD_LINK_OK);
    gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, keep, line, NULL);
    gst_pad_set_active(line->in, TRUE);
    gst_element_set_state(line->bin, GST_STATE_PLAYING);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    g_autoptr(GstCaps) caps = gst_caps_from_string(CAPS);
    gst_pad_push_event(line->in, gst_event_new_stream_start("test"));
    gst_pad_push_event(line->in, gst_event_new_caps(caps));
    gst_pad_push_event(line->in, gst_event_new_segment(&segment));
    gst_pad_send_event(src, gst_event_new_latency(LATENCY));
    return line;
}

static void line_push(Line *line, const gint16 *samples)
{
    GstBuffer *buffer = gst_buffer_new_memdup(samples, BLOCK * sizeof *samples);
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(line->blocks++, BLOCK * GST_SECOND, RATE);
    GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(BLOCK, GST_SECOND, RATE);
    assert_int_equal(gst_pad_push(line->in, buffer), GST_FLOW_OK);
}

static void line_free(Line *line)
{
    gst_element_set_state(line->bin, GST_STATE_NULL);
    gst_object_unref(line->bin);
    gst_object_unref(line->in);
    if (line->out) g_array_free(line->out, TRUE);
    g_free(line);
}

typedef struct {
    GArray *heard; /* by the microphone */
    GArray *sent;  /* to the shopper, in step with heard but for the chain's delay */
} Call;

static void call_free(Call *call)
{
    g_array_free(call->heard, TRUE);
    g_array_free(call->sent, TRUE);
}

/* A call of CALL_S. far_s and near_s: from when on each one speaks, again and again; -1: never. */
static Call play_call(const RoomShape *shape, int speaker_delay_ms, const Speech *far, int far_s, const Speech *near, int near_s)
{
    g_autofree char *probe = echo_probe(PROBE), *canceller = echo_canceller(PROBE);
    g_autofree char *probe_line = g_strdup_printf("%s ! identity", probe), *line = g_strdup_printf("%s ! " ENCODER, canceller);
    Line *speaker = line_new(probe_line, FALSE, speaker_delay_ms), *microphone = line_new(line, TRUE, 0);
    Room *room = room_new();
    room_set(room, shape);
    Call call = {.heard = g_array_new(FALSE, FALSE, sizeof(gint16))};
    guint32 noise = 1;
    for (gsize at = 0; at < (gsize)CALL_S * RATE; at += BLOCK) {
        gint16 played[BLOCK] = {0}, heard[BLOCK];
        for (gsize i = 0; i < BLOCK; i++) {
            gint64 spoken = (gint64)(at + i) - (gint64)near_s * RATE, answered = (gint64)(at + i) - (gint64)far_s * RATE;
            noise = noise * 1664525 + 1013904223;
            heard[i] = (gint16)((int)(noise >> 16) % (2 * HISS + 1) - HISS);
            if (far_s >= 0 && answered >= 0) played[i] = far->samples[(gsize)answered % far->count];
            if (near_s >= 0 && spoken >= 0) heard[i] = (gint16)(heard[i] + near->samples[(gsize)spoken % near->count]);
        }
        GstClockTime time = gst_util_uint64_scale(at, GST_SECOND, RATE);
        line_push(speaker, played);
        room_play(room, time + LATENCY, played, BLOCK);
        room_hear(room, time, heard, BLOCK);
        g_array_append_vals(call.heard, heard, BLOCK);
        line_push(microphone, heard);
    }
    call.sent = microphone->out;
    microphone->out = NULL;
    line_free(speaker);
    line_free(microphone);
    room_free(room);
    return call;
}

static const gint16 *from_second(const GArray *sound, int second)
{
    return &g_array_index(sound, gint16, (guint)second * RATE);
}

static double erle_db(const Call *call, int from_s, int to_s)
{
    gsize count = (gsize)(to_s - from_s) * RATE - PREFIX_MAX;
    return 10 * log10(energy_of(from_second(call->heard, from_s), count) / (energy_of(from_second(call->sent, from_s), count) + 1));
}

/* --- intelligibility -------------------------------------------------------------------------------------------------------------------
 */

#define BANDS    15
#define FRAME    1229 /* 25.6 ms */
#define HOP      614
#define SEGMENT  30     /* frames */
#define DYNAMIC  1e-4   /* frames of the clean voice so far below its loudest are left out */
#define CLIP     6.6234 /* 1 + 10^(15/20): so far may one envelope exceed the other */
#define FIRST_HZ 150.0
#define BIN_HZ   ((double)RATE / FRAME)
#define BINS_MAX 130

static void bands_of(const gint16 *samples, double *bands)
{
    static double window[FRAME];
    double shaped[FRAME];
    if (window[1] == 0)
        for (int n = 0; n < FRAME; n++) window[n] = 0.5 - 0.5 * cos(2 * G_PI * n / FRAME);
    for (int n = 0; n < FRAME; n++) shaped[n] = samples[n] * window[n];
    memset(bands, 0, BANDS * sizeof *bands);
    for (int bin = 3; bin < BINS_MAX; bin++) {
        double hz = bin * BIN_HZ, place = 3 * log2(hz / FIRST_HZ) + 0.5;
        if (place < 0 || place >= BANDS) continue;
        double step = 2 * G_PI * bin / FRAME, real = 0, imaginary = 0;
        double cosine = cos(step), sine = sin(step), c = 1, s = 0;
        for (int n = 0; n < FRAME; n++) {
            double next = c * cosine - s * sine;
            real += shaped[n] * c;
            imaginary += shaped[n] * s;
            s = s * cosine + c * sine;
            c = next;
        }
        bands[(int)place] += real * real + imaginary * imaginary;
    }
    for (int band = 0; band < BANDS; band++) bands[band] = sqrt(bands[band]);
}

/* Correlation of two envelopes, the second one made as loud as the first and clipped. */
static double envelope_match(const double *clean, const double *sent)
{
    double clean_energy = 1e-9, sent_energy = 1e-9, cut[SEGMENT], clean_mean = 0, cut_mean = 0;
    for (int i = 0; i < SEGMENT; i++) {
        clean_energy += clean[i * BANDS] * clean[i * BANDS];
        sent_energy += sent[i * BANDS] * sent[i * BANDS];
    }
    double scale = sqrt(clean_energy / sent_energy);
    for (int i = 0; i < SEGMENT; i++) {
        cut[i] = MIN(sent[i * BANDS] * scale, clean[i * BANDS] * CLIP);
        clean_mean += clean[i * BANDS] / SEGMENT;
        cut_mean += cut[i] / SEGMENT;
    }
    double both = 0, one = 1e-9, other = 1e-9;
    for (int i = 0; i < SEGMENT; i++) {
        both += (clean[i * BANDS] - clean_mean) * (cut[i] - cut_mean);
        one += (clean[i * BANDS] - clean_mean) * (clean[i * BANDS] - clean_mean);
        other += (cut[i] - cut_mean) * (cut[i] - cut_mean);
    }
    return both / sqrt(one * other);
}

static double intelligibility(const gint16 *clean, const gint16 *sent, gsize count)
{
    gsize frames = 0, total = count / HOP - 2;
    double loudest = 0, sum = 0;
    gsize matches = 0;
    g_autofree double *a = g_new0(double, total *BANDS), *b = g_new0(double, total *BANDS);
    for (gsize i = 0; i < total; i++) loudest = MAX(loudest, energy_of(clean + i * HOP, FRAME));
    for (gsize i = 0; i < total; i++) {
        if (energy_of(clean + i * HOP, FRAME) < loudest * DYNAMIC) continue;
        bands_of(clean + i * HOP, a + frames * BANDS);
        bands_of(sent + i * HOP, b + frames * BANDS);
        frames++;
    }
    for (gsize from = 0; from + SEGMENT <= frames; from++)
        for (int band = 0; band < BANDS; band++, matches++) sum += envelope_match(a + from * BANDS + band, b + from * BANDS + band);
    return matches ? sum / (double)matches : 0;
}

/* By how many samples the chain is late: where its loudness follows the clean voice's best. */
static gsize delay_of(const gint16 *clean, const gint16 *sent, gsize count)
{
    gsize best = 0;
    double most = -1e300;
    for (gsize delay = 0; delay < PREFIX_MAX / 4; delay += 24) {
        double sum = 0;
        for (gsize i = 0; i + delay < count; i += 7) sum += (double)clean[i] * sent[i + delay];
        if (sum > most) {
            most = sum;
            best = delay;
        }
    }
    return best;
}

/* --- cases -----------------------------------------------------------------------------------------------------------------------------
 */

static Speech far_speech, near_speech;

static const struct {
    const char *name;
    int speaker_delay_ms; /* as configured */
    RoomShape shape;
} ROOMS[] = {
    {"the usual one", 0, {.delay_ms = 20, .loss_db = 10, .reverb_ms = 200, .reverb_db = -6}},
    {"near and loud", 0, {.delay_ms = 0, .loss_db = 3, .reverb_ms = 150, .reverb_db = -6}},
    {"large, distorting speaker", 0, {.delay_ms = 30, .loss_db = 6, .reverb_ms = 300, .reverb_db = -3, .distortion = 0.3}},
    {"a late speaker, configured", 120, {.delay_ms = 150, .loss_db = 10, .reverb_ms = 200, .reverb_db = -6}},
};

static void echo_is_cancelled(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(ROOMS); i++) {
        Call call = play_call(&ROOMS[i].shape, ROOMS[i].speaker_delay_ms, &far_speech, 0, NULL, -1);
        double early = erle_db(&call, 0, ADAPT_S), erle = erle_db(&call, ADAPT_S, CALL_S);
        print_message("# %s: echo return loss enhancement %.1f dB, in the first %d s %.1f dB\n", ROOMS[i].name, erle, ADAPT_S, early);
        assert_true(erle >= ERLE_DB);
        assert_true(early >= EARLY_DB);
        call_free(&call);
    }
}

typedef struct {
    double db, clean_db, understood, without;
} Verdict;

/* Of what is sent of the near end from that second on, and what it would be without a canceller. */
static Verdict judge(const Call *call, int from_s)
{
    gsize count = MIN(near_speech.count, (gsize)(CALL_S - from_s) * RATE - PREFIX_MAX);
    const gint16 *clean = near_speech.samples, *sent = from_second(call->sent, from_s);
    gsize late = delay_of(clean, sent, count);
    return (Verdict){active_db(sent + late, count), active_db(clean, count), intelligibility(clean, sent + late, count),
                     intelligibility(clean, from_second(call->heard, from_s), count)};
}

static void near_speech_is_kept(void **state)
{
    (void)state;
    static const double QUIETER_DB[] = {0, 8};
    for (guint i = 0; i < G_N_ELEMENTS(QUIETER_DB); i++) {
        Speech quiet = {g_memdup2(near_speech.samples, near_speech.count * sizeof(gint16)), near_speech.count};
        for (gsize n = 0; n < quiet.count; n++) quiet.samples[n] = (gint16)lround(quiet.samples[n] * pow(10, -QUIETER_DB[i] / 20));
        Call call = play_call(&ROOMS[0].shape, 0, NULL, -1, &quiet, 1);
        Verdict verdict = judge(&call, 1);
        double spoken_db = verdict.clean_db - QUIETER_DB[i];
        print_message("# near end alone, spoken at %.1f dB: sent at %.1f dB, intelligibility %.3f\n", spoken_db, verdict.db,
                      verdict.understood);
        assert_true(verdict.db > spoken_db - QUIETER_MAX_DB && verdict.db < spoken_db + LOUDER_MAX_DB);
        assert_true(verdict.understood >= UNDERSTOOD);
        call_free(&call);
        g_free(quiet.samples);
    }
}

static void in_double_talk_the_near_end_is_understood(void **state)
{
    (void)state;
    Call call = play_call(&ROOMS[0].shape, 0, &far_speech, 0, &near_speech, ADAPT_S);
    Verdict verdict = judge(&call, ADAPT_S);
    print_message("# double talk: near end spoken at %.1f dB, sent at %.1f dB; intelligibility %.3f, with the echo left in it %.3f\n",
                  verdict.clean_db, verdict.db, verdict.understood, verdict.without);
    assert_true(verdict.db > verdict.clean_db - QUIETER_MAX_DB);
    assert_true(verdict.understood >= UNDERSTOOD_BOTH);
    call_free(&call);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    far_speech = speak("en-us", FAR_WORDS, FAR_DB);
    near_speech = speak("en-gb+f3", NEAR_WORDS, NEAR_DB);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_is_cancelled),
        cmocka_unit_test(near_speech_is_kept),
        cmocka_unit_test(in_double_talk_the_near_end_is_understood),
    };
    int failed = cmocka_run_group_tests_name("echo", tests, NULL, NULL);
    g_free(far_speech.samples);
    g_free(near_speech.samples);
    return failed;
}
