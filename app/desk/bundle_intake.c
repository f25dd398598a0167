#include "desk/bundle_intake.h"

#include <string.h>

#include "wire/wire.h"

#define CHUNKS_MAX ((BUNDLE_BYTES_MAX + BUNDLE_CHUNK_BYTES - 1) / BUNDLE_CHUNK_BYTES)

struct BundleIntake {
    GHashTable *awaited; /* booth → Awaited */
};

typedef struct {
    char *booth, *id;
    GByteArray *bytes;
    gint64 next; /* chunk */
    gint64 until;
} Awaited;

static void awaited_free(gpointer data)
{
    Awaited *awaited = data;
    g_free(awaited->booth);
    g_free(awaited->id);
    g_byte_array_unref(awaited->bytes);
    g_free(awaited);
}

void bundle_arrival_free(BundleArrival *arrival)
{
    if (!arrival) return;
    g_free(arrival->booth);
    g_free(arrival->id);
    g_bytes_unref(arrival->bytes);
    g_free(arrival->why);
    g_free(arrival);
}

BundleIntake *bundle_intake_new(void)
{
    BundleIntake *intake = g_new0(BundleIntake, 1);
    intake->awaited = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, awaited_free);
    return intake;
}

void bundle_intake_free(BundleIntake *intake)
{
    if (!intake) return;
    g_hash_table_unref(intake->awaited);
    g_free(intake);
}

gboolean bundle_intake_expect(BundleIntake *intake, const char *booth, const char *id, gint64 now)
{
    if (g_hash_table_size(intake->awaited) >= BUNDLE_ASKED_MAX || g_hash_table_contains(intake->awaited, booth)) return FALSE;
    Awaited *awaited = g_new0(Awaited, 1);
    *awaited = (Awaited){g_strdup(booth), g_strdup(id), g_byte_array_new(), 0, now + BUNDLE_WAIT_MS};
    g_hash_table_insert(intake->awaited, awaited->booth, awaited);
    return TRUE;
}

gboolean bundle_intake_awaits(const BundleIntake *intake, const char *booth, const char *id)
{
    const Awaited *awaited = g_hash_table_lookup(intake->awaited, booth);
    return awaited && strcmp(awaited->id, id) == 0 && awaited->next == 0;
}

void bundle_intake_refused(BundleIntake *intake, const char *booth, const char *id)
{
    if (bundle_intake_awaits(intake, booth, id)) g_hash_table_remove(intake->awaited, booth);
}

/* Takes it out. why: NULL, it is whole. */
static BundleArrival *arrive(BundleIntake *intake, Awaited *awaited, const char *why)
{
    BundleArrival *arrival = g_new0(BundleArrival, 1);
    arrival->booth = g_strdup(awaited->booth);
    arrival->id = g_strdup(awaited->id);
    if (why)
        arrival->why = g_utf8_make_valid(why, -1);
    else
        arrival->bytes = g_byte_array_free_to_bytes(g_byte_array_ref(awaited->bytes));
    g_hash_table_remove(intake->awaited, awaited->booth);
    return arrival;
}

static gboolean is_archive(const GByteArray *bytes)
{
    static const guint8 zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    return bytes->len > sizeof zstd && memcmp(bytes->data, zstd, sizeof zstd) == 0;
}

static BundleArrival *take_chunk(BundleIntake *intake, Awaited *awaited, const json_t *message, gint64 now)
{
    const gint64 chunk = wire_int(message, "chunk"), chunks = wire_int(message, "chunks");
    gsize length = 0;
    g_autofree guchar *bytes = g_base64_decode(wire_string(message, "data"), &length);
    if (chunks < 1 || chunks > CHUNKS_MAX || chunk != awaited->next || chunk >= chunks || length == 0 || length > BUNDLE_CHUNK_BYTES)
        return arrive(intake, awaited, "what the booth sent is no bundle");
    g_byte_array_append(awaited->bytes, bytes, (guint)length);
    awaited->next++;
    awaited->until = now + BUNDLE_PAUSE_MS;
    if (awaited->next < chunks) return NULL;
    return arrive(intake, awaited, is_archive(awaited->bytes) ? NULL : "what the booth sent is no bundle");
}

BundleArrival *bundle_intake_take(BundleIntake *intake, const char *booth, const json_t *message, gint64 now)
{
    Awaited *awaited = g_hash_table_lookup(intake->awaited, booth);
    if (!awaited || strcmp(awaited->id, wire_string(message, "id")) != 0) return NULL;
    if (strcmp(wire_type(message), "bundle") == 0) return take_chunk(intake, awaited, message, now);
    g_autofree char *why = g_utf8_substring(wire_string(message, "text"), 0, MIN(200, g_utf8_strlen(wire_string(message, "text"), -1)));
    return arrive(intake, awaited, *why ? why : "the booth did not say why");
}

BundleArrival *bundle_intake_expire(BundleIntake *intake, gint64 now)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, intake->awaited);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Awaited *awaited = value;
        if (awaited->until <= now) return arrive(intake, awaited, "nothing came from the booth; its line may have been cut");
    }
    return NULL;
}
