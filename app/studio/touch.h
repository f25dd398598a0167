/* touch: SDL's events of mouse, touch and keyboard turned into what they mean for a scene. Main thread only. */
#pragma once

#include "studio/scene.h"

#include <SDL2/SDL.h>

typedef struct {
    void (*activate)(void *data, const SceneTarget *target); /* a button was pressed and let go, or its key */
    void (*typed)(void *data, const char *text);             /* into the field that has the focus */
    void (*rubbed_out)(void *data);
    void (*submit)(void *data); /* Enter in a field */
    void (*uncovered)(void *data);
    void *data;
} TouchEvents;

/* Handles one event of the window that shows scene. scale: pixels of a design unit; width, height: of the window in pixels.
 * Returns TRUE when the scene has to be built again (focus or what is pressed changed). */
gboolean touch_handle(Scene *scene, const SDL_Event *event, double scale, int width, int height, const TouchEvents *events);
/* Gives the focus to target, or to none when NULL, and turns text input on or off. */
void touch_focus(Scene *scene, const SceneTarget *target);
