/* What is plain is JSON, and its members are what a reader of JSON finds. */
#include <stdint.h>
#include <string.h>

#include "wire/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a", "state", "problems", "", NULL};
    PlainSpan spans[G_N_ELEMENTS(names) - 1];
    const char *text = (const char *)data;
    if (!plain_find(text, size, names, spans)) return 0;
    json_t *whole = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL), *expected = json_object();
    g_assert_nonnull(whole);
    for (guint i = 0; names[i]; i++) {
        json_t *member = json_object_get(whole, names[i]);
        g_assert_true((member != NULL) == (spans[i].at != NULL));
        if (member) json_object_set(expected, names[i], member);
    }
    g_autoptr(GString) picked = g_string_new(NULL);
    plain_append(picked, names, spans, G_N_ELEMENTS(spans));
    json_t *found = json_loadb(picked->str, picked->len, JSON_REJECT_DUPLICATES, NULL);
    g_assert_true(json_equal(found, expected));
    json_decref(found);
    json_decref(expected);
    json_decref(whole);
    return 0;
}
