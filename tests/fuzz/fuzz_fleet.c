/* The first byte chooses: a snapshot as a desk keeps it, or what ops set. What is told of a snapshot is JSON and bounded. */
#include <stdint.h>
#include <string.h>

#include "desk/fleet.h"
#include "desk/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_fleet(const char *text)
{
    Fleet *fleet = fleet_new();
    fleet_learn(fleet, "b1", text, 0, 0);
    g_autofree char *told = fleet_booth(fleet, "b1");
    json_t *json = json_loads(told, 0, NULL);
    g_assert_nonnull(json);
    g_assert_cmpuint(strlen(told), <, FLEET_SNAPSHOT_MAX + 32768);
    json_decref(json);
    g_autoptr(GString) rows = g_string_new(NULL);
    fleet_append_rows(fleet, 0, rows);
    fleet_append_csv(fleet, &(FleetFilter){.words = text, .bad = TRUE}, rows);
    fleet_free(fleet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const topics[] = {"tv", NULL};
    if (size == 0) return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    if (data[0] % 2) {
        fuzz_fleet(text);
        return 0;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Rules) rules = rules_read(text, topics, &error);
    g_assert_true((rules == NULL) == (error != NULL));
    return 0;
}
