/* icon: the symbols of the console, drawn as strokes in a box of 24 x 24. */
#pragma once

#include <cairo.h>

typedef enum {
    ICON_NONE,
    ICON_MIC,
    ICON_MIC_OFF,
    ICON_CAMERA,
    ICON_FACE,
    ICON_PRODUCT,
    ICON_PIP,
    ICON_ACCEPT,
    ICON_HANG_UP,
    ICON_CHECK,
    ICON_CROSS,
    ICON_WARNING,
    ICON_PAUSE,
    ICON_PLAY,
    ICON_CLOCK,
    ICON_PEOPLE,
    ICON_SEND,
    ICON_LINE,
    ICON_LINE_OFF,
    ICON_SPEAKER,
    ICON_SCREEN,
    ICON_STORAGE,
    ICON_CART,
    ICON_BOOKMARK,
    ICON_CALENDAR,
    ICON_ADVICE,
    ICON_MINUS,
    ICON_CUP,
    ICON_MEAL,
    ICON_MEETING,
    ICON_DOOR,
    ICON_RESTART,
    ICON_DOTS,
    ICON_BRAND,
    ICON_SEARCH,
    ICON_COMPARE,
    ICON_PLUS,
    ICON_LEFT,
    ICON_RIGHT,
    ICON_STAR,
    ICON_STORE,
    ICON_IMAGES,
    ICON_BELL,
    ICON_TRAINING,
    ICON_BACKSPACE,
    ICON_CHECKLIST,
    ICON_SPARK,
    ICON_GAUGE,
    ICONS
} Icon;

/* Strokes the symbol with the current source into the box at x, y of that size. */
void icon_draw(cairo_t *cr, Icon icon, double x, double y, double size);
