#include "journal/journal.h"

#include <string.h>

#define FIELDS_MAX 32 /* GLib's own are six */
#define ID_MAX     40

static const char *const names[] = {"LIVEBOOTH_BOOTH", "LIVEBOOTH_CALL"};
static char ids[G_N_ELEMENTS(names)][ID_MAX];
static GMutex lock; /* of ids */

static gboolean has(const GLogField *fields, gsize count, const char *name)
{
    for (gsize i = 0; i < count; i++) {
        if (strcmp(fields[i].key, name) == 0) return TRUE;
    }
    return FALSE;
}

static GLogWriterOutput write_line(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
    GLogField all[FIELDS_MAX];
    char own[G_N_ELEMENTS(names)][ID_MAX];
    gsize n = MIN(count, FIELDS_MAX - G_N_ELEMENTS(names));
    memcpy(all, fields, n * sizeof *fields);
    g_mutex_lock(&lock);
    memcpy(own, ids, sizeof own);
    g_mutex_unlock(&lock);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (own[i][0] && !has(fields, count, names[i])) all[n++] = (GLogField){names[i], own[i], -1};
    }
    return g_log_writer_default(level, all, n, data);
}

void journal_open(void)
{
    g_log_writer_default_set_use_stderr(TRUE);
    g_log_set_writer_func(write_line, NULL, NULL);
}

static void set(guint which, const char *id)
{
    g_mutex_lock(&lock);
    g_strlcpy(ids[which], id ? id : "", ID_MAX);
    g_mutex_unlock(&lock);
}

void journal_set_booth(const char *booth)
{
    set(0, booth);
}

void journal_set_call(const char *call)
{
    set(1, call);
}

static const char *priority_of(GLogLevelFlags level)
{
    return level & G_LOG_LEVEL_CRITICAL  ? "4"
           : level & G_LOG_LEVEL_WARNING ? "4"
           : level & G_LOG_LEVEL_MESSAGE ? "5"
           : level & G_LOG_LEVEL_INFO    ? "6"
                                         : "7";
}

void journal_say(GLogLevelFlags level, const char *domain, const char *call, const char *booth, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    g_autofree char *text = g_strdup_vprintf(format, words);
    va_end(words);
    GLogField fields[5] = {{"MESSAGE", text, -1}, {"PRIORITY", priority_of(level), -1}, {"GLIB_DOMAIN", domain, -1}};
    gsize n = 3;
    if (booth && *booth) fields[n++] = (GLogField){names[0], booth, -1};
    if (call && *call) fields[n++] = (GLogField){names[1], call, -1};
    g_log_structured_array(level, fields, n);
}
