#include "config/near.h"

#define SHORT_WORD 6 /* letters */

/* Into letters[], in one case; G_MAXUINT: too long. */
static guint spell(const char *word, gunichar letters[NEAR_WORD_MAX])
{
    guint count = 0;
    for (; *word; word = g_utf8_next_char(word)) {
        if (count == NEAR_WORD_MAX) return G_MAXUINT;
        letters[count++] = g_unichar_tolower(g_utf8_get_char(word));
    }
    return count;
}

guint near_distance(const char *a, const char *b, guint limit)
{
    gunichar left[NEAR_WORD_MAX], right[NEAR_WORD_MAX];
    guint rows[3][NEAR_WORD_MAX + 1]; /* of the matrix: this one and the two before */
    const guint m = spell(a, left), n = spell(b, right);
    if (m == G_MAXUINT || n == G_MAXUINT) return limit + 1;
    for (guint j = 0; j <= n; j++) rows[0][j] = j;
    for (guint i = 1; i <= m; i++) {
        guint *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (guint j = 1; j <= n; j++) {
            const gboolean same = left[i - 1] == right[j - 1];
            now[j] = MIN(MIN(before[j], now[j - 1]) + 1, before[j - 1] + (same ? 0 : 1));
            const gboolean swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped) now[j] = MIN(now[j], earlier[j - 2] + 1);
        }
    }
    return MIN(rows[m % 3][n], limit + 1);
}

gboolean near_is(const char *a, const char *b)
{
    const guint limit = g_utf8_strlen(b, -1) > SHORT_WORD ? 2 : 1;
    return near_distance(a, b, limit) <= limit;
}
