#include "agent/checks.h"

#include <string.h>

static const struct {
    const char *name, *group; /* group: member of health that it is in, or NULL */
    const char *missing;      /* the problem when nothing else says why */
} devices[] = {
    {"camera_face", "camera", "camera_face_missing"},
    {"camera_product", "camera", "camera_product_missing"},
    {"microphone", NULL, "microphone_missing"},
    {"speaker", NULL, "speaker_missing"},
    {"demo", NULL, "demo_missing"},
};

static const json_t *device_of(const json_t *health, guint i)
{
    if (!devices[i].group) return json_object_get(health, devices[i].name);
    return json_object_get(json_object_get(health, devices[i].group), devices[i].name + strlen(devices[i].group) + 1);
}

static void put(json_t *list, const ChecksParts *parts, const char *name, gboolean fine, const char *word, const char *problem)
{
    const char *state = fine ? word : parts->age_ms < CHECKS_GRACE_MS ? "waiting" : "bad";
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:s}", "name", name, "state", state, "problem", strcmp(state, "bad") == 0 ? problem : ""));
}

static void put_device(json_t *list, const ChecksParts *parts, guint i)
{
    const json_t *device = device_of(parts->health, i);
    const char *driver = json_string_value(json_object_get(device, "driver"));
    const char *screen = json_string_value(json_object_get(device, "name"));
    gboolean is_unused = device && g_strcmp0(driver, "none") == 0;
    gboolean is_simulated = g_strcmp0(driver, "sim") == 0 || (g_strcmp0(driver, "sdl") == 0 && g_strcmp0(screen, "offscreen") == 0);
    g_autofree char *prefix = g_strconcat(devices[i].name, "_", NULL);
    const char *problem = problems_first(parts->problems, prefix);
    gboolean fine = is_unused || (!problem && json_is_true(json_object_get(device, "ok")));
    put(list, parts, devices[i].name, fine,
        is_unused      ? "unused"
        : is_simulated ? "simulated"
                       : "ok",
        problem                                      ? problem
        : problems_first(parts->problems, "studio_") ? "studio_down"
                                                     : devices[i].missing);
}

/* Why the booth has no certificate, when that is known. */
static const char *enrolment_problem(const Problems *problems)
{
    const char *token = problems_first(problems, "token_");
    return token ? token : problems_first(problems, "enrolment_");
}

json_t *checks_json(const ChecksParts *parts)
{
    json_t *list = json_array();
    for (guint i = 0; i < G_N_ELEMENTS(devices); i++) put_device(list, parts, i);
    const char *storage = problems_first(parts->problems, "storage_"), *certificate = problems_first(parts->problems, "certificate_");
    put(list, parts, "storage", parts->storage_known && !storage, "ok", storage ? storage : "storage_failing");
    const char *refusal = enrolment_problem(parts->problems);
    put(list, parts, "network", parts->link_up || parts->has_network, "ok", "network_missing");
    put(list, parts, "enrolment", parts->is_enrolled && !refusal, "ok", refusal ? refusal : "enrolment_asking");
    put(list, parts, "desk", parts->link_up, "ok",
        !parts->has_network   ? "network_missing"
        : !parts->is_enrolled ? refusal ? refusal : "enrolment_asking"
        : certificate         ? certificate
                              : "desk_unreachable");
    put(list, parts, "clock", parts->clock_known, "ok", "clock_unknown");
    return list;
}

gboolean checks_are_done(const ChecksParts *parts)
{
    json_t *list = checks_json(parts);
    gboolean done = TRUE;
    for (size_t i = 0; i < json_array_size(list); i++)
        done = done && g_strcmp0(json_string_value(json_object_get(json_array_get(list, i), "state")), "waiting") != 0;
    json_decref(list);
    return done;
}
