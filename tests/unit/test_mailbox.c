#include "studio/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PUTS 20000

static void only_the_newest_is_kept(void **state)
{
    (void)state;
    Mailbox *mailbox = mailbox_new();
    assert_null(mailbox_fetch(mailbox));
    assert_false(mailbox_has_picture(mailbox));
    assert_int_equal(mailbox_last_put(mailbox), 0);
    GstSample *first = gst_sample_new(NULL, NULL, NULL, NULL), *second = gst_sample_new(NULL, NULL, NULL, NULL);
    mailbox_put(mailbox, first);
    mailbox_put(mailbox, second);
    assert_int_equal(GST_MINI_OBJECT_REFCOUNT_VALUE(first), 1);
    GstSample *fetched = mailbox_fetch(mailbox);
    assert_ptr_equal(fetched, second);
    gst_sample_unref(fetched);
    assert_null(mailbox_fetch(mailbox));
    assert_true(mailbox_has_picture(mailbox));
    assert_true(mailbox_last_put(mailbox) > 0);
    mailbox_put(mailbox, first);
    mailbox_clear(mailbox);
    assert_null(mailbox_fetch(mailbox));
    assert_false(mailbox_has_picture(mailbox));
    gst_sample_unref(first);
    gst_sample_unref(second);
    mailbox_free(mailbox);
    mailbox_free(NULL);
}

static void count(gpointer data)
{
    ++*(int *)data;
}

static void each_put_wakes_the_reader(void **state)
{
    (void)state;
    int woken = 0;
    Mailbox *mailbox = mailbox_new();
    GstSample *sample = gst_sample_new(NULL, NULL, NULL, NULL);
    mailbox_set_wake(mailbox, count, &woken);
    mailbox_put(mailbox, sample);
    mailbox_put(mailbox, sample);
    assert_int_equal(woken, 2);
    mailbox_clear(mailbox);
    assert_int_equal(woken, 2);
    mailbox_set_wake(mailbox, NULL, NULL);
    mailbox_put(mailbox, sample);
    assert_int_equal(woken, 2);
    gst_sample_unref(sample);
    mailbox_free(mailbox);
}

static gpointer write_many(gpointer mailbox)
{
    for (int i = 0; i < PUTS; i++) {
        GstSample *sample = gst_sample_new(NULL, NULL, NULL, NULL);
        mailbox_put(mailbox, sample);
        gst_sample_unref(sample);
        if (i % 1000 == 0) mailbox_clear(mailbox);
    }
    return NULL;
}

static void writer_and_reader_do_not_disturb_each_other(void **state)
{
    (void)state;
    Mailbox *mailbox = mailbox_new();
    GThread *writer = g_thread_new("writer", write_many, mailbox);
    for (int i = 0; i < PUTS; i++) {
        GstSample *sample = mailbox_fetch(mailbox);
        if (sample) gst_sample_unref(sample);
    }
    g_thread_join(writer);
    mailbox_free(mailbox);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_newest_is_kept),
        cmocka_unit_test(each_put_wakes_the_reader),
        cmocka_unit_test(writer_and_reader_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
