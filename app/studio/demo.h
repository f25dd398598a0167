/* demo: what the product-demo display shows: the brand when nothing is shown, a product, several side by side, pictures, a video.
 *
 * Lays out a scene; keeps nothing. Of a customer it knows no more than that one is being helped. Main thread only. */
#pragma once

#include "studio/gallery.h"
#include "studio/scene.h"
#include "studio/theme.h"
#include "text/text.h"

#include <jansson.h>

typedef struct {
    Scene *scene;
    const Theme *theme;
    const Text *text;
    const char *name;      /* of the store */
    const char *brand;     /* "" is ours */
    cairo_surface_t *idle; /* the brand's picture, or NULL */
    gboolean on_air;
    const json_t *show; /* of the snapshot; NULL or null: nothing is shown */
    Gallery *gallery;   /* NULL: no pictures */
    gboolean video;     /* it has a picture now */
} Demo;

/* Fills demo->scene for a screen of that size in design units. */
void demo_build(const Demo *demo, double width, double height);

/* What is shown in words: "idle", or the kind, the ids and the picture's number; to g_free(). The frame code (frame_code.h) is of them. */
char *demo_words(const Demo *demo);
