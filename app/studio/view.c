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

static ViewService service_of(const json_t *object)
{
    ViewService service = {count_of(object, "n"), count_of(object, "good")};
    service.good = MIN(service.good, service.n);
    return service;
}

static void read_notice(View *view, const json_t *notice)
{
    view->notice = string_of(notice, "text");
    view->notice_picture = strcmp(string_of(notice, "kind"), "picture") == 0;
}

static void read_queue(View *view, json_t *queue)
{
    view->waiting = count_of(queue, "waiting");
    view->oldest_ms = count_of(queue, "oldest_ms");
    view->told_mono = count_of(queue, "told_mono");
    view->alert = flag_of(queue, "alert");
    view->service = service_of(json_object_get(queue, "service"));
    view->within_ms = count_of(json_object_get(queue, "service"), "within_ms");
    const char *id;
    json_t *topic;
    json_object_foreach(json_object_get(queue, "topics"), id, topic) {
        ViewTopic entry = {id, count_of(topic, "waiting"), count_of(topic, "oldest_ms"), service_of(topic)};
        if (view->topic_count < VIEW_TOPICS_MAX && (entry.waiting > 0 || entry.service.n > 0)) view->topics[view->topic_count++] = entry;
    }
}

static guint read_words(const json_t *list, const char **into, guint most)
{
    guint count = 0;
    size_t i;
    json_t *word;
    json_array_foreach(list, i, word) {
        if (count < most && json_is_string(word)) into[count++] = json_string_value(word);
    }
    return count;
}

static void read_wrapup(View *view, const json_t *snapshot)
{
    const json_t *wrapup = json_object_get(snapshot, "wrapup"), *advisor = json_object_get(snapshot, "advisor");
    view->note = json_is_object(wrapup) ? wrapup : NULL;
    view->wrapup_until_mono = count_of(wrapup, "until_mono");
    view->extended = flag_of(wrapup, "extended");
    view->tag_count = read_words(json_object_get(advisor, "tags"), view->tags, VIEW_TAGS_MAX);
    view->currency_count = read_words(json_object_get(advisor, "currencies"), view->currencies, VIEW_CURRENCIES);
}

