#include "agent/records_time.h"

#include <string.h>

/* offset 0: every time is 0. */
static void set_times(json_t *record, gint64 offset)
{
    json_t *times = json_object(), *value;
    const char *name;
    json_object_foreach(record, name, value) {
        if (!g_str_has_suffix(name, "_mono") || !json_is_integer(value)) continue;
        g_autofree char *utc = g_strdup_printf("%.*s_utc", (int)(strlen(name) - strlen("_mono")), name);
        const gint64 mono = json_integer_value(value);
        json_object_set_new(times, utc, json_integer(mono && offset ? mono + offset : 0));
    }
    json_object_update(record, times);
    json_decref(times);
}

void records_time_settle(json_t *record, gint64 offset, const char *clock)
{
    set_times(record, offset);
    json_object_set_new(record, "clock", json_string(clock));
}

void records_time_wait(json_t *record)
{
    set_times(record, 0);
    json_object_set_new(record, "clock", json_string("waiting"));
}

void records_time_give_up(json_t *record, gint64 after_utc, gint64 before_utc)
{
    set_times(record, 0);
    json_object_set_new(record, "clock", json_string("unknown"));
    json_object_set_new(record, "after_utc", json_integer(after_utc));
    json_object_set_new(record, "before_utc", json_integer(before_utc));
}
