#include "agent/quality.h"

#include <math.h>
#include <string.h>

#define RTT_MAX_MS 60000.0 /* beyond these a number is none */
#define KBPS_MAX   100000.0
#define FPS_MAX    240.0

static gboolean is_same(const BoothKey *a, const BoothKey *b)
{
    return a->gen == b->gen && strcmp(a->id, b->id) == 0;
}

static double number(const json_t *media, const char *member, double most)
{
    return CLAMP(json_number_value(json_object_get(media, member)), 0.0, most);
}

void quality_count(Quality *quality, const BoothKey *key, const json_t *health)
{
    const json_t *media = json_object_get(health, "media");
    const char *state = json_string_value(json_object_get(media, "state"));
    if (!state || strcmp(state, "connected") != 0) return;
    if (!is_same(&quality->key, key)) *quality = (Quality){.key = *key};
    const double rtt = number(media, "rtt_ms", RTT_MAX_MS), loss = number(media, "loss", 1.0);
    const gint64 height = (gint64)number(media, "sent_height", 10000.0);
    quality->samples++;
    quality->rtt_ms += rtt;
    quality->rtt_max_ms = MAX(quality->rtt_max_ms, rtt);
    quality->loss += loss;
    quality->loss_max = MAX(quality->loss_max, loss);
    quality->sent_kbps += number(media, "sent_kbps", KBPS_MAX);
    quality->sent_fps += number(media, "sent_fps", FPS_MAX);
    quality->received_fps += number(media, "received_fps", FPS_MAX);
    if (height > 0 && (!quality->sent_height_min || height < quality->sent_height_min)) quality->sent_height_min = height;
}

static double rounded(double value, double steps)
{
    return round(value * steps) / steps;
}

json_t *quality_of_call(const Quality *quality, const BoothKey *key)
{
    if (!quality->samples || !is_same(&quality->key, key)) return NULL;
    const double n = quality->samples;
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I}", "samples", (json_int_t)quality->samples, "rtt_ms",
                     rounded(quality->rtt_ms / n, 1), "rtt_max_ms", rounded(quality->rtt_max_ms, 1), "loss",
                     rounded(quality->loss / n, 10000), "loss_max", rounded(quality->loss_max, 10000), "sent_kbps",
                     rounded(quality->sent_kbps / n, 1), "sent_fps", rounded(quality->sent_fps / n, 10), "received_fps",
                     rounded(quality->received_fps / n, 10), "sent_height_min", (json_int_t)quality->sent_height_min);
}
