/* samples: one snapshot for every screen of the console, for the pictures and for the tests of what fits. Members that end in _mono count
 * from now. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct {
    const char *name;
    const char *json; /* NULL: no snapshot yet */
    gboolean agent_gone, shopper, own, chat;
    guint service; /* the page that is open: ServicePage */
} Sample;

#define SAMPLE_HEAD                                                                                                                        \
    "\"v\":1,\"booth\":\"b1\",\"name\":\"Booth 3\",\"store\":\"Oslo "                                                                      \
    "City\",\"region\":\"east\",\"now_mono\":0,\"records\":{\"waiting\":0,\"stored\":9},"
#define SAMPLE_LINK                            "\"link\":{\"up\":true,\"address\":\"\",\"why\":\"\"},"
#define SAMPLE_NO_LINK                         "\"link\":{\"up\":false,\"address\":\"\",\"why\":\"\"},"
#define SAMPLE_SERVICE(n, good)                "\"service\":{\"within_ms\":20000,\"n\":" #n ",\"good\":" #good "},"
#define SAMPLE_TOPIC(id, waiting, ms, n, good) "\"" id "\":{\"waiting\":" #waiting ",\"oldest_ms\":" #ms ",\"n\":" #n ",\"good\":" #good "}"
#define SAMPLE_EMPTY_LINE                      "\"queue\":{\"waiting\":0,\"oldest_ms\":0," SAMPLE_SERVICE(0, 0) "\"topics\":{}},"
#define SAMPLE_CALM_LINE                                                                                                                   \
    "\"queue\":{\"waiting\":0,\"oldest_ms\":0," SAMPLE_SERVICE(27, 25) "\"topics\":{" SAMPLE_TOPIC("tv", 0, 0, 12, 12) "," SAMPLE_TOPIC(   \
        "computers", 0, 0, 9, 8) "," SAMPLE_TOPIC("appliances", 0, 0, 6, 5) "}},"
#define SAMPLE_TOPICS                                                                                                                      \
    SAMPLE_TOPIC("tv", 3, 35000, 12, 12)                                                                                                   \
    "," SAMPLE_TOPIC("computers", 2, 12000, 9, 6) "," SAMPLE_TOPIC("phones", 1, 4000, 4, 1) "," SAMPLE_TOPIC("appliances", 1, 28000, 6, 5)
#define SAMPLE_ALERT_LINE                                                                                                                  \
    "\"queue\":{\"waiting\":7,\"oldest_ms\":205000,\"alert\":true," SAMPLE_SERVICE(31, 13) "\"topics\":{" SAMPLE_TOPICS "}},"
#define SAMPLE_LINE "\"queue\":{\"waiting\":7,\"oldest_ms\":35000," SAMPLE_SERVICE(31, 24) "\"topics\":{" SAMPLE_TOPICS "}},"
#define SAMPLE_LONG_LINE                                                                                                                   \
    "\"queue\":{\"waiting\":148,\"oldest_ms\":4505000," SAMPLE_SERVICE(412, 170) "\"topics\":{" SAMPLE_TOPIC(                              \
        "tv", 88, 4505000, 160, 40) "," SAMPLE_TOPIC("computers", 22, 1505000, 90,                                                         \
                                                     60) "," SAMPLE_TOPIC("phones", 11, 95000, 60,                                         \
                                                                          30) "," SAMPLE_TOPIC("appliances", 11, 605000, 60,               \
                                                                                               30) "," SAMPLE_TOPIC("other", 16, 3905000,  \
                                                                                                                    42, 10) "}},"
#define SAMPLE_DEVICE(word) "{\"driver\":\"" word "\",\"name\":\"x\",\"ok\":true,\"problem\":\"\"}"
#define SAMPLE_MIC          "{\"driver\":\"alsa\",\"name\":\"x\",\"ok\":true,\"level_db\":-22,\"problem\":\"\"}"
#define SAMPLE_DEVICES                                                                                                                     \
    "\"camera\":{\"face\":" SAMPLE_DEVICE("libcamera") ",\"product\":" SAMPLE_DEVICE(                                                      \
        "sim") "},\"microphone\":" SAMPLE_MIC                                                                                              \
               ",\"speaker\":" SAMPLE_DEVICE("alsa") ",\"console\":" SAMPLE_DEVICE("sdl") ",\"demo\":" SAMPLE_DEVICE("sdl")
