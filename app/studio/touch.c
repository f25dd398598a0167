#include "studio/touch.h"

void touch_focus(Scene *scene, const SceneTarget *target)
{
    if (target)
        g_strlcpy(scene->focus, target->id, sizeof scene->focus);
    else
        scene->focus[0] = '\0';
    if (target && target->field)
        SDL_StartTextInput();
    else
        SDL_StopTextInput();
}

static gboolean press(Scene *scene, double x, double y)
{
    const SceneTarget *target = scene_target_at(scene, x, y);
    g_strlcpy(scene->pressed, target ? target->id : "", sizeof scene->pressed);
    if (target && target->field)
        touch_focus(scene, target);
    else if (scene->focus[0] && !(target && target->keeps_focus))
        touch_focus(scene, NULL);
    return TRUE;
}

/* Only where it was pressed: a finger that slides off, or a screen that changed below it, does nothing. */
static gboolean let_go(Scene *scene, double x, double y, const TouchEvents *events)
{
    if (!scene->pressed[0]) return FALSE;
    const SceneTarget *target = scene_target_at(scene, x, y);
    gboolean same = target && g_str_equal(target->id, scene->pressed);
    scene->pressed[0] = '\0';
    if (same && !target->field) events->activate(events->data, target);
    return TRUE;
}

static gboolean activate(Scene *scene, const SceneTarget *target, const TouchEvents *events)
{
    if (!target || target->disabled) return FALSE;
    if (target->field)
        touch_focus(scene, target);
    else
        events->activate(events->data, target);
    return TRUE;
}

static gboolean key_in_field(Scene *scene, SDL_Keycode key, const TouchEvents *events)
{
    switch (key) {
    case SDLK_ESCAPE: touch_focus(scene, NULL); return TRUE;
    case SDLK_BACKSPACE: events->rubbed_out(events->data); return TRUE;
    case SDLK_RETURN:
    case SDLK_KP_ENTER: events->submit(events->data); return TRUE;
    default: return FALSE;
    }
}

static gboolean key_down(Scene *scene, const SDL_KeyboardEvent *event, const TouchEvents *events)
{
    SDL_Keycode key = event->keysym.sym;
    const SceneTarget *focus = scene_target_named(scene, scene->focus);
    gboolean field = focus && focus->field;
    if (key == SDLK_TAB) {
        touch_focus(scene, scene_next_target(scene, event->keysym.mod & KMOD_SHIFT ? -1 : 1));
        return TRUE;
    }
    if (field && key_in_field(scene, key, events)) return TRUE;
    /* A held key must not accept, then end, then answer the next. */
    if (event->repeat) return FALSE;
    gboolean function_key = key >= SDLK_F1 && key <= SDLK_F12;
    if (field && !function_key) return FALSE;
    if (key == SDLK_RETURN || key == SDLK_KP_ENTER || key == SDLK_SPACE) return activate(scene, focus, events);
    if (key >= SDLK_KP_1 && key <= SDLK_KP_9) key = SDLK_1 + (key - SDLK_KP_1);
    return activate(scene, scene_target_for_key(scene, key), events);
}

gboolean touch_handle(Scene *scene, const SDL_Event *event, double scale, int width, int height, const TouchEvents *events)
{
    switch (event->type) {
    case SDL_MOUSEMOTION: SDL_ShowCursor(SDL_ENABLE); return FALSE;
    case SDL_MOUSEBUTTONDOWN:
        return event->button.button == SDL_BUTTON_LEFT && press(scene, event->button.x / scale, event->button.y / scale);
    case SDL_MOUSEBUTTONUP: return let_go(scene, event->button.x / scale, event->button.y / scale, events);
    case SDL_FINGERDOWN:
        SDL_ShowCursor(SDL_DISABLE);
        return press(scene, (double)event->tfinger.x * width / scale, (double)event->tfinger.y * height / scale);
    case SDL_FINGERUP: return let_go(scene, (double)event->tfinger.x * width / scale, (double)event->tfinger.y * height / scale, events);
    case SDL_KEYDOWN: return key_down(scene, &event->key, events);
    case SDL_TEXTINPUT: {
        const SceneTarget *focus = scene_target_named(scene, scene->focus);
        if (focus && focus->field) events->typed(events->data, event->text.text);
        return focus && focus->field;
    }
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_EXPOSED || event->window.event == SDL_WINDOWEVENT_SIZE_CHANGED)
            events->uncovered(events->data);
        return FALSE;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET: events->uncovered(events->data); return FALSE;
    default: return FALSE;
    }
}
