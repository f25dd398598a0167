/* gallery: products' pictures: fetched from the shop over HTTP, decoded and scaled on threads of its own, and kept for a while.
 *
 * Whatever a shop's server does, the main thread never waits: until a picture is there, and when it does not come, is too large or is
 * none, there is no picture. Main thread only. */
#pragma once

#include <cairo.h>
#include <glib.h>

typedef struct Gallery Gallery;

#define GALLERY_BYTES_MAX   (8 * 1024 * 1024)  /* of one picture as it comes */
#define GALLERY_PIXELS_MAX  (40 * 1000 * 1000) /* and when it is unpacked */
#define GALLERY_KEPT_MAX    (32 * 1024 * 1024) /* bytes of all that are kept */
#define GALLERY_FETCH_S     8                  /* one picture, from its address to the end */
#define GALLERY_AGAIN_S     30                 /* before a failed one is tried again */
#define GALLERY_WAITING_MAX 48                 /* pictures asked for and not there yet */

typedef enum { GALLERY_SMALL, GALLERY_LARGE, GALLERY_SIZES } GallerySize; /* longest side: 128 or 1024 pixels */
typedef enum { GALLERY_COMING, GALLERY_THERE, GALLERY_FAILED } GalleryState;

/* changed is called when a picture came, or will not. */
Gallery *gallery_new(void (*changed)(void *data), void *data);
void gallery_free(Gallery *gallery); /* waits for at most a read of its threads; NULL is fine */

/* The picture of an http or https address, or NULL while there is none; asking fetches it. Belongs to the gallery, valid until the main
 * loop runs again. ret_state may be NULL. */
cairo_surface_t *gallery_get(Gallery *gallery, const char *address, GallerySize size, GalleryState *ret_state);

/* The colour around what a picture shows, 0xRRGGBB: that of its corners when they are alike, else white. */
guint32 gallery_paper(cairo_surface_t *picture);

/* Decodes and scales a JPEG, PNG, WebP or GIF (its first picture); NULL: it is none, or too large. Any thread. */
cairo_surface_t *gallery_decode(const guint8 *bytes, gsize length, int side);
