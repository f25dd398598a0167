/* What a booth says it has on record. What is written of it must be an object of a kind that readers know, and be taken again as it is. */
#include <stdint.h>
#include <string.h>

#include "desk/booth_record.h"

#define NOW G_GINT64_CONSTANT(1767225600000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL, *again = NULL;
    json_t *record = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(record)) {
        json_decref(record);
        return 0;
    }
    (void)booth_record_is_of(record, "b1", 1, 1, 17);
    char *text = booth_record_text(record, "b1", 1, 1, NOW, &why);
    json_t *written = json_loads(text, 0, NULL);
    const char *kind = json_string_value(json_object_get(written, "kind"));
    static const char *const kinds[] = {"call", "offer", "state", "refused", NULL};
    g_assert_true(kind && g_strv_contains(kinds, kind) && (why != NULL) == (strcmp(kind, "refused") == 0));
    if (!why) {
        char *twice = booth_record_text(written, "b1", 1, 1, NOW, &again);
        g_assert_null(again);
        g_assert_cmpstr(text, ==, twice);
        free(twice);
    }
    json_decref(written);
    json_decref(record);
    free(text);
    return 0;
}
