#include "desk/enrolment.h"

#include <jansson.h>
#include <string.h>

#include "wire/wire.h"

static const char *const states[] = {
    [ENROLMENT_MANUAL] = "manual", [ENROLMENT_OPEN] = "open", [ENROLMENT_USED] = "used", [ENROLMENT_REVOKED] = "revoked"};
static const char *const verdicts[] = {[ENROLMENT_ISSUE] = "",
                                       [ENROLMENT_AGAIN] = "",
                                       [ENROLMENT_TOKEN_USED] = "used",
                                       [ENROLMENT_TOKEN_EXPIRED] = "expired",
                                       [ENROLMENT_TOKEN_FOREIGN] = "foreign",
                                       [ENROLMENT_TOKEN_REVOKED] = "revoked"};

Enrolment *enrolment_new(const char *booth)
{
    Enrolment *enrolment = g_new0(Enrolment, 1);
    enrolment->booth = g_strdup(booth);
    enrolment->name = g_strdup("");
    enrolment->store = g_strdup("");
    enrolment->region = g_strdup("");
    enrolment->certificate = g_strdup("");
    return enrolment;
}

void enrolment_free(Enrolment *enrolment)
{
    if (!enrolment) return;
    g_free(enrolment->booth);
    g_free(enrolment->name);
    g_free(enrolment->store);
    g_free(enrolment->region);
    g_free(enrolment->certificate);
    g_free(enrolment);
}

const char *enrolment_state_name(EnrolmentState state)
{
    return states[state];
}

const char *enrolment_verdict_name(EnrolmentVerdict verdict)
{
    return verdicts[verdict];
}

void enrolment_hash(const void *bytes, gsize length, char hash[ENROLMENT_HASH_LENGTH + 1])
{
    g_autofree char *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, length);
    g_strlcpy(hash, hex, ENROLMENT_HASH_LENGTH + 1);
}

static gboolean is_hash(const char *text)
{
    const gsize length = strlen(text);
    return length == 0 || (length == ENROLMENT_HASH_LENGTH && strspn(text, "0123456789abcdef") == length);
}

/* --- text -------------------------------------------------------------------------------------------------------------------------------
 */

char *enrolment_format(const Enrolment *enrolment)
{
    json_t *value =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:I}", "v", 1, "booth", enrolment->booth, "name",
                  enrolment->name, "store", enrolment->store, "region", enrolment->region, "state", states[enrolment->state], "token",
                  enrolment->token, "made_utc", (json_int_t)enrolment->made_utc, "expires_utc", (json_int_t)enrolment->expires_utc,
                  "used_utc", (json_int_t)enrolment->used_utc, "key", enrolment->current, "previous", enrolment->previous, "certificate",
                  enrolment->certificate, "until_utc", (json_int_t)enrolment->until_utc, "twice_utc", (json_int_t)enrolment->twice_utc);
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    return text;
}

static gboolean take_state(Enrolment *enrolment, const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        if (strcmp(states[i], name) != 0) continue;
        enrolment->state = (EnrolmentState)i;
        return TRUE;
    }
    return FALSE;
}

static gboolean take_hash(const json_t *value, const char *member, char *hash)
{
    const char *text = wire_string(value, member);
    if (!is_hash(text)) return FALSE;
    g_strlcpy(hash, text, ENROLMENT_HASH_LENGTH + 1);
    return TRUE;
}

static void take_text(const json_t *value, const char *member, char **slot)
{
    g_free(*slot);
    *slot = g_strdup(wire_string(value, member));
}

