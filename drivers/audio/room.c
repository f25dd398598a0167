#include "drivers/audio/room.h"
#include "drivers/audio/audio.h"

#include <math.h>
#include <string.h>

#define RING        65536 /* samples kept; a power of two */
#define REFLECTIONS 48
#define FIRST_MS    2.0 /* of the reflections, after the direct sound */
#define SEED        11

typedef struct {
    gint64 delay; /* samples */
    float gain;
} Path;

struct Room {
    GMutex lock;
    gboolean sounds;
    float distortion;
    Path paths[1 + REFLECTIONS];
    guint count;
    float ring[RING];
    gint64 begin, end; /* samples of the system clock that the ring holds */
};

Room *room_new(void)
{
    Room *room = g_new0(Room, 1);
    g_mutex_init(&room->lock);
    return room;
}

void room_free(Room *room)
{
    if (!room) return;
    g_mutex_clear(&room->lock);
    g_free(room);
}

static gint64 sample_at(GstClockTime time)
{
    return (gint64)gst_util_uint64_scale_round(time, ROOM_RATE, GST_SECOND);
}

static gint64 samples_of(double ms)
{
    return (gint64)lround(ms * ROOM_RATE / 1000);
}

/* Denser towards the end, each with a sign of its own, falling by 60 dB over the whole time. */
static void add_reflections(Room *room, const RoomShape *shape, double direct)
{
    double energy = 0;
    GRand *chance = g_rand_new_with_seed(SEED);
    for (guint i = 0; i < REFLECTIONS; i++) {
        double part = pow((i + g_rand_double(chance)) / REFLECTIONS, 1.5);
        double gain = pow(10, -3 * part) * (g_rand_boolean(chance) ? 1 : -1);
        room->paths[1 + i] = (Path){samples_of(shape->delay_ms + FIRST_MS + part * shape->reverb_ms), (float)gain};
        energy += gain * gain;
    }
    g_rand_free(chance);
    double scale = direct * pow(10, shape->reverb_db / 20) / sqrt(energy);
    for (guint i = 0; i < REFLECTIONS; i++) room->paths[1 + i].gain *= (float)scale;
    room->count = 1 + REFLECTIONS;
}

void room_set(Room *room, const RoomShape *shape)
{
    g_mutex_lock(&room->lock);
    room->sounds = shape != NULL;
    if (shape) {
        room->distortion = (float)shape->distortion;
        double direct = pow(10, -shape->loss_db / 20);
        room->paths[0] = (Path){samples_of(shape->delay_ms), (float)direct};
        room->count = 1;
        if (shape->reverb_ms > 0) add_reflections(room, shape, direct);
    }
    g_mutex_unlock(&room->lock);
}

static gboolean read_number(GKeyFile *file, const char *key, double least, double most, double *value, GError **error)
{
    g_autoptr(GError) why = NULL;
    double number = g_key_file_get_double(file, "room", key, &why);
    if (g_error_matches(why, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) ||
        g_error_matches(why, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND))
        return TRUE;
    if (why || !(number >= least && number <= most)) {
        g_set_error(error, AUDIO_ERROR, 0, "[room] %s is a number from %g to %g", key, least, most);
        return FALSE;
    }
    *value = number;
    return TRUE;
}

gboolean room_parse(const char *text, RoomShape *shape, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    RoomShape read = ROOM_USUAL;
    if (!g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, error)) return FALSE;
    if (!read_number(file, "delay_ms", 0, 400, &read.delay_ms, error) || !read_number(file, "loss_db", 0, 60, &read.loss_db, error) ||
        !read_number(file, "reverb_ms", 0, 400, &read.reverb_ms, error) ||
        !read_number(file, "reverb_db", -40, 6, &read.reverb_db, error) ||
        !read_number(file, "distortion", 0, 0.5, &read.distortion, error))
        return FALSE;
    *shape = read;
    return TRUE;
}

/* Makes the ring hold silence up to there. */
static void extend(Room *room, gint64 end)
{
    if (end <= room->end) return;
    if (end - room->end > RING) room->begin = room->end = end - RING;
    for (gint64 at = room->end; at < end; at++) room->ring[at & (RING - 1)] = 0;
    room->end = end;
    room->begin = MAX(room->begin, end - RING);
}

void room_play(Room *room, GstClockTime time, const gint16 *samples, gsize count)
{
    gint64 at = sample_at(time);
    if (count > RING / 2) return;
    g_mutex_lock(&room->lock);
    if (room->end == 0) room->begin = room->end = at;
    extend(room, at + (gint64)count);
    for (gsize i = 0; i < count; i++, at++) {
        float part = (float)samples[i] / 32768;
        if (at >= room->begin) room->ring[at & (RING - 1)] += (float)samples[i] * (1 - room->distortion * part * part);
    }
    g_mutex_unlock(&room->lock);
}

static float heard_at(const Room *room, gint64 at)
{
    float sum = 0;
    for (guint i = 0; i < room->count; i++) {
        gint64 played = at - room->paths[i].delay;
        if (played >= room->begin && played < room->end) sum += room->paths[i].gain * room->ring[played & (RING - 1)];
    }
    return sum;
}

void room_hear(Room *room, GstClockTime time, gint16 *samples, gsize count)
{
    gint64 at = sample_at(time);
    g_mutex_lock(&room->lock);
    for (gsize i = 0; room->sounds && i < count; i++, at++) {
        long sum = samples[i] + lroundf(heard_at(room, at));
        samples[i] = (gint16)CLAMP(sum, G_MININT16, G_MAXINT16);
    }
    g_mutex_unlock(&room->lock);
}
