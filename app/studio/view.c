#include "studio/view.h"

#include <string.h>

#define RTT_FAIR_MS 150
#define RTT_POOR_MS 400
#define LOSS_FAIR   0.02
#define LOSS_POOR   0.08
#define FPS_FAIR    20
#define FPS_POOR    10

static const char *string_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

static gint64 count_of(const json_t *object, const char *member)
{
    return MAX(0, json_integer_value(json_object_get(object, member)));
}

static gboolean flag_of(const json_t *object, const char *member)
{
    return json_is_true(json_object_get(object, member));
}

static int index_of(const char *word, const char *const *words, int count, int otherwise)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) return i;
    }
    return otherwise;
}

static ViewState state_of(const json_t *snapshot)
{
    static const char *const words[] = {"", "starting", "paused", "ready", "ringing", "connecting", "live", "wrapup"};
    return (ViewState)index_of(string_of(snapshot, "state"), words, G_N_ELEMENTS(words), VIEW_STARTING);
}

static void read_problems(View *view, const json_t *list)
{
    size_t i;
    json_t *problem;
    json_array_foreach(list, i, problem) {
        const char *name = string_of(problem, "name");
        if (!*name || view->problem_count == VIEW_PROBLEMS_MAX) continue;
        ViewProblem *entry = &view->problems[view->problem_count++];
        entry->name = name;
        entry->error = strcmp(string_of(problem, "severity"), "error") == 0;
        entry->blocks_ready = flag_of(problem, "blocks_ready");
        view->blocked |= entry->blocks_ready;
    }
}

static void read_queue(View *view, json_t *queue)
{
    view->waiting = count_of(queue, "waiting");
    view->oldest_ms = count_of(queue, "oldest_ms");
    const char *id;
    json_t *waiting;
    json_object_foreach(json_object_get(queue, "topics"), id, waiting) {
        if (view->topic_count == VIEW_TOPICS_MAX || json_integer_value(waiting) <= 0) continue;
        view->topics[view->topic_count++] = (ViewTopic){id, json_integer_value(waiting)};
    }
}

static void read_call(View *view, const json_t *call)
{
    static const char *const media[] = {"none", "connecting", "up", "lost"};
    view->in_call = json_is_object(call);
    view->call_id = string_of(call, "id");
    view->topic = string_of(call, "topic");
    view->language = string_of(call, "lang");
    view->product_title = string_of(call, "product_title");
    view->waited_ms = count_of(call, "waited_ms");
    view->ring_until_mono = count_of(call, "ring_until_mono");
    view->accepted_mono = count_of(call, "accepted_mono");
    view->media = (ViewMedia)index_of(string_of(call, "media"), media, G_N_ELEMENTS(media), MEDIA_NONE);
    view->shopper_present = flag_of(call, "shopper_present");
}

static ViewLine line_of(const json_t *media, ViewMedia call_media)
{
    const char *state = string_of(media, "state");
    if (call_media == MEDIA_LOST || strcmp(state, "lost") == 0) return LINE_LOST;
    if (strcmp(state, "connected") != 0) return LINE_UNKNOWN;
    gint64 rtt = count_of(media, "rtt_ms"), fps = count_of(media, "received_fps");
    double loss = json_number_value(json_object_get(media, "loss"));
    /* No picture from the shopper is the shopper's choice and says nothing of the line. */
    gboolean pictures = fps > 0;
    if (rtt >= RTT_POOR_MS || loss >= LOSS_POOR || (pictures && fps < FPS_POOR)) return LINE_POOR;
    if (rtt >= RTT_FAIR_MS || loss >= LOSS_FAIR || (pictures && fps < FPS_FAIR)) return LINE_FAIR;
    return LINE_GOOD;
}

static ViewCheck device_check(const json_t *device)
{
    if (!json_is_object(device)) return CHECK_UNKNOWN;
    const char *driver = string_of(device, "driver");
    if (strcmp(driver, "none") == 0) return CHECK_UNUSED;
    if (!flag_of(device, "ok")) return CHECK_BAD;
    gboolean simulated = strcmp(driver, "sim") == 0 || strcmp(string_of(device, "name"), "offscreen") == 0;
    return simulated ? CHECK_SIMULATED : CHECK_OK;
}

