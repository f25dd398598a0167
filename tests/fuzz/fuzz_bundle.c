/* What a booth sends of a support bundle, a line each: the bundle is bounded, comes once, and only the one that was asked for. */
#include <stdint.h>
#include <string.h>

#include "desk/bundle_intake.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 64);
    BundleIntake *intake = bundle_intake_new();
    guint arrived = 0;
    g_assert_true(bundle_intake_expect(intake, "b1", "00112233445566778899aabbccddeeff", 0));
    for (char **line = lines; *line; line++) {
        json_t *message = wire_decode(WIRE_BOOTH_TO_DESK, *line, strlen(*line), NULL);
        const gboolean known = message && g_str_has_prefix(wire_type(message), "bundle");
        g_autoptr(BundleArrival) arrival = known ? bundle_intake_take(intake, "b1", message, 0) : NULL;
        if (arrival) {
            arrived++;
            g_assert_true((arrival->bytes == NULL) == (arrival->why != NULL));
            g_assert_true(!arrival->bytes || g_bytes_get_size(arrival->bytes) <= BUNDLE_BYTES_MAX + BUNDLE_CHUNK_BYTES);
        }
        json_decref(message);
    }
    g_assert_cmpuint(arrived, <=, 1);
    bundle_intake_free(intake);
    return 0;
}
