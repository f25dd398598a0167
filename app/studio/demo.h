/* demo: the product-demo display: the shop's quiet picture, and that the booth is on air. Shows nothing of a customer. Main thread only. */
#pragma once

#include "studio/scene.h"
#include "studio/theme.h"
#include "text/text.h"

/* Fills scene for a screen of that size in design units. name: the booth's or the store's, may be "". */
void demo_build(Scene *scene, const Theme *theme, const Text *text, const char *name, gboolean on_air, double width, double height);