static void read_checks(View *view, const json_t *snapshot)
{
    const json_t *health = json_object_get(json_object_get(snapshot, "studio"), "health");
    const json_t *cameras = json_object_get(health, "camera");
    view->checks[DEVICE_LINK] = !json_is_object(json_object_get(snapshot, "link")) ? CHECK_UNKNOWN : view->link_up ? CHECK_OK : CHECK_BAD;
    view->checks[DEVICE_CAMERA_FACE] = device_check(json_object_get(cameras, "face"));
    view->checks[DEVICE_CAMERA_PRODUCT] = device_check(json_object_get(cameras, "product"));
    view->checks[DEVICE_MICROPHONE] = device_check(json_object_get(health, "microphone"));
    view->checks[DEVICE_SPEAKER] = device_check(json_object_get(health, "speaker"));
    view->checks[DEVICE_DEMO] = device_check(json_object_get(health, "demo"));
    view->checks[DEVICE_STORAGE] = json_is_object(json_object_get(snapshot, "records")) ? CHECK_OK : CHECK_UNKNOWN;
    for (guint i = 0; i < DEVICES; i++) {
        if (view_device_problem(view, i)) view->checks[i] = CHECK_BAD;
    }
}

void view_read(View *view, const json_t *snapshot, gboolean agent_gone)
{
    static const char *const cameras[] = {"face", "product", "pip"};
    memset(view, 0, sizeof *view);
    view->agent_gone = agent_gone;
    view->state = snapshot ? state_of(snapshot) : VIEW_UNKNOWN;
    if (view->state == VIEW_UNKNOWN && snapshot) view->state = VIEW_STARTING;
    view->since_mono = count_of(snapshot, "since_mono");
    view->now_mono = count_of(snapshot, "now_mono");
    view->name = string_of(snapshot, "name");
    view->store = string_of(snapshot, "store");
    view->pause_reason = string_of(snapshot, "pause_reason");
    view->ready_wanted = flag_of(snapshot, "ready_wanted");
    view->link_up = !agent_gone && flag_of(json_object_get(snapshot, "link"), "up");
    read_problems(view, json_object_get(snapshot, "problems"));
    read_queue(view, json_object_get(snapshot, "queue"));
    read_call(view, json_object_get(snapshot, "call"));
    view->wrapup_until_mono = count_of(json_object_get(snapshot, "wrapup"), "until_mono");
    view->camera = (ViewCamera)index_of(string_of(snapshot, "camera"), cameras, G_N_ELEMENTS(cameras), CAMERA_FACE);
    view->muted = flag_of(snapshot, "muted");
    const json_t *media = json_object_get(json_object_get(json_object_get(snapshot, "studio"), "health"), "media");
    view->line = line_of(media, view->media);
    read_checks(view, snapshot);
}

gint64 view_longest_wait(const View *view, gint64 now_mono)
{
    if (!view->waiting) return 0;
    return view->oldest_ms + (view->now_mono ? MAX(0, now_mono - view->now_mono) : 0);
}

double view_part_left(gint64 since_mono, gint64 until_mono, gint64 now_mono)
{
    if (until_mono <= since_mono) return 0;
    return CLAMP((double)(until_mono - now_mono) / (double)(until_mono - since_mono), 0.0, 1.0);
}

gint64 view_seconds_left(gint64 until_mono, gint64 now_mono)
{
    return MAX(0, (until_mono - now_mono + 999) / 1000);
}

const char *view_device_problem(const View *view, ViewDevice device)
{
    static const char *const starts[DEVICES][2] = {
        [DEVICE_LINK] = {"desk_", "certificate_"}, [DEVICE_CAMERA_FACE] = {"camera_face_"}, [DEVICE_CAMERA_PRODUCT] = {"camera_product_"},
        [DEVICE_MICROPHONE] = {"microphone_"},     [DEVICE_SPEAKER] = {"speaker_"},         [DEVICE_DEMO] = {"demo_"},
        [DEVICE_STORAGE] = {"storage_"},
    };
    for (guint i = 0; i < view->problem_count; i++) {
        for (guint k = 0; k < 2; k++) {
            if (starts[device][k] && g_str_has_prefix(view->problems[i].name, starts[device][k])) return view->problems[i].name;
        }
    }
    return NULL;
}