#define SAMPLE_MEDIA(state, rtt, loss) ",\"media\":{\"state\":\"" state "\",\"rtt_ms\":" rtt ",\"loss\":" loss ",\"received_fps\":30}"
#define SAMPLE_STUDIO(media)           "\"studio\":{\"up\":true,\"health\":{" SAMPLE_DEVICES media "}}," SAMPLE_CHECKS
#define SAMPLE_PROBLEM(name, severity) "{\"name\":\"" name "\",\"severity\":\"" severity "\",\"since_utc\":0,\"blocks_ready\":true}"
#define SAMPLE_ERROR(name)             SAMPLE_PROBLEM(name, "error")
#define SAMPLE_WARNING(name)           SAMPLE_PROBLEM(name, "warning")
#define SAMPLE_FINE                    "\"problems\":[],"
#define SAMPLE_SERVICED(bundle, ending)                                                                                                    \
    SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_FINE                                                                                   \
        "\"state\":\"paused\",\"pause_reason\":\"\",\"upkeep\":{\"able\":true,\"bundle\":\"" bundle "\",\"ending\":\"" ending              \
        "\",\"stuck\":false},"
#define SAMPLE_CALL(media)                                                                                                                 \
    "\"call\":{\"id\":\"c1\",\"gen\":1,\"topic\":\"appliances\",\"lang\":\"nb\",\"before\":true,\"product\":\"https://www.example.com/no/" \
    "home/dishwashers/built-in/bosch-series-8-smv8ycx02e/p-482915?ref=mail\",\"product_title\":\"Bosch Series 8 "                          \
    "dishwasher SMV8YCX02E, "                                                                                                              \
    "fully integrated\",\"waited_ms\":134000,\"ring_until_mono\":14000,\"accepted_mono\":-754000,\"media\":\"" media                       \
    "\",\"codec\":\"H264\","                                                                                                               \
    "\"shopper_present\":true},"
#define SAMPLE_CHECK(name, state, problem) "{\"name\":\"" name "\",\"state\":\"" state "\",\"problem\":\"" problem "\"}"
#define SAMPLE_CHECKS                                                                                                                                    \
    "\"checks\":[" SAMPLE_CHECK("network", "ok", "") "," SAMPLE_CHECK("enrolment", "ok", "") "," SAMPLE_CHECK("camera_face", "ok", "") "," SAMPLE_CHECK( \
        "camera_product", "simulated",                                                                                                                   \
        "") "," SAMPLE_CHECK("microphone", "ok",                                                                                                         \
                             "") "," SAMPLE_CHECK("speaker", "ok",                                                                                       \
                                                  "") "," SAMPLE_CHECK("demo", "ok",                                                                     \
                                                                       "") "," SAMPLE_CHECK("storage", "ok",                                             \
                                                                                            "") "," SAMPLE_CHECK("desk", "ok",                           \
                                                                                                                 "") "," SAMPLE_CHECK("cl"               \
                                                                                                                                      "oc"               \
                                                                                                                                      "k",               \
                                                                                                                                      "o"                \
                                                                                                                                      "k",               \
                                                                                                                                      "") "],"
#define SAMPLE_CHECKS_WAIT                                                                                                                               \
    "\"checks\":[" SAMPLE_CHECK("network", "ok", "") "," SAMPLE_CHECK("enrolment", "ok", "") "," SAMPLE_CHECK("camera_face", "ok", "") "," SAMPLE_CHECK( \
        "camera_product", "waiting",                                                                                                                     \
        "") "," SAMPLE_CHECK("microphone", "ok",                                                                                                         \
                             "") "," SAMPLE_CHECK("speaker", "waiting",                                                                                  \
                                                  "") "," SAMPLE_CHECK("demo", "ok",                                                                     \
                                                                       "") "," SAMPLE_CHECK("storage", "ok",                                             \
                                                                                            "") "," SAMPLE_CHECK("desk", "waiting",                      \
                                                                                                                 "") "," SAMPLE_CHECK("cl"               \
                                                                                                                                      "oc"               \
                                                                                                                                      "k",               \
                                                                                                                                      "wa"               \
                                                                                                                                      "it"               \
                                                                                                                                      "in"               \
                                                                                                                                      "g",               \
                                                                                                                                      "") "],"
