#include "studio/frame_code.h"

#include "studio/theme.h"

#define CELL_WIDTH 6.0
#define HEIGHT     4.0
#define INK_PART   0.05
#define FNV_START  2166136261U
#define FNV_PRIME  16777619U

static gboolean cell_of(guint32 code, guint index)
{
    if (index < 2) return index == 0;
    if (index < 34) return (code >> (index - 2) & 1) != 0;
    guint ones = 0;
    for (guint i = 0; i < 16; i++) ones += (code >> (index == 34 ? i : i + 16)) & 1;
    return ones % 2 != 0;
}

Rect frame_code_rect(double width, double height)
{
    (void)width;
    return (Rect){0, height - HEIGHT, FRAME_CODE_CELLS * CELL_WIDTH, HEIGHT};
}

guint32 frame_code_ink(guint32 background, guint32 text)
{
    return theme_mix(background, text, INK_PART);
}

void frame_code_draw(Scene *scene, guint32 code, guint32 background, guint32 ink)
{
    Rect rect = frame_code_rect(scene->width, scene->height);
    scene_panel(scene, "code", rect, background);
    for (guint i = 0; i < FRAME_CODE_CELLS; i++) {
        if (cell_of(code, i)) scene_box(scene, (Rect){rect.x + i * CELL_WIDTH, rect.y, CELL_WIDTH, rect.h}, 0, ink);
    }
    scene_end(scene);
}

static int distance(guint32 a, guint32 b)
{
    int sum = 0;
    for (int shift = 0; shift <= 16; shift += 8) sum += ABS((int)((a >> shift) & 0xff) - (int)((b >> shift) & 0xff));
    return sum;
}

gboolean frame_code_read(const guint32 *pixels, int width, int height, guint32 background, guint32 ink, guint32 *ret_code)
{
    guint32 code = 0;
    gboolean cells[FRAME_CODE_CELLS];
    int apart = distance(background, ink);
    if (width < 2 * FRAME_CODE_CELLS || height < 1) return FALSE;
    for (guint i = 0; i < FRAME_CODE_CELLS; i++) {
        int x = (int)((i + 0.5) * width / FRAME_CODE_CELLS), y = height / 2;
        guint32 pixel = pixels[(gsize)y * (gsize)width + (gsize)x];
        int to_ink = distance(pixel, ink), to_background = distance(pixel, background);
        if (MIN(to_ink, to_background) * 3 > apart) return FALSE;
        cells[i] = to_ink < to_background;
        if (i >= 2 && i < 34 && cells[i]) code |= 1U << (i - 2);
    }
    for (guint i = 0; i < FRAME_CODE_CELLS; i++) {
        if (cells[i] != cell_of(code, i)) return FALSE;
    }
    *ret_code = code;
    return TRUE;
}

guint32 frame_code_of(const char *words)
{
    guint32 hash = FNV_START;
    for (const char *at = words; *at; at++) hash = (hash ^ (guint8)*at) * FNV_PRIME;
    return hash;
}
