/* What the world outside is told of calls: the stream EVENTS behind two real desks and a real nats-server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include <libsoup/soup.h>

#include "centre.h"

#define CONTACT "+47 99887766"
#define TOKEN   "0123456789abcdef0123456789abcdef"
#define WORDS   "Kari Nordmann was kind"

static void drop(json_t *message)
{
    assert_non_null(message);
    json_decref(message);
}

static int set_up(void **state)
{
    Centre *centre = centre_new("[queue]\nring_s=5\nleave_s=5\n");
    centre_start_desk(centre, 0);
    centre_start_desk(centre, 1);
    *state = centre;
    return 0;
}

/* With /metrics, for who has this token. */
static int set_up_metrics(void **state)
{
    Centre *centre = centre_new(NULL);
    g_autofree char *path = scratch_write(centre->folder, "token", TOKEN "\n");
    centre->more = g_strdup_printf("[metrics]\ntoken_file=%s\n", path);
    centre_start_desk(centre, 0);
    *state = centre;
    return 0;
}

static int tear_down(void **state)
{
    centre_free(*state);
    return 0;
}

typedef struct {
    const char *call;
    GString *kinds; /* "KIND.GEN " each, as they landed */
} Sequence;

static gboolean note_event(natsMsg *message, gconstpointer data)
{
    const Sequence *sequence = data;
    json_t *event = json_loadb(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), 0, NULL);
    if (strcmp(wire_string(event, "subject"), sequence->call) == 0) {
        const json_t *about = json_object_get(event, "data");
        const char *kind = wire_string(event, "type") + strlen("org.livebooth.call.");
        g_autofree char *id = g_strdup_printf("%s.%s.%d", sequence->call, kind, (int)wire_int(about, "gen"));
        const char *type = NULL;
        assert_string_equal(wire_string(event, "specversion"), "1.0");
        assert_string_equal(wire_string(event, "id"), id);
        assert_int_equal(natsMsgHeader_Get(message, "Content-Type", &type), NATS_OK);
        assert_string_equal(type, "application/cloudevents+json");
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(wire_string(event, "time"), NULL);
        assert_non_null(time);
        g_string_append_printf(sequence->kinds, "%s.%d ", kind, (int)wire_int(about, "gen"));
    }
    g_autofree char *text = g_strndup(natsMsg_GetData(message), (gsize)natsMsg_GetDataLength(message));
    if (strstr(text, "99887766") || strstr(text, "Nordmann")) g_error("of the shopper: %s", text);
    gboolean is = strcmp(wire_string(event, "subject"), sequence->call) == 0;
    json_decref(event);
    return is;
}

/* From the stream's first message on; then nothing more comes of this call, since the next call's event is behind all of them. */
static void expect_events(Centre *centre, const char *call, const char *kinds)
{
    guint count = 0;
    for (const char *at = kinds; *at; at++) count += *at == ' ';
    g_autoptr(GString) said = g_string_new(NULL);
    const Sequence sequence = {call, said};
    gboolean all = centre_await_messages(centre, "livebooth.events.call.>", FALSE, note_event, &sequence, count);
    assert_string_equal(said->str, kinds);
    assert_true(all);
}

static json_t *prove(const char *type, const json_t *offer)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "t", type, "call", wire_string(offer, "call"), "gen", (json_int_t)wire_int(offer, "gen"),
                     "nonce", wire_string(offer, "nonce"));
}

static void test_whole_call(void **state)
{
    Centre *centre = *state;
    Client *booth = centre_booth(centre, 1, "b1", 1, NULL, NULL), *shopper = centre_shopper(centre, 0);
    client_say(shopper, centre_ask("tv"));
    json_t *queued = client_expect(shopper, "queued");
    const char *call = wire_string(queued, "call");
    client_say(booth, json_pack("{s:s, s:i}", "t", "pull", "seq", 1));
    json_t *offer = client_expect(booth, "offer");
    client_say(booth, prove("decline", offer));
    drop(offer);
    client_say(booth, json_pack("{s:s, s:i}", "t", "pull", "seq", 2));
    offer = client_expect(booth, "offer");
    client_say(booth, prove("accept", offer));
    drop(client_expect(booth, "accepted"));
    drop(client_expect(shopper, "connecting"));
    client_say(shopper, json_pack("{s:s, s:i, s:i}", "t", "media_up", "gen", 2, "pc", 1));
    drop(client_expect(booth, "media_up"));
    client_say(shopper, json_pack("{s:s, s:i}", "t", "hangup", "gen", 2));
    drop(client_expect(booth, "ended"));
    drop(client_expect(shopper, "ended"));
    client_say(shopper, json_pack("{s:s, s:s, s:s, s:i, s:s}", "t", "rate", "call", call, "key", wire_string(queued, "key"), "stars", 5,
                                  "text", WORDS));
    drop(client_expect(shopper, "rated"));
    expect_events(centre, call, "queued.0 offered.1 queued.1 offered.2 accepted.2 live.2 ended.2 rated.0 ");
    /* A desk that is killed and sees everything anew tells nothing twice: the next call's events come right behind. */
    centre_kill(&centre->desks[1].process, SIGKILL);
    centre_start_desk(centre, 1);
    client_drop_inbox(shopper);
    client_say(shopper, centre_ask("phones"));
    json_t *next = client_expect(shopper, "queued");
    client_say(shopper, json_pack("{s:s, s:s}", "t", "callback", "contact", CONTACT));
    drop(client_expect(shopper, "called_back"));
    expect_events(centre, wire_string(next, "call"), "queued.0 callback_requested.0 ended.0 ");
    expect_events(centre, call, "queued.0 offered.1 queued.1 offered.2 accepted.2 live.2 ended.2 rated.0 ");
    drop(offer);
    drop(queued);
    drop(next);
    client_free(booth);
    client_free(shopper);
}

