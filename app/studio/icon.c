#include "studio/icon.h"

#include <glib.h>

/* Letters as in SVG, absolute: M x y, L x y, C (three points), Z; O x y r is a circle, F x y r a filled one. */
static const char *const paths[ICONS] = {
    [ICON_NONE] = "",
    [ICON_MIC] = "M9 6 C9 2 15 2 15 6 L15 11 C15 15 9 15 9 11 Z M5 11 C5 20 19 20 19 11 M12 18 L12 21.5 M8.5 21.5 L15.5 21.5",
    [ICON_MIC_OFF] = "M9 9 L9 6 C9 2 15 2 15 6 L15 11 M9 11 C9 13 10.5 14 12 14 M5 11 C5 17 9 18 12 18 C13.5 18 15 17.5 16 17 M18.5 14 C19 "
                     "13 19 12 19 11 "
                     "M12 18 L12 21.5 M8.5 21.5 L15.5 21.5 M3 3 L21 21",
    [ICON_CAMERA] = "M3 7 L15 7 L15 17 L3 17 Z M15 11 L21 7.5 L21 16.5 L15 13",
    [ICON_FACE] = "O12 8 4.2 M4 21 C4 11.5 20 11.5 20 21",
    [ICON_PRODUCT] = "M12 3 L20.5 7.5 L20.5 16.5 L12 21 L3.5 16.5 L3.5 7.5 Z M3.5 7.5 L12 12 L20.5 7.5 M12 12 L12 21",
    [ICON_PIP] = "M2.5 4.5 L21.5 4.5 L21.5 19.5 L2.5 19.5 Z M12.5 12.5 L18.5 12.5 L18.5 16.5 L12.5 16.5 Z",
    [ICON_ACCEPT] = "M5 3.5 L9 3.5 L11 8.5 L8.5 10 C9.5 12.5 11.5 14.5 14 15.5 L15.5 13 L20.5 15 L20.5 19 C20.5 20 19.5 20.8 18.5 20.7 "
                    "C10.5 20 4 13.5 3.3 "
                    "5.5 C3.2 4.5 4 3.5 5 3.5 Z",
    [ICON_HANG_UP] = "M2.5 14.5 C2 9 22 9 21.5 14.5 L21 16.5 L16 15.5 L15.5 12.2 C13.5 11.6 10.5 11.6 8.5 12.2 L8 15.5 L3 16.5 Z",
    [ICON_CHECK] = "M4.5 12.5 L10 18 L20 6.5",
    [ICON_CROSS] = "M6 6 L18 18 M18 6 L6 18",
    [ICON_WARNING] = "M12 3.5 L22 20.5 L2 20.5 Z M12 10 L12 14.5 F12 17.6 0.6",
    [ICON_PAUSE] = "M8 5 L8 19 M16 5 L16 19",
    [ICON_PLAY] = "M7 4.5 L19 12 L7 19.5 Z",
    [ICON_CLOCK] = "O12 12 9 M12 6.5 L12 12 L16 14.5",
    [ICON_PEOPLE] =
        "O9 8 3.5 M2.5 20 C2.5 12.5 15.5 12.5 15.5 20 M15.5 4.8 C19.5 5 19.5 11 15.5 11.2 M18 14.5 C20.3 15.3 21.5 17.5 21.5 20",
    [ICON_SEND] = "M3.5 4.5 L21 12 L3.5 19.5 L6.5 12 Z M6.5 12 L13 12",
    [ICON_LINE] = "M2.5 9.5 C8 4 16 4 21.5 9.5 M5.8 13 C9.5 9.5 14.5 9.5 18.2 13 M9 16.3 C10.8 14.8 13.2 14.8 15 16.3 F12 19.3 0.9",
    [ICON_LINE_OFF] = "M2.5 9.5 C4.5 7.5 6.5 6.5 8.5 6 M12 5.4 C15.5 5.5 19 7 21.5 9.5 M5.8 13 C7.5 11.4 9 10.8 10.5 10.5 M15.5 11 C16.5 "
                      "11.5 17.5 12.2 18.2 13 "
                      "M9 16.3 C10.8 14.8 13.2 14.8 15 16.3 F12 19.3 0.9 M4 3 L20 21",
    [ICON_SPEAKER] = "M3 9 L7 9 L12 4.5 L12 19.5 L7 15 L3 15 Z M15.5 8.5 C17.8 10.5 17.8 13.5 15.5 15.5 M18 5.5 C22.3 9 22.3 15 18 18.5",
    [ICON_SCREEN] = "M2.5 4 L21.5 4 L21.5 16.5 L2.5 16.5 Z M12 16.5 L12 20.5 M7.5 20.5 L16.5 20.5",
    [ICON_STORAGE] = "M4 6 C4 3 20 3 20 6 C20 9 4 9 4 6 Z M4 6 L4 18 C4 21 20 21 20 18 L20 6 M4 12 C4 15 20 15 20 12",
    [ICON_CART] = "M2 4 L5 4 L7.5 15.5 L18.5 15.5 L21 7.5 L5.8 7.5 F9 19.3 1.2 F17 19.3 1.2",
    [ICON_BOOKMARK] = "M6 3.5 L18 3.5 L18 20.5 L12 16 L6 20.5 Z",
    [ICON_CALENDAR] =
        "M3.5 5.5 L20.5 5.5 L20.5 20.5 L3.5 20.5 Z M3.5 10 L20.5 10 M8 3 L8 7 M16 3 L16 7 M12 13 L12 17.5 M9.8 15.2 L14.2 15.2",
    [ICON_ADVICE] =
        "M8.5 16 C8.5 13.5 5.5 12.5 5.5 9 C5.5 0.8 18.5 0.8 18.5 9 C18.5 12.5 15.5 13.5 15.5 16 Z M9 18.8 L15 18.8 M10.5 21.5 L13.5 21.5",
    [ICON_MINUS] = "O12 12 9 M8 12 L16 12",
    [ICON_CUP] = "M4 8 L17 8 L17 14 C17 21 4 21 4 14 Z M17 9.5 C22 9 22 15.5 16.8 15.5 M7.5 2.5 L7.5 5 M10.5 2.5 L10.5 5 M13.5 2.5 L13.5 5",
    [ICON_MEAL] = "M7 3 L7 21 M4 3 L4 8 C4 11 10 11 10 8 L10 3 M17 21 L17 3 C13.5 4.5 13.5 12 14 14 L17 14",
    [ICON_MEETING] = "M3.5 4 L20.5 4 L20.5 16 L11.5 16 L7 20.5 L7 16 L3.5 16 Z M8 8.2 L16 8.2 M8 11.8 L13 11.8",
    [ICON_DOOR] = "M13 4 L5 4 L5 20 L13 20 M10 12 L21 12 M17 8 L21 12 L17 16",
    [ICON_RESTART] = "M20 12 C20 22.5 4 22.5 4 12 C4 3.5 14.5 1.5 18.3 7.5 M18.8 2.8 L18.5 7.8 L13.5 7.5",
    [ICON_DOTS] = "F5 12 1.2 F12 12 1.2 F19 12 1.2",
    [ICON_BRAND] =
        "M3 5.5 L17 5.5 C19.5 5.5 21 7 21 9.5 L21 14.5 C21 17 19.5 18.5 17 18.5 L11 18.5 L6 22 L6 18.5 C4 18 3 16.5 3 14.5 Z F12 12 2.6",
    [ICON_SEARCH] = "O10.5 10.5 6.5 M15.5 15.5 L21 21",
    [ICON_COMPARE] = "M3 5 L10 5 L10 19 L3 19 Z M14 5 L21 5 L21 19 L14 19 Z",
    [ICON_PLUS] = "M12 4.5 L12 19.5 M4.5 12 L19.5 12",
    [ICON_LEFT] = "M15 5 L8 12 L15 19",
    [ICON_RIGHT] = "M9 5 L16 12 L9 19",
    [ICON_STAR] = "M12 3.2 L14.8 8.9 L21 9.8 L16.5 14.2 L17.5 20.4 L12 17.5 L6.5 20.4 L7.5 14.2 L3 9.8 L9.2 8.9 Z",
    [ICON_STORE] = "M4 11 L4 20 L20 20 L20 11 M3 9.5 L5 4 L19 4 L21 9.5 C21 12 15 12 15 9.5 C15 12 9 12 9 9.5 C9 12 3 12 3 9.5",
    [ICON_BELL] = "M5.5 17 C7.5 15.5 7 12 7.2 9.5 C7.6 3 16.4 3 16.8 9.5 C17 12 16.5 15.5 18.5 17 Z M10 20 C10.5 21.5 13.5 21.5 14 20",
    [ICON_TRAINING] = "M12 4.5 L22.5 9.5 L12 14.5 L1.5 9.5 Z M6 12 L6 17 C9 20 15 20 18 17 L18 12 M22.5 9.5 L22.5 15.5",
    [ICON_BACKSPACE] = "M8.5 5 L21.5 5 L21.5 19 L8.5 19 L2.5 12 Z M12 9 L18 15 M18 9 L12 15",
    [ICON_CHECKLIST] = "M3 6.5 L5 8.5 L8.5 4.5 M3 16.5 L5 18.5 L8.5 14.5 M12 7 L21 7 M12 17 L21 17",
    [ICON_GAUGE] = "M4 18.5 C-1 2.5 25 2.5 20 18.5 M12 16.5 L15.8 10.5 F12 16.5 1.1",
    [ICON_SPARK] = "M12 3 L13.8 10.2 L21 12 L13.8 13.8 L12 21 L10.2 13.8 L3 12 L10.2 10.2 Z",
    [ICON_IMAGES] = "M3 7 L17 7 L17 19 L3 19 Z M6.5 4 L21 4 L21 15.5 M3 16 L8 11.5 L12 15.5 L14 13.5 L17 16.5",
};