static void read_call(View *view, const json_t *call)
{
    static const char *const media[] = {"none", "connecting", "up", "lost"};
    view->in_call = json_is_object(call);
    view->call_id = string_of(call, "id");
    view->topic = string_of(call, "topic");
    view->language = string_of(call, "lang");
    view->product_title = string_of(call, "product_title");
    view->product = string_of(call, "product");
    view->before = flag_of(call, "before");
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

static void read_checks(View *view, const json_t *snapshot)
{
    static const char *const names[DEVICES] = {
        [DEVICE_NETWORK] = "network",
        [DEVICE_ENROLMENT] = "enrolment",
        [DEVICE_LINK] = "desk",
        [DEVICE_CAMERA_FACE] = "camera_face",
        [DEVICE_CAMERA_PRODUCT] = "camera_product",
        [DEVICE_MICROPHONE] = "microphone",
        [DEVICE_SPEAKER] = "speaker",
        [DEVICE_DEMO] = "demo",
        [DEVICE_STORAGE] = "storage",
        [DEVICE_CLOCK] = "clock",
    };
    static const char *const states[] = {"waiting", "ok", "simulated", "unused", "bad"};
    for (guint i = 0; i < DEVICES; i++) view->check_problems[i] = "";
    size_t i;
    json_t *check;
    json_array_foreach(json_object_get(snapshot, "checks"), i, check) {
        int device = index_of(string_of(check, "name"), names, DEVICES, DEVICES);
        if (device == DEVICES) continue;
        view->checks[device] = (ViewCheck)index_of(string_of(check, "state"), states, G_N_ELEMENTS(states), CHECK_UNKNOWN);
        view->check_problems[device] = string_of(check, "problem");
    }
    for (guint k = 0; k < DEVICES; k++) {
        const char *problem = view_device_problem(view, k);
        gboolean is_told = view->checks[k] == CHECK_BAD && *view->check_problems[k]; /* the agent knows best why */
        if (!problem || is_told) continue;
        view->checks[k] = CHECK_BAD;
        view->check_problems[k] = problem;
    }
    view->mistake = string_of(snapshot, "mistake");
    view->no_demo = view->checks[DEVICE_DEMO] == CHECK_UNUSED;
}

static void read_upkeep(View *view, const json_t *upkeep)
{
    static const char *const bundles[] = {"none", "making", "done", "failed"}, *const endings[] = {"none", "restart", "reset"};
    view->serviceable = flag_of(upkeep, "able");
    view->bundle = (ViewBundle)index_of(string_of(upkeep, "bundle"), bundles, G_N_ELEMENTS(bundles), BUNDLE_NONE);
    view->ending = (ViewEnding)index_of(string_of(upkeep, "ending"), endings, G_N_ELEMENTS(endings), ENDING_NONE);
    view->stuck = flag_of(upkeep, "stuck");
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
    read_notice(view, json_object_get(snapshot, "notice"));
    read_call(view, json_object_get(snapshot, "call"));
    read_wrapup(view, snapshot);
    view->practice = flag_of(snapshot, "practice");
    view->checking = flag_of(snapshot, "checking");
    view->camera = (ViewCamera)index_of(string_of(snapshot, "camera"), cameras, G_N_ELEMENTS(cameras), CAMERA_FACE);
    view->muted = flag_of(snapshot, "muted");
    const json_t *health = json_object_get(json_object_get(snapshot, "studio"), "health");
    view->line = line_of(json_object_get(health, "media"), view->media);
    read_checks(view, snapshot);
    read_upkeep(view, json_object_get(snapshot, "upkeep"));
    view->unsent = count_of(json_object_get(snapshot, "records"), "waiting");
}

gboolean view_is_on_air(const View *view)
{
    return view->state == VIEW_CONNECTING || view->state == VIEW_LIVE;
}

static gint64 since_told(const View *view, gint64 now_mono)
{
    gint64 told = view->told_mono ? view->told_mono : view->now_mono;
    return told ? MAX(0, now_mono - told) : 0;
}

gint64 view_longest_wait(const View *view, gint64 now_mono)
{
    if (!view->waiting) return 0;
    return view->oldest_ms + since_told(view, now_mono);
}

gint64 view_topic_wait(const View *view, const ViewTopic *topic, gint64 now_mono)
{
    return topic->waiting ? topic->oldest_ms + since_told(view, now_mono) : 0;
}

int view_percent(const ViewService *service)
{
    return service->n > 0 ? (int)(service->good * 100 / service->n) : -1;
}

ViewLevel view_level(const ViewService *service)
{
    int percent = view_percent(service);
    if (percent < 0) return LEVEL_UNKNOWN;
    return percent >= VIEW_LEVEL_GOOD ? LEVEL_GOOD : percent >= VIEW_LEVEL_FAIR ? LEVEL_FAIR : LEVEL_POOR;
}

char *view_short_link(const char *address, glong most)
{
    const char *start = strstr(address, "://");
    start = start ? start + 3 : address;
    if (g_str_has_prefix(start, "www.")) start += 4;
    gsize length = strcspn(start, "?#");
    g_autofree char *plain = g_strndup(start, length);
    while (length && plain[length - 1] == '/') plain[--length] = '\0';
    glong letters = g_utf8_validate(plain, -1, NULL) ? g_utf8_strlen(plain, -1) : 0;
    if (letters <= most) return letters ? g_steal_pointer(&plain) : g_strdup("");
    const char *slash = strchr(plain, '/');
    glong host = slash ? g_utf8_strlen(plain, slash - plain) + 1 : most / 2;
    host = MIN(host, most / 2);
    g_autofree char *head = g_utf8_substring(plain, 0, host), *tail = g_utf8_substring(plain, letters - (most - host - 1), letters);
    return g_strconcat(head, "…", tail, NULL);
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
    static const char *const starts[DEVICES][3] = {
        [DEVICE_LINK] = {"desk_", "certificate_", "identity_"},
        [DEVICE_CAMERA_FACE] = {"camera_face_"},
        [DEVICE_CAMERA_PRODUCT] = {"camera_product_"},
        [DEVICE_MICROPHONE] = {"microphone_"},
        [DEVICE_SPEAKER] = {"speaker_"},
        [DEVICE_DEMO] = {"demo_"},
        [DEVICE_STORAGE] = {"storage_"},
        [DEVICE_ENROLMENT] = {"token_", "enrolment_", "booth_txt_"},
    };
    for (guint i = 0; i < view->problem_count; i++) {
        for (guint k = 0; k < G_N_ELEMENTS(starts[device]); k++) {
            if (starts[device][k] && g_str_has_prefix(view->problems[i].name, starts[device][k])) return view->problems[i].name;
        }
    }
    return NULL;
}
