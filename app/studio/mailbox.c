#include "studio/mailbox.h"

struct Mailbox {
    GMutex lock;
    GstSample *fresh; /* not fetched yet */
    gboolean has_picture;
    gint64 last_put;
    void (*wake)(gpointer data);
    gpointer wake_data;
};

Mailbox *mailbox_new(void)
{
    Mailbox *mailbox = g_new0(Mailbox, 1);
    g_mutex_init(&mailbox->lock);
    return mailbox;
}

void mailbox_free(Mailbox *mailbox)
{
    if (!mailbox) return;
    g_clear_pointer(&mailbox->fresh, gst_sample_unref);
    g_mutex_clear(&mailbox->lock);
    g_free(mailbox);
}

/* The sample that was waiting is released outside the lock: its last reference may return a buffer to a pool. */
static void exchange(Mailbox *mailbox, GstSample *sample)
{
    g_mutex_lock(&mailbox->lock);
    GstSample *dropped = mailbox->fresh;
    mailbox->fresh = sample;
    mailbox->has_picture = sample != NULL;
    if (sample) mailbox->last_put = g_get_monotonic_time();
    if (sample && mailbox->wake) mailbox->wake(mailbox->wake_data);
    g_mutex_unlock(&mailbox->lock);
    if (dropped) gst_sample_unref(dropped);
}

void mailbox_set_wake(Mailbox *mailbox, void (*wake)(gpointer data), gpointer data)
{
    g_mutex_lock(&mailbox->lock);
    mailbox->wake = wake;
    mailbox->wake_data = data;
    g_mutex_unlock(&mailbox->lock);
}

void mailbox_put(Mailbox *mailbox, GstSample *sample)
{
    exchange(mailbox, gst_sample_ref(sample));
}

void mailbox_clear(Mailbox *mailbox)
{
    exchange(mailbox, NULL);
}

GstSample *mailbox_fetch(Mailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    GstSample *sample = g_steal_pointer(&mailbox->fresh);
    g_mutex_unlock(&mailbox->lock);
    return sample;
}

gboolean mailbox_has_picture(Mailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    gboolean has_picture = mailbox->has_picture;
    g_mutex_unlock(&mailbox->lock);
    return has_picture;
}

gint64 mailbox_last_put(Mailbox *mailbox)
{
    g_mutex_lock(&mailbox->lock);
    gint64 last_put = mailbox->last_put;
    g_mutex_unlock(&mailbox->lock);
    return last_put;
}