#define SAMPLE_CHECKS_BAD                                                                                                                                                                                     \
    "\"checks\":[" SAMPLE_CHECK("network", "ok", "") "," SAMPLE_CHECK("enrolment", "bad", "token_expired") "," SAMPLE_CHECK("camera_face", "bad", "camera_face_frozen") "," SAMPLE_CHECK(                     \
        "camera_product", "unused",                                                                                                                                                                           \
        "") "," SAMPLE_CHECK("microphone", "bad",                                                                                                                                                             \
                             "microphone_silent") "," SAMPLE_CHECK("speaker", "bad",                                                                                                                          \
                                                                   "speaker_silent") "," SAMPLE_CHECK("demo", "bad",                                                                                          \
                                                                                                      "demo_missing") "," SAMPLE_CHECK("s"                                                                    \
                                                                                                                                       "t"                                                                    \
                                                                                                                                       "o"                                                                    \
                                                                                                                                       "r"                                                                    \
                                                                                                                                       "a"                                                                    \
                                                                                                                                       "g"                                                                    \
                                                                                                                                       "e",                                                                   \
                                                                                                                                       "b"                                                                    \
                                                                                                                                       "a"                                                                    \
                                                                                                                                       "d",                                                                   \
                                                                                                                                       "s"                                                                    \
                                                                                                                                       "t"                                                                    \
                                                                                                                                       "o"                                                                    \
                                                                                                                                       "r"                                                                    \
                                                                                                                                       "a"                                                                    \
                                                                                                                                       "g"                                                                    \
                                                                                                                                       "e"                                                                    \
                                                                                                                                       "_"                                                                    \
                                                                                                                                       "f"                                                                    \
                                                                                                                                       "u"                                                                    \
                                                                                                                                       "l"                                                                    \
                                                                                                                                       "l") "," SAMPLE_CHECK("desk",                                          \
                                                                                                                                                             "bad",                                           \
                                                                                                                                                             "certificate_expired") "," SAMPLE_CHECK("clock", \
                                                                                                                                                                                                     "bad",   \
                                                                                                                                                                                                     "clock_unknown") "],"
#define SAMPLE_ADVISOR                                                                                                                     \
    "\"advisor\":{\"tags\":[\"accessories\",\"service_plan\",\"price\",\"delivery\",\"out_of_stock\",\"technical\"],\"currencies\":["      \
    "\"NOK\",\"SEK\"]},"
#define SAMPLE_BUTTONS(camera, muted) "\"camera\":\"" camera "\",\"muted\":" muted