Enrolment *enrolment_parse(const char *text)
{
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    g_autoptr(Enrolment) enrolment = enrolment_new(wire_string(value, "booth"));
    gboolean fine = wire_int(value, "v") == 1 && wire_is_booth_id(enrolment->booth) && take_state(enrolment, wire_string(value, "state")) &&
                    take_hash(value, "token", enrolment->token) && take_hash(value, "key", enrolment->current) &&
                    take_hash(value, "previous", enrolment->previous);
    take_text(value, "name", &enrolment->name);
    take_text(value, "store", &enrolment->store);
    take_text(value, "region", &enrolment->region);
    take_text(value, "certificate", &enrolment->certificate);
    enrolment->made_utc = wire_int(value, "made_utc");
    enrolment->expires_utc = wire_int(value, "expires_utc");
    enrolment->used_utc = wire_int(value, "used_utc");
    enrolment->until_utc = wire_int(value, "until_utc");
    enrolment->twice_utc = wire_int(value, "twice_utc");
    json_decref(value);
    return fine ? g_steal_pointer(&enrolment) : NULL;
}

/* --- rules ------------------------------------------------------------------------------------------------------------------------------
 */

/* Both are hashes, so that what time the comparison takes tells nothing of the token. */
static gboolean is_same(const char *one, const char *other)
{
    return *one && strcmp(one, other) == 0;
}

EnrolmentVerdict enrolment_judge(const Enrolment *enrolment, const char *token, const char *key, gint64 now_utc)
{
    if (!enrolment || !is_same(enrolment->token, token)) return ENROLMENT_TOKEN_FOREIGN;
    switch (enrolment->state) {
    case ENROLMENT_OPEN: return now_utc < enrolment->expires_utc ? ENROLMENT_ISSUE : ENROLMENT_TOKEN_EXPIRED;
    case ENROLMENT_USED: return is_same(enrolment->current, key) && *enrolment->certificate ? ENROLMENT_AGAIN : ENROLMENT_TOKEN_USED;
    case ENROLMENT_REVOKED: return ENROLMENT_TOKEN_REVOKED;
    case ENROLMENT_MANUAL:
    default: return ENROLMENT_TOKEN_FOREIGN;
    }
}

gboolean enrolment_admits(const Enrolment *enrolment, const char *key)
{
    if (!enrolment) return TRUE;
    if (enrolment->state == ENROLMENT_REVOKED) return FALSE;
    if (!*enrolment->current) return TRUE;
    return is_same(enrolment->current, key) || is_same(enrolment->previous, key);
}

gboolean enrolment_seen(Enrolment *enrolment, const char *key)
{
    if (!*enrolment->previous || !is_same(enrolment->current, key)) return FALSE;
    enrolment->previous[0] = '\0';
    return TRUE;
}

void enrolment_issued(Enrolment *enrolment, const char *before, const char *key, const char *certificate, gint64 until_utc, gint64 now_utc)
{
    g_strlcpy(enrolment->previous, before, sizeof enrolment->previous);
    g_strlcpy(enrolment->current, key, sizeof enrolment->current);
    g_free(enrolment->certificate);
    enrolment->certificate = g_strdup(certificate);
    enrolment->until_utc = until_utc;
    if (*before) return;
    enrolment->state = ENROLMENT_USED;
    enrolment->used_utc = now_utc;
    enrolment->twice_utc = 0; /* no copy of the card has this key */
}

void enrolment_open(Enrolment *enrolment, const char *token, gint64 now_utc, gint64 expires_utc)
{
    /* Who was revoked stays out until the token has become another key. */
    if (enrolment->state == ENROLMENT_REVOKED) {
        enrolment_hash("", 0, enrolment->current);
        enrolment->previous[0] = '\0';
    }
    enrolment->state = ENROLMENT_OPEN;
    g_strlcpy(enrolment->token, token, sizeof enrolment->token);
    enrolment->made_utc = now_utc;
    enrolment->expires_utc = expires_utc;
    enrolment->used_utc = 0;
}

void enrolment_revoke(Enrolment *enrolment)
{
    enrolment->state = ENROLMENT_REVOKED;
}

gboolean enrolment_release(Enrolment *enrolment)
{
    const gboolean was_twice = enrolment->twice_utc != 0;
    enrolment->twice_utc = 0;
    return was_twice;
}
