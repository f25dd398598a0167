/* The first byte chooses a direction, the rest is a message. What is taken must be written and taken again. */
#include <stdint.h>
#include <string.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    WireDirection direction = data[0] % 8;
    g_autoptr(GError) error = NULL;
    json_t *message = wire_decode(direction, (const char *)data + 1, size - 1, &error);
    g_assert_true((message == NULL) == (error != NULL));
    if (!message) return 0;
    g_assert_cmpuint(strlen(wire_type(message)), >, 0);
    g_autofree char *text = wire_encode(direction, message);
    size_t length = strlen(text);
    if (length > WIRE_MESSAGE_MAX) return 0; /* numbers may be written longer than they came */
    message = wire_decode(direction, text, length, &error);
    g_assert_no_error(error);
    json_decref(message);
    return 0;
}
