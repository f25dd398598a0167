#include "drivers/camera/camera_code.h"

#include <string.h>

#define BITS  (CAMERA_CODE_COLUMNS * CAMERA_CODE_ROWS)
#define BLACK 16
#define WHITE 235

static guint8 time_sum(guint64 utc_ms)
{
    guint sum = 0;
    for (int byte = 0; byte < 6; byte++) sum += (utc_ms >> (8 * byte)) & 0xff;
    return (guint8)sum;
}

static gboolean code_fits(int width, int height)
{
    return width >= 2 * CAMERA_CODE_PER_WIDTH && height >= width / 4;
}

void camera_code_draw(guint8 *luma, int stride, int width, int height, guint64 utc_ms)
{
    if (!code_fits(width, height)) return;
    int side = width / CAMERA_CODE_PER_WIDTH;
    utc_ms &= (G_GUINT64_CONSTANT(1) << 48) - 1;
    guint64 code = ((guint64)CAMERA_CODE_MARK << 56) | (utc_ms << 8) | time_sum(utc_ms);
    for (int bit = 0; bit < BITS; bit++) {
        int x = (CAMERA_CODE_LEFT + bit % CAMERA_CODE_COLUMNS) * side;
        int y = (CAMERA_CODE_TOP + bit / CAMERA_CODE_COLUMNS) * side;
        int value = (code >> (BITS - 1 - bit)) & 1 ? WHITE : BLACK;
        for (int row = 0; row < side; row++) memset(luma + (gsize)(y + row) * stride + x, value, side);
    }
}

gboolean camera_code_read(const guint8 *luma, int stride, int width, int height, guint64 *utc_ms)
{
    if (!code_fits(width, height)) return FALSE;
    guint64 code = 0;
    for (int bit = 0; bit < BITS; bit++) {
        int x = (2 * (CAMERA_CODE_LEFT + bit % CAMERA_CODE_COLUMNS) + 1) * width / (2 * CAMERA_CODE_PER_WIDTH);
        int y = (2 * (CAMERA_CODE_TOP + bit / CAMERA_CODE_COLUMNS) + 1) * width / (2 * CAMERA_CODE_PER_WIDTH);
        code = code << 1 | (luma[(gsize)y * stride + x] > (BLACK + WHITE) / 2);
    }
    guint64 time = (code >> 8) & ((G_GUINT64_CONSTANT(1) << 48) - 1);
    if (code >> 56 != CAMERA_CODE_MARK || (code & 0xff) != time_sum(time)) return FALSE;
    *utc_ms = time;
    return TRUE;
}
