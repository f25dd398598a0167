/* How a booth gets its certificate and keeps one, and what happens to a copy: real desks and nats-server, and the agent's own enroller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "agent/enroller.h"
#include "centre.h"
#include "config/booth_keys.h"
#include "enrol/credentials.h"
#include "link/post.h"
#include "provision/provision.h"

/* A booth as far as its identity goes. */
typedef struct {
    char *folder, *token, *authority, *certificate, *key;
    TransportIdentity identity;
    Config *config;
    Enroller *enroller;
    EnrolEvents events;
    guint renewed;
} Card;

static Centre *centre;

static char *run_desk(guint desk, int wanted, const char *const *args)
{
    const char *build = g_getenv("BUILD");
    g_autofree char *program = g_build_filename(build ? build : "build", "bin", "boothctl", NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autofree char *out = NULL, *err = NULL;
    int status = -1;
    g_ptr_array_add(argv, program);
    g_ptr_array_add(argv, (gpointer) "--config");
    g_ptr_array_add(argv, centre->desks[desk].config);
    g_ptr_array_add(argv, (gpointer) "enrol");
    for (; *args; args++) g_ptr_array_add(argv, (gpointer)*args);
    g_ptr_array_add(argv, NULL);
    g_assert_true(g_spawn_sync(NULL, (char **)argv->pdata, NULL, 0, NULL, NULL, &out, &err, &status, NULL));
    if (WEXITSTATUS(status) != wanted) fail_msg("enrol ended with %d: %s%s", WEXITSTATUS(status), out, err);
    return g_strconcat(out, err, NULL);
}
#define ENROL(wanted, ...) run_desk(0, wanted, (const char *const[]){__VA_ARGS__, NULL})

/* What the centre makes for a booth, put into the booth's folder as boothctl provision does. */
static Card *card_new(const char *id, const char *name, guint desk)
{
    Card *card = g_new0(Card, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(centre->folder, "cards", id, "booth.txt", NULL);
    g_autoptr(Provision) provision = provision_read(path, path, &error);
    if (!provision) fail_msg("%s", error->message);
    card->folder = g_build_filename(centre->folder, name, NULL);
    g_assert_true(g_mkdir(card->folder, 0700) == 0);
    g_autofree char *token = provision_token(provision), *authority = provision_authority(provision);
    card->token = scratch_write(card->folder, "token", token);
    card->authority = scratch_write(card->folder, "authority.crt", authority);
    card->certificate = g_build_filename(card->folder, "booth.crt", NULL);
    card->key = g_build_filename(card->folder, "booth.key", NULL);
    card->identity = (TransportIdentity){card->authority, card->certificate, card->key};
    g_autofree char *text =
        g_strdup_printf("[booth]\nid=%s\nstate=%s\nshare=x\n[desk]\naddress=wss://localhost:%d/ws/booth\n[tls]\n"
                        "authority=%s\ncertificate=%s\nkey=%s\ntoken=%s\n",
                        id, card->folder, centre->desks[desk].booth_port, card->authority, card->certificate, card->key, card->token);
    g_autofree char *conf = scratch_write(card->folder, "booth.conf", text);
    card->config = config_load(conf, booth_keys, &error);
    if (!card->config) fail_msg("%s", error->message);
    return card;
}

static void on_changed(void *data)
{
    (void)data;
}

static void on_renewed(void *data)
{
    ((Card *)data)->renewed++;
}

static void card_start(Card *card)
{
    card->events = (EnrolEvents){on_changed, on_renewed, card};
    card->enroller = enroller_new(card->config, &card->events);
}

static void card_free(Card *card)
{
    enroller_free(card->enroller);
    config_free(card->config);
    char *texts[] = {card->folder, card->token, card->authority, card->certificate, card->key};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) g_free(texts[i]);
    g_free(card);
}

static gboolean on_wake(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

static void await_state(Card *card, EnrolState state, guint renewed)
{
    gint64 until = g_get_monotonic_time() + 2 * PATIENCE_US;
    guint waker = g_timeout_add(200, on_wake, NULL);
    while (enroller_state(card->enroller) != state || card->renewed < renewed) {
        if (g_get_monotonic_time() > until) {
            json_t *json = enroller_json(card->enroller);
            g_autofree char *text = json_dumps(json, 0);
            json_decref(json);
            fail_msg("it stands at %s", text);
        }
        g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(waker);
}

static const char *problem_of(const Card *card)
{
    for (guint i = 0; i < ENROL_PROBLEMS; i++) {
        if (enroller_has_problem(card->enroller, i)) return enroller_problem_name(i);
    }
    return "";
}

static char *content(const char *path)
{
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

/* A link with the card's certificate that has said hello as this process. */
static Client *link_as(const Card *card, guint desk, const char *id, const char *instance)
{
    g_autofree char *address = g_strdup_printf("wss://localhost:%d/ws/booth", centre->desks[desk].booth_port);
    Client *client = client_open(address, WIRE_SUBPROTOCOL_BOOTH, &card->identity);
    client_say(client, json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:[s], s:[s,s], s:i, s:s, s:s}", "t", "hello", "v", 1, "booth", id, "name",
                                 "Booth", "store", "S", "region", "R", "topics", "*", "langs", "en", "nb", "epoch", 1, "version", "test",
                                 "instance", instance));
    return client;
}

static void pull(Client *booth)
{
    client_say(booth, json_pack("{s:s, s:i}", "t", "pull", "seq", 1));
}

static void make_cards(const char *csv, const char *extra)
{
    g_autofree char *list = scratch_write(centre->folder, "booths.csv", csv);
    g_autofree char *out = g_build_filename(centre->folder, "cards", NULL);
    scratch_remove(out);
    g_autofree char *desk = g_strdup_printf("wss://localhost:%d/ws/booth", centre->desks[0].booth_port);
    g_free(extra ? ENROL(0, "--csv", list, "--out", out, "--desk", desk, extra) : ENROL(0, "--csv", list, "--out", out, "--desk", desk));
}

static int set_up(void **state)
{
    (void)state;
    centre = centre_new("");
    g_free(centre->more);
    centre->more = g_strdup_printf("[enrolment]\nkey=%s/authority/%s\nlifetime_s=86400\n", centre->folder, AUTHORITY_KEY);
    centre_start_desk(centre, 0);
    centre_start_desk(centre, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    centre_free(centre);
    return 0;
}

/* --- what must hold ---------------------------------------------------------------------------------------------------------------------
 */

static void a_list_with_a_mistake_makes_nothing(void **state)
{
    (void)state;
    g_autofree char *list = scratch_write(centre->folder, "bad.csv", "id,name\nfine-1,x\nBad 1,y\n");
    g_autofree char *out = g_build_filename(centre->folder, "none", NULL);
    g_autofree char *said = ENROL(1, "--csv", list, "--out", out, "--desk", "wss://desk/ws/booth");
    assert_non_null(strstr(said, "bad.csv, line 3: [booth] id may have only"));
    assert_false(g_file_test(out, G_FILE_TEST_EXISTS));
    g_autofree char *listed = ENROL(0, "--list");
    assert_null(strstr(listed, "fine-1"));
}

static void a_token_becomes_a_certificate_once(void **state)
{
    (void)state;
    make_cards("id,name,store,region\noslo-1,\"Oslo, 1\",Oslo,Norway\n", NULL);
    Card *card = card_new("oslo-1", "oslo-1", 0), *copy = card_new("oslo-1", "oslo-1-copy", 1);
    card_start(card);
    card_start(copy);
    assert_false(enroller_may_link(card->enroller));
    /* At two desks at once: one wins, whichever. */
    gint64 until = g_get_monotonic_time() + PATIENCE_US;
    guint waker = g_timeout_add(200, on_wake, NULL);
    while ((enroller_state(card->enroller) == ENROL_ASKING || enroller_state(copy->enroller) == ENROL_ASKING) &&
           g_get_monotonic_time() < until)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(waker);
    Card *winner = enroller_state(card->enroller) == ENROL_DONE ? card : copy, *loser = winner == card ? copy : card;
    assert_int_equal(enroller_state(winner->enroller), ENROL_DONE);
    assert_int_equal(enroller_state(loser->enroller), ENROL_REFUSED);
    assert_string_equal(problem_of(loser), "token_used");
    assert_false(g_file_test(winner->token, G_FILE_TEST_EXISTS));
    assert_int_equal(link_check_certificate(&winner->identity, NULL), LINK_CERTIFICATE_GOOD);
    Client *booth = link_as(winner, 0, "oslo-1", "one");
    json_decref(client_expect(booth, "welcome"));
    client_free(booth);
    g_autofree char *listed = ENROL(0, "--list");
    assert_non_null(strstr(listed, "oslo-1 "));
    assert_non_null(strstr(listed, "used"));
    card_free(card);
    card_free(copy);
}

static char *ask(const Card *card, guint desk, const char *path, gboolean known, json_t *message, guint *status)
{
    g_autofree char *address = g_strdup_printf("wss://localhost:%d/ws/booth", centre->desks[desk].booth_port);
    g_autofree char *body = wire_encode(WIRE_BOOTH_TO_REGISTRAR, message);
    const TransportIdentity stranger = {.authority = card->authority};
    const PostRequest request = {address, path, known ? &card->identity : &stranger, body};
    g_autoptr(GError) error = NULL;
    char *answer = post_ask(&request, status, NULL, &error);
    if (!answer) fail_msg("%s", error->message);
    return answer;
}

static void an_answer_that_was_lost_is_given_again(void **state)
{
    (void)state;
    make_cards("id\noslo-2\n", NULL);
    Card *card = card_new("oslo-2", "oslo-2", 0);
    g_autofree char *token = content(card->token), *csr = credentials_request(&card->identity, "oslo-2", NULL);
    guint status = 0;
#define ASK(desk, booth)                                                                                                                   \
    ask(card, desk, "/enrol", FALSE, json_pack("{s:s, s:s, s:s, s:s}", "t", "enrol", "booth", booth, "token", token, "csr", csr), &status)
    g_autofree char *first = ASK(0, "oslo-2");
    assert_int_equal(status, 200);
    g_autofree char *again = ASK(1, "oslo-2");
    assert_int_equal(status, 200);
    assert_string_equal(first, again);
    /* A request for another name than it says, and one with a certificate that nobody showed. */
    g_autofree char *other = ASK(0, "oslo-9");
    assert_int_equal(status, 403);
    assert_non_null(strstr(other, "foreign"));
    g_autofree char *stranger = ask(card, 0, "/renew", FALSE, json_pack("{s:s, s:s}", "t", "renew", "csr", csr), &status);
    assert_int_equal(status, 403);
    assert_non_null(stranger);
    g_autofree char *nonsense = ask(card, 0, "/enrol", FALSE,
                                    json_pack("{s:s, s:s, s:s, s:s}", "t", "enrol", "booth", "oslo-2", "token", "t", "csr", "x"), &status);
    assert_int_equal(status, 400);
    assert_non_null(strstr(nonsense, "not a certificate request"));
    card_free(card);
}

static void refusals_say_why(void **state)
{
    (void)state;
    make_cards("id\noslo-4\noslo-5\noslo-6\n", NULL);
    Card *foreign = card_new("oslo-4", "oslo-4", 0), *five = card_new("oslo-5", "oslo-5", 0), *revoked = card_new("oslo-6", "oslo-6", 0);
    g_autofree char *token = content(five->token);
    assert_true(g_file_set_contents(foreign->token, token, -1, NULL));
    g_free(ENROL(0, "--revoke", "oslo-6"));
    card_start(foreign);
    card_start(revoked);
    await_state(foreign, ENROL_REFUSED, 0);
    await_state(revoked, ENROL_REFUSED, 0);
    assert_string_equal(problem_of(foreign), "token_foreign");
    assert_string_equal(problem_of(revoked), "enrolment_refused");
    g_autofree char *list = scratch_write(centre->folder, "again.csv", "id\noslo-5\n");
    g_autofree char *said = ENROL(1, "--csv", list, "--out", centre->folder, "--desk", "wss://desk/ws/booth");
    assert_non_null(strstr(said, "has a token that was not used yet; with --again"));
    card_free(foreign);
    card_free(five);
    card_free(revoked);
}

/* One that was made by hand and is nearly over: it is renewed at once, and after it the old one is good no more. */
static void a_certificate_is_renewed_before_it_ends(void **state)
{
    (void)state;
    make_cards("id\noslo-7\n", NULL);
    Card *card = card_new("oslo-7", "oslo-7", 0);
    g_autofree char *authority = g_build_filename(centre->folder, "authority", NULL);
    const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    assert_true(authority_issue_booth(authority, "oslo-7", card->certificate, card->key, now - 10000, now + 1000, NULL));
    g_unlink(card->token);
    g_autofree char *old_certificate = content(card->certificate), *old_key = content(card->key);
    Client *before = link_as(card, 0, "oslo-7", "one");
    json_decref(client_expect(before, "welcome"));
    card_start(card);
    assert_true(enroller_may_link(card->enroller));
    await_state(card, ENROL_DONE, 1);
    g_autofree char *new_key = content(card->key);
    assert_string_not_equal(old_key, new_key);
    assert_true(before->up); /* the link that there was is not disturbed */
    client_free(before);
    Client *after = link_as(card, 1, "oslo-7", "one");
    json_decref(client_expect(after, "welcome"));
    centre_await(centre->desks[1].process, "booth oslo-7 has come with its new certificate", 1);
    client_free(after);
    centre_await(centre->desks[1].process, "booth oslo-7 is gone", 1);
    assert_true(g_file_set_contents(card->certificate, old_certificate, -1, NULL) && g_file_set_contents(card->key, old_key, -1, NULL));
    Client *old = link_as(card, 1, "oslo-7", "one");
    assert_true(client_run(old, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(old->code, 4004);
    client_free(old);
    card_free(card);
}

/* While its booth is linked: the command is as quick as the ops page's button. */
static void a_revoked_link_ends_at_once(void **state)
{
    (void)state;
    make_cards("id\noslo-8\n", NULL);
    Card *card = card_new("oslo-8", "oslo-8", 0);
    card_start(card);
    await_state(card, ENROL_DONE, 1);
    Client *booth = link_as(card, 1, "oslo-8", "one");
    json_decref(client_expect(booth, "welcome"));
    g_free(ENROL(0, "--revoke", "oslo-8"));
    assert_true(client_run(booth, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(booth->code, 4004);
    client_free(booth);
    card_free(card);
}

static void expect_identity(Client *booth, const char *word)
{
    json_t *message = client_expect(booth, "identity");
    assert_string_equal(wire_string(message, "state"), word);
    json_decref(message);
}

static void two_links_of_one_card_take_no_calls(guint first_desk, guint second_desk, const char *id)
{
    g_autofree char *csv = g_strdup_printf("id\n%s\n", id);
    make_cards(csv, NULL);
    Card *card = card_new(id, id, 0);
    card_start(card);
    await_state(card, ENROL_DONE, 1);
    Client *one = link_as(card, first_desk, id, "one");
    json_decref(client_expect(one, "welcome"));
    pull(one);
    Client *two = link_as(card, second_desk, id, "two");
    if (first_desk != second_desk) {
        json_decref(client_expect(two, "welcome"));
        pull(two);
    }
    expect_identity(one, "twice");
    expect_identity(two, "twice");
    guint tries = 50;
    Client *shopper = centre_shopper(centre, 0);
    client_say(shopper, centre_ask("tv"));
    json_t *queued = client_expect(shopper, "queued");
    /* Another desk's staff is known a second late. */
    assert_true(first_desk != second_desk || json_is_false(json_object_get(queued, "staff")));
    json_decref(queued);
    g_autofree char *listed = ENROL(0, "--list");
    while (!strstr(listed, "IDENTITY TWICE") && --tries) {
        g_free(listed);
        listed = ENROL(0, "--list");
    }
    assert_int_not_equal(tries, 0);
    assert_false(client_has(shopper, "ringing"));
    /* The copy is taken away, and ops says so. */
    client_free(two);
    g_free(ENROL(0, "--release", id));
    json_decref(client_expect(shopper, "ringing"));
    assert_false(client_has(one, "unpulled"));
    json_decref(client_expect(one, "offer"));
    client_say(shopper, json_pack("{s:s}", "t", "leave"));
    json_decref(client_expect(one, "withdrawn"));
    client_free(shopper);
    client_free(one);
    card_free(card);
}

static void a_copy_at_the_same_desk_is_noticed(void **state)
{
    (void)state;
    two_links_of_one_card_take_no_calls(0, 0, "oslo-11");
}

static void a_copy_at_another_desk_is_noticed(void **state)
{
    (void)state;
    two_links_of_one_card_take_no_calls(0, 1, "oslo-12");
}

/* Whose first link is dead and not missed yet: the process of before, or one started after it died. */
static void a_quick_return_is_no_copy(void **state)
{
    (void)state;
    make_cards("id\noslo-13\n", NULL);
    Card *card = card_new("oslo-13", "oslo-13", 0);
    card_start(card);
    await_state(card, ENROL_DONE, 1);
    Client *one = link_as(card, 0, "oslo-13", "one");
    json_decref(client_expect(one, "welcome"));
    Client *same = link_as(card, 0, "oslo-13", "one");
    json_decref(client_expect(same, "welcome"));
    assert_true(client_run(one, client_is_down, NULL, PATIENCE_MS));
    assert_int_equal(one->code, 4001);
    client_free(one);
    Client *next = link_as(card, 0, "oslo-13", "two");
    centre_await(centre->desks[0].process, "booth oslo-13 links from", 1);
    client_free(same); /* it ends while the next one waits */
    json_decref(client_expect(next, "welcome"));
    assert_false(client_has(next, "identity"));
    client_free(next);
    card_free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_with_a_mistake_makes_nothing),
        cmocka_unit_test(a_token_becomes_a_certificate_once),
        cmocka_unit_test(an_answer_that_was_lost_is_given_again),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(a_certificate_is_renewed_before_it_ends),
        cmocka_unit_test(a_copy_at_the_same_desk_is_noticed),
        cmocka_unit_test(a_copy_at_another_desk_is_noticed),
        cmocka_unit_test(a_quick_return_is_no_copy),
        cmocka_unit_test(a_revoked_link_ends_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
