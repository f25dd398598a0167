#include "studio/theme.h"

#include <math.h>
#include <string.h>

static const Theme themes[] = {
    {
        .name = "dark",
        .background = 0x0d1217,
        .surface = 0x161d25,
        .raised = 0x222c37,
        .outline = 0x364452,
        .text = 0xf3f6f9,
        .text_soft = 0xafbdca,
        .accent = 0x6cb6ff,
        .good = 0x56d08a,
        .danger = 0xff8a80,
        .warn = 0xffc857,
        .accent_fill = 0x1f62b5,
        .on_accent = 0xffffff,
        .good_fill = 0x12783f,
        .on_good = 0xffffff,
        .danger_fill = 0xb3261e,
        .on_danger = 0xffffff,
        .warn_fill = 0xffc857,
        .on_warn = 0x241a00,
        .stage = 0x05080b,
        .on_stage = 0xc9d4de,
        .focus = 0xffffff,
    },
    {
        .name = "day",
        .background = 0xe9edf1,
        .surface = 0xffffff,
        .raised = 0xeef2f6,
        .outline = 0xbcc7d2,
        .text = 0x111820,
        .text_soft = 0x45535f,
        .accent = 0x0b57b0,
        .good = 0x0b6635,
        .danger = 0xab1d16,
        .warn = 0x734c00,
        .accent_fill = 0x0b5fbf,
        .on_accent = 0xffffff,
        .good_fill = 0x12783f,
        .on_good = 0xffffff,
        .danger_fill = 0xb3261e,
        .on_danger = 0xffffff,
        .warn_fill = 0xffd166,
        .on_warn = 0x241a00,
        .stage = 0x10161c,
        .on_stage = 0xd5dee6,
        .focus = 0x111820,
    },
};

const Theme *theme_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(themes); i++) {
        if (g_strcmp0(themes[i].name, name) == 0) return &themes[i];
    }
    return NULL;
}

static double linear_part(guint32 colour, int shift)
{
    double c = ((colour >> shift) & 0xff) / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(guint32 colour)
{
    return 0.2126 * linear_part(colour, 16) + 0.7152 * linear_part(colour, 8) + 0.0722 * linear_part(colour, 0);
}

double theme_contrast(guint32 a, guint32 b)
{
    double la = luminance(a), lb = luminance(b);
    return (MAX(la, lb) + 0.05) / (MIN(la, lb) + 0.05);
}

guint32 theme_mix(guint32 a, guint32 b, double part)
{
    guint32 mixed = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        double from = (a >> shift) & 0xff, to = (b >> shift) & 0xff;
        mixed |= (guint32)lround(from + (to - from) * part) << shift;
    }
    return mixed;
}
