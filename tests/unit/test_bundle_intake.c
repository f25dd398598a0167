/* Support bundles on their way to the desk: whole, in order, bounded, asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "desk/bundle_intake.h"
#include "wire/wire.h"

#include <string.h>

#define ID    "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"

static BundleArrival *chunk(BundleIntake *intake, const char *booth, const char *id, int n, int of, const char *bytes, gint64 now)
{
    g_autofree char *data = g_base64_encode((const guchar *)bytes, strlen(bytes));
    json_t *message = json_pack("{s:s, s:s, s:i, s:i, s:s}", "t", "bundle", "id", id, "chunk", n, "chunks", of, "data", data);
    BundleArrival *arrival = bundle_intake_take(intake, booth, message, now);
    json_decref(message);
    return arrival;
}

static void assert_failed(BundleArrival *arrival, const char *part)
{
    assert_non_null(arrival);
    assert_null(arrival->bytes);
    assert_non_null(strstr(arrival->why, part));
    bundle_arrival_free(arrival);
}

static void what_was_asked_for_arrives_once(void **state)
{
    (void)state;
    BundleIntake *intake = bundle_intake_new();
    assert_null(chunk(intake, "b1", ID, 0, 1, "\x28\xb5\x2f\xfdx", 0));
    assert_true(bundle_intake_expect(intake, "b1", ID, 0));
    assert_false(bundle_intake_expect(intake, "b1", OTHER, 0));
    assert_null(chunk(intake, "b2", ID, 0, 2, "\x28\xb5\x2f\xfdx", 0));
    assert_null(chunk(intake, "b1", OTHER, 0, 2, "\x28\xb5\x2f\xfdx", 0));
    assert_true(bundle_intake_awaits(intake, "b1", ID));
    assert_false(bundle_intake_awaits(intake, "b1", OTHER) || bundle_intake_awaits(intake, "b2", ID));
    assert_null(chunk(intake, "b1", ID, 0, 2, "\x28\xb5\x2f\xfdx", 0));
    assert_false(bundle_intake_awaits(intake, "b1", ID));
    g_autoptr(BundleArrival) whole = chunk(intake, "b1", ID, 1, 2, "yz", 0);
    assert_non_null(whole);
    assert_string_equal(whole->booth, "b1");
    assert_string_equal(whole->id, ID);
    assert_int_equal(g_bytes_get_size(whole->bytes), 7);
    assert_null(chunk(intake, "b1", ID, 0, 1, "\x28\xb5\x2f\xfdx", 0));
    bundle_intake_free(intake);
}

static void nonsense_ends_it(void **state)
{
    (void)state;
    BundleIntake *intake = bundle_intake_new();
    const struct {
        int n, of;
        const char *bytes;
    } wrong[] = {{1, 2, "x"}, {0, 0, "x"}, {0, 141, "x"}, {0, 1, "no archive"}, {0, 1, ""}, {2, 1, "x"}};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        assert_true(bundle_intake_expect(intake, "b1", ID, 0));
        assert_failed(chunk(intake, "b1", ID, wrong[i].n, wrong[i].of, wrong[i].bytes, 0), "no bundle");
    }
    assert_true(bundle_intake_expect(intake, "b1", ID, 0));
    assert_null(chunk(intake, "b1", ID, 0, 3, "\x28\xb5\x2f\xfdx", 0));
    assert_failed(chunk(intake, "b1", ID, 0, 3, "again", 0), "no bundle");
    bundle_intake_free(intake);
}

static void it_is_not_awaited_for_ever(void **state)
{
    (void)state;
    BundleIntake *intake = bundle_intake_new();
    assert_true(bundle_intake_expect(intake, "b1", ID, 0));
    assert_null(bundle_intake_expire(intake, BUNDLE_WAIT_MS - 1));
    assert_null(chunk(intake, "b1", ID, 0, 3, "\x28\xb5\x2f\xfdx", 1000));
    assert_null(bundle_intake_expire(intake, 999 + BUNDLE_PAUSE_MS));
    assert_failed(bundle_intake_expire(intake, 1000 + BUNDLE_PAUSE_MS), "nothing came");
    assert_null(bundle_intake_expire(intake, G_MAXINT64));
    assert_true(bundle_intake_expect(intake, "b1", ID, 0));
    bundle_intake_refused(intake, "b1", OTHER);
    assert_false(bundle_intake_expect(intake, "b1", OTHER, 0));
    bundle_intake_refused(intake, "b1", ID);
    for (guint i = 0; i < BUNDLE_ASKED_MAX; i++) {
        g_autofree char *booth = g_strdup_printf("b%u", i);
        assert_true(bundle_intake_expect(intake, booth, ID, 0));
    }
    assert_false(bundle_intake_expect(intake, "one-more", ID, 0));
    bundle_intake_free(intake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_for_arrives_once),
        cmocka_unit_test(nonsense_ends_it),
        cmocka_unit_test(it_is_not_awaited_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