static gboolean number(const char **at, double *value)
{
    char *end;
    *value = g_ascii_strtod(*at, &end);
    gboolean got = end != *at;
    *at = end;
    return got;
}

static gboolean numbers(const char **at, double *values, int count)
{
    for (int i = 0; i < count; i++) {
        if (!number(at, &values[i])) return FALSE;
    }
    return TRUE;
}

static gboolean step(cairo_t *cr, char letter, const char **at)
{
    double v[6];
    switch (letter) {
    case 'M':
        if (!numbers(at, v, 2)) return FALSE;
        cairo_move_to(cr, v[0], v[1]);
        return TRUE;
    case 'L':
        if (!numbers(at, v, 2)) return FALSE;
        cairo_line_to(cr, v[0], v[1]);
        return TRUE;
    case 'C':
        if (!numbers(at, v, 6)) return FALSE;
        cairo_curve_to(cr, v[0], v[1], v[2], v[3], v[4], v[5]);
        return TRUE;
    case 'Z': cairo_close_path(cr); return TRUE;
    case 'O':
    case 'F':
        if (!numbers(at, v, 3)) return FALSE;
        cairo_stroke(cr);
        cairo_arc(cr, v[0], v[1], v[2], 0, 2 * G_PI);
        if (letter == 'F') cairo_fill_preserve(cr);
        cairo_stroke(cr);
        return TRUE;
    default: return FALSE;
    }
}

void icon_draw(cairo_t *cr, Icon icon, double x, double y, double size)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, size / 24, size / 24);
    cairo_set_line_width(cr, 2);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_new_path(cr);
    for (const char *at = paths[icon]; *at;) {
        char letter = *at++;
        if (letter != ' ' && !step(cr, letter, &at)) break;
    }
    cairo_stroke(cr);
    cairo_restore(cr);
}