static gboolean is_any(natsMsg *message, gconstpointer data)
{
    (void)message;
    (void)data;
    return TRUE;
}

/* The bus is killed while a call goes on: what happens then is told when it is back, once. */
static void test_bus_dies(void **state)
{
    Centre *centre = *state;
    Client *shopper = centre_shopper(centre, 0);
    client_say(shopper, centre_ask("tv"));
    json_t *queued = client_expect(shopper, "queued");
    centre_kill(&centre->nats, SIGKILL);
    centre_await(centre->desks[0].process, "the bus is away", 1);
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    centre_start_nats(centre);
    drop(client_expect(shopper, "ended"));
    expect_events(centre, wire_string(queued, "call"), "queued.0 ended.0 ");
    assert_true(centre_await_messages(centre, "livebooth.events.>", FALSE, is_any, NULL, 2));
    drop(queued);
    client_free(shopper);
}

static char *read_metrics(Centre *centre)
{
    g_autofree char *address = g_strdup_printf("http://127.0.0.1:%d/metrics", centre->desks[0].port);
    g_autoptr(SoupSession) session = soup_session_new();
    g_autoptr(SoupMessage) message = soup_message_new("GET", address);
    soup_message_headers_append(soup_message_get_request_headers(message), "Authorization", "Bearer " TOKEN);
    g_autoptr(GBytes) body = soup_session_send_and_read(session, message, NULL, NULL);
    assert_int_equal(soup_message_get_status(message), 200);
    return g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
}

static void assert_sample(const char *text, const char *line)
{
    if (!strstr(text, line)) fail_msg("no %s in %s", line, text);
}

/* A booth whose clock is in the next century says things that are none: they are counted as such, and nothing of it becomes a label. */
static void test_nonsense_is_no_label(void **state)
{
    Centre *centre = *state;
    Client *mad = centre_booth(centre, 0, "mad", 1, NULL, NULL), *good = centre_booth(centre, 0, "good", 1, NULL, NULL);
    json_t *problems = json_array();
    for (int i = 0; i < 1000; i++) {
        g_autofree char *name = g_strdup_printf("p%d\"} 1\n", i);
        json_array_append_new(problems, json_pack("{s:s, s:I}", "name", name, "since_utc", (json_int_t)4102444800000));
    }
    json_array_append_new(problems, json_pack("{s:s}", "name", "camera_face_missing"));
    json_array_append_new(problems, json_pack("{s:s}", "name", "camera_face_missing"));
    client_say(mad, json_pack("{s:s, s:{s:s, s:I, s:o}}", "t", "status", "snapshot", "state", "ready\"} 7\nx", "now_mono",
                              (json_int_t)G_MAXINT64, "problems", problems));
    client_say(mad, json_pack("{s:s, s:{s:[s], s:s}}", "t", "status", "snapshot", "state", "odd", "problems", "odd"));
    client_say(good, json_pack("{s:s, s:{s:s, s:[]}}", "t", "status", "snapshot", "state", "paused", "problems"));
    client_say(mad, json_pack("{s:s, s:{s:i, s:[{s:i}, i, {s:s}, {s:s}]}}", "t", "status", "snapshot", "state", 5, "problems", "name", 5, 5,
                              "name", "no_such_problem", "name", "camera_face_missing"));
    for (Client *each = mad; each; each = each == mad ? good : NULL) {
        client_say(each, json_pack("{s:s, s:i}", "t", "unpull", "seq", 1));
        client_say(each, json_pack("{s:s, s:i}", "t", "pull", "seq", 2));
        client_say(each, json_pack("{s:s, s:i}", "t", "unpull", "seq", 2));
        drop(client_expect(each, "unpulled"));
    }
    g_autofree char *text = read_metrics(centre);
    assert_sample(text, "livebooth_booths{state=\"unknown\"} 1\n");
    assert_sample(text, "livebooth_booths{state=\"paused\"} 1\n");
    assert_sample(text, "livebooth_booths{state=\"ready\"} 0\n");
    assert_sample(text, "livebooth_booth_problems{problem=\"camera_face_missing\"} 1\n");
    assert_sample(text, "livebooth_booth_problems{problem=\"other\"} 1\n");
    assert_sample(text, "livebooth_booth_up{booth=\"good\"} 1\n");
    assert_null(strstr(text, "odd"));
    assert_null(strstr(text, "p17"));
    client_free(mad);
    client_free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bus_dies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nonsense_is_no_label, set_up_metrics, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
