#include "studio/main_calls.h"

struct MainCalls {
    gint references, closed;
    void *object;
    GDestroyNotify free_object;
};

typedef struct {
    MainCalls *calls;
    MainCall call;
    guint number;
    char *text;
} Post;

MainCalls *main_calls_new(void *object, GDestroyNotify free_object)
{
    MainCalls *calls = g_new0(MainCalls, 1);
    *calls = (MainCalls){.references = 1, .object = object, .free_object = free_object};
    return calls;
}

MainCalls *main_calls_ref(MainCalls *calls)
{
    g_atomic_int_inc(&calls->references);
    return calls;
}

void main_calls_unref(MainCalls *calls)
{
    if (!g_atomic_int_dec_and_test(&calls->references)) return;
    calls->free_object(calls->object);
    g_free(calls);
}

static void post_free(gpointer data)
{
    Post *post = data;
    main_calls_unref(post->calls);
    g_free(post->text);
    g_free(post);
}

static gboolean post_run(gpointer data)
{
    Post *post = data;
    if (!main_calls_is_closed(post->calls)) post->call(post->calls->object, post->number, post->text);
    return G_SOURCE_REMOVE;
}

void main_calls_post(MainCalls *calls, MainCall call, guint number, const char *text)
{
    Post *post = g_new0(Post, 1);
    *post = (Post){.calls = main_calls_ref(calls), .call = call, .number = number, .text = g_strdup(text)};
    g_idle_add_full(G_PRIORITY_DEFAULT, post_run, post, post_free);
}

void main_calls_close(MainCalls *calls)
{
    g_atomic_int_set(&calls->closed, TRUE);
}

gboolean main_calls_is_closed(const MainCalls *calls)
{
    return g_atomic_int_get(&calls->closed);
}