/* clang-format off */
static const Sample samples[] = {
    {.name = "boot"},
    {.name = "starting", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_EMPTY_LINE SAMPLE_FINE SAMPLE_CHECKS_WAIT "\"state\":\"starting\"}"},
    {.name = "starting_problems",
     .json = "{" SAMPLE_HEAD SAMPLE_NO_LINK SAMPLE_EMPTY_LINE SAMPLE_CHECKS_BAD "\"state\":\"starting\",\"problems\":["
             SAMPLE_ERROR("desk_unreachable") "," SAMPLE_ERROR("camera_face_frozen") "," SAMPLE_ERROR("microphone_silent") ","
             SAMPLE_WARNING("storage_failing") "," SAMPLE_ERROR("demo_missing") "]}"},
    {.name = "paused", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO("") SAMPLE_FINE
             "\"state\":\"paused\",\"pause_reason\":\"ring_no_answer\"}"},
    {.name = "paused_problems",
     .json = "{" SAMPLE_HEAD SAMPLE_NO_LINK SAMPLE_EMPTY_LINE SAMPLE_STUDIO("")
             "\"state\":\"paused\",\"pause_reason\":\"\",\"problems\":[" SAMPLE_WARNING("storage_failing") ","
             SAMPLE_ERROR("desk_unreachable") "," SAMPLE_ERROR("camera_face_missing") "]}"},
    {.name = "paused_waits", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO("")
             "\"state\":\"paused\",\"ready_wanted\":true,\"pause_reason\":\"problem\",\"problems\":["
             SAMPLE_ERROR("microphone_missing") "," SAMPLE_ERROR("camera_face_missing") "]}"},
    {.name = "paused_lunch", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_STUDIO("") SAMPLE_FINE
             "\"state\":\"paused\",\"since_mono\":-1270000,\"pause_reason\":\"lunch\"}"},
    {.name = "shift_over", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_STUDIO("") SAMPLE_FINE
             "\"state\":\"paused\",\"since_mono\":-20000,\"pause_reason\":\"end_of_shift\"}"},
    {.name = "checking", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_STUDIO("") SAMPLE_FINE
             "\"state\":\"paused\",\"pause_reason\":\"\",\"checking\":true}"},
    {.name = "checking_one_screen", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_FINE "\"checks\":[" SAMPLE_CHECK("network", "ok", "") "," SAMPLE_CHECK("enrolment", "ok", "") "," SAMPLE_CHECK("camera_face", "ok", "") ","
             SAMPLE_CHECK("camera_product", "unused", "") "," SAMPLE_CHECK("microphone", "ok", "") "," SAMPLE_CHECK("speaker", "ok", "") ","
             SAMPLE_CHECK("demo", "unused", "") "," SAMPLE_CHECK("storage", "ok", "") "," SAMPLE_CHECK("desk", "ok", "") ","
             SAMPLE_CHECK("clock", "ok", "") "],\"state\":\"paused\",\"pause_reason\":\"\",\"checking\":true}"},
    {.name = "checking_bad",
     .json = "{" SAMPLE_HEAD SAMPLE_NO_LINK SAMPLE_EMPTY_LINE SAMPLE_CHECKS_BAD "\"problems\":[" SAMPLE_ERROR("camera_face_frozen")
             "],\"state\":\"paused\",\"pause_reason\":\"\",\"checking\":true}"},
    {.name = "service", .own = TRUE, .service = 1, .json = "{" SAMPLE_SERVICED("none", "none") "\"checking\":true}"},
    {.name = "service_making", .service = 1, .json = "{" SAMPLE_SERVICED("making", "none") "\"checking\":true}"},
    {.name = "service_done", .service = 1, .json = "{" SAMPLE_SERVICED("done", "none") "\"checking\":true}"},
    {.name = "service_failed", .service = 1, .json = "{" SAMPLE_SERVICED("failed", "none") "\"checking\":true}"},
    {.name = "service_elsewhere", .service = 1,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_FINE "\"state\":\"paused\",\"pause_reason\":\"\",\"checking\":true}"},
    {.name = "service_confirm", .service = 2, .json = "{" SAMPLE_SERVICED("none", "none") "\"checking\":true,"
             "\"records\":{\"waiting\":12}}"},
    {.name = "ending_restart", .json = "{" SAMPLE_SERVICED("none", "restart") "\"checking\":false}"},
    {.name = "ending_reset", .json = "{" SAMPLE_SERVICED("done", "reset") "\"checking\":true}"},
    {.name = "ready", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_STUDIO("") SAMPLE_FINE "\"state\":\"ready\"}"},
    {.name = "ready_waiting", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LONG_LINE SAMPLE_STUDIO("") "\"problems\":[" SAMPLE_WARNING("camera_product_missing")
             "],\"state\":\"ready\"}"},
    {.name = "ringing", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO("") SAMPLE_FINE SAMPLE_CALL("none")
             "\"state\":\"ringing\",\"since_mono\":-6000}"},
    {.name = "ringing_practice", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_STUDIO("") SAMPLE_FINE "\"practice\":true,"
             "\"call\":{\"id\":\"practice\",\"topic\":\"tv\",\"lang\":\"en\",\"waited_ms\":0,\"ring_until_mono\":14000},"
             "\"state\":\"ringing\",\"since_mono\":-6000}"},
    {.name = "connecting", .own = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("connecting", "0", "0")) SAMPLE_FINE
             SAMPLE_CALL("connecting") "\"state\":\"connecting\"," SAMPLE_BUTTONS("face", "false") "}"},
    {.name = "live", .own = TRUE, .shopper = TRUE, .chat = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("connected", "24", "0.001")) SAMPLE_FINE
             SAMPLE_CALL("up") "\"state\":\"live\"," SAMPLE_BUTTONS("face", "false") "}"},
    {.name = "live_practice", .own = TRUE, .shopper = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("connected", "0", "0")) SAMPLE_FINE
             SAMPLE_CALL("up") "\"practice\":true,\"state\":\"live\"," SAMPLE_BUTTONS("face", "false") "}"},
    {.name = "live_alert", .own = TRUE, .shopper = TRUE, .chat = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_ALERT_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("connected", "24", "0.001")) SAMPLE_FINE
             SAMPLE_CALL("up") "\"state\":\"live\"," SAMPLE_BUTTONS("face", "true") "}"},
    {.name = "live_muted", .own = TRUE, .shopper = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LONG_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("connected", "180", "0.03")) "\"problems\":["
             SAMPLE_WARNING("camera_product_frozen") "]," SAMPLE_CALL("up") "\"state\":\"live\"," SAMPLE_BUTTONS("pip", "true") "}"},
    {.name = "live_no_picture", .own = TRUE, .chat = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("connected", "420", "0.1")) SAMPLE_FINE
             SAMPLE_CALL("up") "\"state\":\"live\"," SAMPLE_BUTTONS("product", "false") "}"},
    {.name = "live_lost", .own = TRUE, .chat = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_NO_LINK SAMPLE_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("lost", "0", "0")) "\"problems\":["
             SAMPLE_ERROR("desk_unreachable") "," SAMPLE_ERROR("storage_full") "," SAMPLE_ERROR("demo_missing") "],"
             SAMPLE_CALL("lost") "\"state\":\"live\"," SAMPLE_BUTTONS("face", "false") "}"},
    {.name = "live_agent_gone", .own = TRUE, .shopper = TRUE, .chat = TRUE, .agent_gone = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO(SAMPLE_MEDIA("connected", "24", "0.001")) SAMPLE_FINE
             SAMPLE_CALL("up") "\"state\":\"live\"," SAMPLE_BUTTONS("face", "false") "}"},
    {.name = "wrapup",
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO("") SAMPLE_FINE SAMPLE_ADVISOR
             "\"state\":\"wrapup\",\"since_mono\":-19000,\"wrapup\":{\"until_mono\":41000}}"},
    {.name = "wrapup_sale",
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_ALERT_LINE SAMPLE_STUDIO("") "\"problems\":[" SAMPLE_ERROR("camera_face_frozen") "," SAMPLE_ERROR("storage_full") "]," SAMPLE_ADVISOR
             "\"state\":\"wrapup\",\"since_mono\":-109000,\"wrapup\":{\"until_mono\":11000,\"extended\":true,\"outcome\":\"sale\","
             "\"order\":\"1004518823\",\"value_minor\":1299050,\"currency\":\"NOK\",\"tags\":[\"accessories\",\"delivery\"]}}"},
    {.name = "wrapup_practice",
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_CALM_LINE SAMPLE_STUDIO("") SAMPLE_FINE SAMPLE_ADVISOR "\"practice\":true,"
             "\"state\":\"wrapup\",\"since_mono\":-19000,\"wrapup\":{\"until_mono\":41000,\"outcome\":\"advice\"}}"},
    {.name = "agent_gone", .agent_gone = TRUE,
     .json = "{" SAMPLE_HEAD SAMPLE_LINK SAMPLE_LINE SAMPLE_STUDIO("") SAMPLE_FINE "\"state\":\"ready\"}"},
};
/* clang-format on */

/* Adds now (ms) to every member that ends in _mono. */
static inline void sample_shift(json_t *value, gint64 now)
{
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member) {
        if (g_str_has_suffix(key, "_mono"))
            json_integer_set(member, json_integer_value(member) + now);
        else
            sample_shift(member, now);
    }
}

/* New reference, or NULL when the sample is that there is none. */
static inline json_t *sample_snapshot(const Sample *sample, gint64 now)
{
    if (!sample->json) return NULL;
    json_error_t why;
    json_t *snapshot = json_loads(sample->json, 0, &why);
    if (!snapshot) g_error("sample %s: %s", sample->name, why.text);
    sample_shift(snapshot, now);
    return snapshot;
}
