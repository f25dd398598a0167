#include "studio/demo.h"

#include "studio/draw.h"

#define BRAND "Livebooth"

void demo_build(Scene *scene, const Theme *theme, const Text *text, const char *name, gboolean on_air, double width, double height)
{
    scene_clear(scene, width, height, theme->background);
    Rect screen = {0, 0, width, height};
    scene_panel(scene, "demo", screen, theme->background);
    /* Wide, quiet circles that meet behind the mark. */
    for (int i = 4; i > 0; i--) {
        double size = 220.0 + 210.0 * i;
        scene_box(scene, rect_centre(screen, size, size), size / 2, theme_mix(theme->background, theme->accent_fill, 0.05 * (5 - i)));
    }
    guint32 centre = theme_mix(theme->background, theme->accent_fill, 0.20);
    const char *line = text_get(text, "demo", on_air ? "live_line" : "idle_line");
    Rect block = rect_centre(screen, width - 160, 112 + 28 + 96 + 12 + 44);
    Rect badge = rect_centre(rect_cut_top(&block, 112, 28), 112, 112);
    scene_box(scene, badge, 30, theme->accent_fill);
    scene_icon(scene, ICON_BRAND, rect_centre(badge, 64, 64), theme->on_accent, theme->accent_fill);
    scene_text(scene, rect_cut_top(&block, 96, 12), STYLE_HUGE, ALIGN_CENTRE, theme->text, centre, BRAND);
    scene_text(scene, block, STYLE_BUTTON_BIG, ALIGN_CENTRE, theme->text, centre, line);
    if (*name) {
        Rect bottom = {80, height - 88, width - 160, 40};
        scene_words(scene, &(SceneItem){.rect = bottom,
                                        .style = STYLE_HEADING,
                                        .align = ALIGN_CENTRE,
                                        .colour = theme->text_soft,
                                        .on = theme->background,
                                        .text = (char *)name,
                                        .foreign = TRUE});
    }
    if (on_air) {
        const char *word = text_get(text, "demo", "live_title");
        double words = draw_text_width(scene->fonts, STYLE_BUTTON_BIG, word) + 1;
        Rect pill = {width - 64 - words - 24 - 14 - 48, 56, words + 24 + 14 + 48, 60};
        scene_box(scene, pill, 30, theme->danger_fill);
        Rect inner = rect_inset(pill, 24, 0);
        scene_icon(scene, ICON_CAMERA, rect_centre(rect_cut_left(&inner, 24, 14), 24, 24), theme->on_danger, theme->danger_fill);
        scene_text(scene, inner, STYLE_BUTTON_BIG, ALIGN_LEFT, theme->on_danger, theme->danger_fill, word);
    }
    scene_end(scene);
}
