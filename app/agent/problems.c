#include "agent/problems.h"

#include <string.h>

typedef struct {
    const char *name;
    gboolean blocks;
} Known;

static const Known all[] = {
    {"camera_face_missing", TRUE},    {"camera_face_frozen", TRUE}, {"camera_product_missing", FALSE},
    {"camera_product_frozen", FALSE}, {"microphone_missing", TRUE}, {"microphone_silent", TRUE},
    {"speaker_missing", TRUE},        {"speaker_silent", TRUE},     {"console_missing", TRUE},
    {"demo_missing", TRUE},           {"studio_down", TRUE},        {"storage_full", TRUE},
    {"storage_failing", TRUE},        {"desk_unreachable", TRUE},   {"certificate_expired", TRUE},
    {"certificate_foreign", TRUE},    {"microphone_spare", FALSE},  {"statistics_backlog", FALSE},
    {"records_damaged", FALSE},       {"token_used", TRUE},         {"token_expired", TRUE},
    {"token_foreign", TRUE},          {"enrolment_refused", TRUE},  {"enrolment_missing", TRUE},
    {"renewal_failing", FALSE},       {"identity_twice", TRUE},     {"booth_txt_wrong", FALSE},
};

struct Problems {
    gint64 since_utc[G_N_ELEMENTS(all)]; /* 0: not so */
};

Problems *problems_new(void)
{
    return g_new0(Problems, 1);
}

void problems_free(Problems *problems)
{
    g_free(problems);
}

gboolean problems_set(Problems *problems, const char *name, gboolean present, gint64 utc)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (strcmp(all[i].name, name) != 0) continue;
        if ((problems->since_utc[i] != 0) == (present != FALSE)) return FALSE;
        problems->since_utc[i] = present ? MAX(utc, 1) : 0;
        g_message("problem %s %s", name, present ? "began" : "is over");
        return TRUE;
    }
    g_return_val_if_reached(FALSE);
}

/* A device has one problem at a time, and none when it is not wanted or the studio says that it is ok. */
static gboolean set_device(Problems *problems, const json_t *device, const char *missing, const char *special, const char *word, gint64 utc)
{
    const char *driver = json_string_value(json_object_get(device, "driver"));
    const char *problem = json_string_value(json_object_get(device, "problem"));
    gboolean wanted = device && g_strcmp0(driver, "none") != 0;
    gboolean is_special = special && wanted && problem && strstr(problem, word);
    gboolean is_missing = wanted && !is_special && !json_is_true(json_object_get(device, "ok"));
    gboolean changed = problems_set(problems, missing, is_missing, utc);
    return (special && problems_set(problems, special, is_special, utc)) || changed;
}

gboolean problems_set_health(Problems *problems, const json_t *health, gint64 utc)
{
    const json_t *camera = json_object_get(health, "camera");
    gboolean changed = set_device(problems, json_object_get(camera, "face"), "camera_face_missing", "camera_face_frozen", "frozen", utc);
    changed |= set_device(problems, json_object_get(camera, "product"), "camera_product_missing", "camera_product_frozen", "frozen", utc);
    changed |= set_device(problems, json_object_get(health, "microphone"), "microphone_missing", "microphone_silent", "silent", utc);
    const char *microphone = json_string_value(json_object_get(json_object_get(health, "microphone"), "problem"));
    changed |= problems_set(problems, "microphone_spare", g_strcmp0(microphone, "spare") == 0, utc);
    changed |= set_device(problems, json_object_get(health, "speaker"), "speaker_missing", "speaker_silent", "silent", utc);
    changed |= set_device(problems, json_object_get(health, "console"), "console_missing", NULL, NULL, utc);
    changed |= set_device(problems, json_object_get(health, "demo"), "demo_missing", NULL, NULL, utc);
    return changed;
}

const char *problems_first(const Problems *problems, const char *prefix)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (problems->since_utc[i] && g_str_has_prefix(all[i].name, prefix)) return all[i].name;
    }
    return NULL;
}

gboolean problems_block(const Problems *problems)
{
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (problems->since_utc[i] && all[i].blocks) return TRUE;
    }
    return FALSE;
}

json_t *problems_json(const Problems *problems)
{
    json_t *list = json_array();
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!problems->since_utc[i]) continue;
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:b}", "name", all[i].name, "severity", all[i].blocks ? "error" : "warning",
                                              "since_utc", (json_int_t)problems->since_utc[i], "blocks_ready", all[i].blocks));
    }
    return list;
}
