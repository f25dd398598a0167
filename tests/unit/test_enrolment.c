/* What a token and a key are worth at the centre: the rules, as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "desk/enrolment.h"

#include <string.h>

#define NOW 1000000

static char token[65], other[65], key[65], new_key[65];

static Enrolment *opened(void)
{
    Enrolment *enrolment = enrolment_new("oslo-3");
    enrolment_open(enrolment, token, NOW, NOW + 100);
    return enrolment;
}

static int set_up(void **state)
{
    (void)state;
    enrolment_hash("t", 1, token);
    enrolment_hash("o", 1, other);
    enrolment_hash("k", 1, key);
    enrolment_hash("n", 1, new_key);
    return 0;
}

static void a_token_is_good_once(void **state)
{
    (void)state;
    g_autoptr(Enrolment) enrolment = opened();
    assert_int_equal(enrolment_judge(NULL, token, key, NOW), ENROLMENT_TOKEN_FOREIGN);
    assert_int_equal(enrolment_judge(enrolment, other, key, NOW), ENROLMENT_TOKEN_FOREIGN);
    assert_int_equal(enrolment_judge(enrolment, "", key, NOW), ENROLMENT_TOKEN_FOREIGN);
    assert_int_equal(enrolment_judge(enrolment, token, key, NOW + 100), ENROLMENT_TOKEN_EXPIRED);
    assert_int_equal(enrolment_judge(enrolment, token, key, NOW + 99), ENROLMENT_ISSUE);
    enrolment_issued(enrolment, "", key, "PEM", NOW + 500, NOW + 50);
    assert_int_equal(enrolment_judge(enrolment, token, key, NOW + 200), ENROLMENT_AGAIN); /* its answer was lost */
    assert_int_equal(enrolment_judge(enrolment, token, new_key, NOW + 60), ENROLMENT_TOKEN_USED);
    enrolment_issued(enrolment, key, new_key, "PEM2", NOW + 900, NOW + 300);
    assert_int_equal(enrolment_judge(enrolment, token, key, NOW + 310), ENROLMENT_TOKEN_USED); /* an old key gets no new certificate */
    enrolment_revoke(enrolment);
    assert_int_equal(enrolment_judge(enrolment, token, new_key, NOW + 310), ENROLMENT_TOKEN_REVOKED);
    assert_string_equal(enrolment_verdict_name(ENROLMENT_TOKEN_FOREIGN), "foreign");
}

static void only_its_own_keys_are_the_booth(void **state)
{
    (void)state;
    g_autoptr(Enrolment) enrolment = opened();
    assert_true(enrolment_admits(NULL, key));
    assert_true(enrolment_admits(enrolment, key)); /* made by hand, and invited to enrol */
    enrolment_issued(enrolment, "", key, "PEM", NOW + 500, NOW);
    assert_true(enrolment_admits(enrolment, key));
    assert_false(enrolment_admits(enrolment, other));
    enrolment_issued(enrolment, key, new_key, "PEM", NOW + 900, NOW);
    assert_true(enrolment_admits(enrolment, key)); /* until it is known to have the new one */
    assert_false(enrolment_seen(enrolment, key));
    assert_true(enrolment_seen(enrolment, new_key));
    assert_false(enrolment_seen(enrolment, new_key));
    assert_false(enrolment_admits(enrolment, key));
    enrolment_revoke(enrolment);
    assert_false(enrolment_admits(enrolment, new_key));
    enrolment_open(enrolment, other, NOW, NOW + 100);
    assert_false(enrolment_admits(enrolment, new_key)); /* the stolen one does not come back by the new token */
    assert_int_equal(enrolment_judge(enrolment, other, key, NOW), ENROLMENT_ISSUE);
    enrolment_issued(enrolment, "", key, "PEM", NOW + 900, NOW);
    assert_true(enrolment_admits(enrolment, key));
    assert_false(enrolment_admits(enrolment, new_key));
}

static void a_copy_is_of_the_past_by_release_or_a_new_token(void **state)
{
    (void)state;
    g_autoptr(Enrolment) enrolment = opened();
    assert_false(enrolment_release(enrolment));
    enrolment->twice_utc = NOW;
    assert_true(enrolment_release(enrolment));
    assert_false(enrolment_release(enrolment));
    enrolment->twice_utc = NOW;
    enrolment_issued(enrolment, key, new_key, "PEM\n", NOW + 500, NOW); /* a copy may renew, too */
    assert_int_equal(enrolment->twice_utc, NOW);
    enrolment_revoke(enrolment);
    enrolment_issued(enrolment, "", key, "PEM\n", NOW + 500, NOW);
    assert_int_equal(enrolment->twice_utc, 0);
}

static void it_is_kept_whole(void **state)
{
    (void)state;
    g_autoptr(Enrolment) enrolment = opened();
    g_free(enrolment->name);
    enrolment->name = g_strdup("Oslo \"3\"");
    enrolment_issued(enrolment, "", key, "PEM\n", NOW + 500, NOW);
    enrolment->twice_utc = NOW;
    g_autofree char *text = enrolment_format(enrolment);
    g_autoptr(Enrolment) again = enrolment_parse(text);
    g_autofree char *same = enrolment_format(again);
    assert_string_equal(text, same);
    assert_string_equal(again->name, "Oslo \"3\"");
    static const char *const nonsense[] = {"",
                                           "{}",
                                           "[]",
                                           "{\"v\":1,\"booth\":\"A\",\"state\":\"open\"}",
                                           "{\"v\":1,\"booth\":\"a\",\"state\":\"old\"}",
                                           "{\"v\":1,\"booth\":\"a\",\"state\":\"open\",\"token\":\"12\"}"};
    for (guint i = 0; i < G_N_ELEMENTS(nonsense); i++) assert_null(enrolment_parse(nonsense[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_good_once),
        cmocka_unit_test(only_its_own_keys_are_the_booth),
        cmocka_unit_test(a_copy_is_of_the_past_by_release_or_a_new_token),
        cmocka_unit_test(it_is_kept_whole),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
