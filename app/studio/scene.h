/* scene: what a screen shows, as a list: panels with their boxes, texts and symbols, the places of the moving pictures, and what can be
 * touched.
 *
 * A scene is built anew whenever something may have changed, which is cheap; a panel's print tells whether its texture has to be painted
 * again. All lengths are design units (layout.h). Main thread only. */
#pragma once

#include "studio/icon.h"
#include "studio/layout.h"

#define SCENE_NO_COLOUR G_MAXUINT32
#define SCENE_ID_MAX    32

typedef enum {
    STYLE_HUGE,   /* the idle picture's name */
    STYLE_NUMBER, /* what counts most on a screen */
    STYLE_TITLE,
    STYLE_HEADING,
    STYLE_BODY,
    STYLE_LABEL,
    STYLE_SMALL,
    STYLE_KEYCAP,
    STYLE_BUTTON,
    STYLE_BUTTON_BIG,
    STYLE_CLOCK, /* figures of even width */
    STYLES
} TextStyle;

typedef enum { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT } TextAlign;
typedef enum { SCENE_BOX, SCENE_TEXT, SCENE_ICON, SCENE_RING, SCENE_IMAGE } SceneKind;
typedef enum { PICTURE_SHOPPER, PICTURE_OWN, PICTURE_VIDEO, PICTURES } PictureKind;
typedef enum { METER_OWN, METER_SHOPPER, METERS } MeterKind;

typedef struct {
    SceneKind kind;
    Rect rect;
    guint32 colour, line; /* line: SCENE_NO_COLOUR for none */
    guint32 on;           /* of a text or symbol: what it stands on, for the contrast test */
    double radius, line_width;
    double part; /* of a ring: 0 to 1 */
    Icon icon;
    TextStyle style;
    TextAlign align;
    guint lines;            /* at most; further words are ellipsized */
    gboolean top;           /* at the top of rect, else in its middle */
    gboolean foreign;       /* words that are not ours (a product's title, a message), of any length: may be cut */
    cairo_surface_t *image; /* of an image: a reference */
    char *text;
    guint64 print; /* equal prints look equal, in the same place; made by scene_end() */
} SceneItem;

typedef struct {
    const char *name; /* static */
    Rect rect;
    guint32 background;
    guint first, count; /* of its items */
    guint64 print;      /* equal prints look equal */
} ScenePanel;

typedef struct {
    char id[SCENE_ID_MAX];
    Rect rect;
    const char *wish; /* static words of screens.h, or NULL for what the console does itself */
    const char *argument;
    int key; /* SDL keycode that does the same, 0 for none */
    gboolean field, disabled;
    gboolean keeps_focus; /* a touch leaves the caret where it is: a key of a keypad */
} SceneTarget;

typedef struct {
    PictureKind kind;
    Rect rect;
} ScenePicture;

/* The segments of a level meter, drawn over its panel: they change too often for it to be painted anew. */
typedef struct {
    MeterKind kind;
    Rect rect;
    guint32 lit, loud, dark, on; /* loud: of the last METER_LOUD segments; on: what they stand on, for the contrast test */
} SceneMeter;

typedef struct Fonts Fonts;

typedef struct {
    Fonts *fonts; /* borrowed: builders measure with it */
    double width, height;
    guint32 background;
    GArray *items;         /* of SceneItem */
    GArray *panels;        /* of ScenePanel */
    GArray *targets;       /* of SceneTarget, in the order of Tab */
    GArray *pictures;      /* of ScenePicture */
    GArray *meters;        /* of SceneMeter */
    GStringChunk *strings; /* of targets' arguments, until it is cleared */
    char focus[SCENE_ID_MAX], pressed[SCENE_ID_MAX];
} Scene;

Scene *scene_new(Fonts *fonts);
void scene_free(Scene *scene);
/* Empties it for a screen of that size; focus and pressed stay. */
void scene_clear(Scene *scene, double width, double height, guint32 background);

/* What follows belongs to this panel, until the next scene_panel() or scene_end(), which sets the prints. */
void scene_panel(Scene *scene, const char *name, Rect rect, guint32 background);
void scene_end(Scene *scene);

void scene_box(Scene *scene, Rect rect, double radius, guint32 fill);
void scene_frame(Scene *scene, Rect rect, double radius, guint32 fill, guint32 line, double line_width);
void scene_icon(Scene *scene, Icon icon, Rect rect, guint32 colour, guint32 on);
/* part (0 to 1) of a ring of line_width, clockwise from the top. */
void scene_ring(Scene *scene, Rect rect, double line_width, guint32 colour, guint32 track, double part);
/* As large as fits into rect, its corners rounded; image may be NULL: nothing. */
void scene_image(Scene *scene, cairo_surface_t *image, Rect rect, double radius);
/* Adds a text item as given (kind is set; text is copied). */
void scene_words(Scene *scene, const SceneItem *item);
/* One line, in the middle of rect's height. */
void scene_text(Scene *scene, Rect rect, TextStyle style, TextAlign align, guint32 colour, guint32 on, const char *text);
/* At most as many lines as fit, from the top. */
void scene_paragraph(Scene *scene, Rect rect, TextStyle style, guint32 colour, guint32 on, const char *text);
void scene_picture(Scene *scene, PictureKind kind, Rect rect);
void scene_meter(Scene *scene, const SceneMeter *meter);
SceneTarget *scene_target(Scene *scene, const char *id, Rect rect);
/* A copy of text that lives until the scene is cleared. */
const char *scene_string(Scene *scene, const char *text);

/* The target at that place, or with that id or key; NULL for none. Disabled ones are not found by place or key. */
const SceneTarget *scene_target_at(const Scene *scene, double x, double y);
const SceneTarget *scene_target_named(const Scene *scene, const char *id);
const SceneTarget *scene_target_for_key(const Scene *scene, int key);
/* The next (step 1) or previous (-1) enabled target from the focus, round the ends; NULL when there is none. */
const SceneTarget *scene_next_target(const Scene *scene, int step);
