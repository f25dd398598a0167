/* The catalogue on the booth: words, what was meant by them, search, codes, accessories, damage; and the keeper that fetches it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* after those */
#include <cmocka.h>

#include "agent/catalogue_files.h"
#include "agent/catalogue_keeper.h"
#include "agent/catalogue_words.h"
#include "catalogue/pack.h"
#include "patience.h"
#include "scratch.h"

/* --- words
 * ---------------------------------------------------------------------------------------------------------------------------------- */

static void folds_words(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"Blå høyttaler", " bla hoyttaler"},
        {"ÆØÅ äöß", " aeoa aoss"},
        {"WH-1000XM5", " wh 1000xm5 xm5 wh1000xm5"},
        {"OLED-TV", " oled tv oledtv"},
        {"Jääkaappi, valkoinen", " jaakaappi valkoinen"},
        {"55\" 4K", " 55 4k"},
        {"  ", ""},
        {"Ｆｕｌｌ ﬁ", " full fi"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) words = g_string_new(NULL);
        catalogue_words_index(rows[i][0], words);
        assert_string_equal(words->str, rows[i][1]);
    }
    g_autofree char *long_word = g_strnfill(500, 'x');
    g_autoptr(GPtrArray) query = catalogue_words_query(long_word);
    assert_int_equal(query->len, 1);
    assert_int_equal(strlen(g_ptr_array_index(query, 0)), CATALOGUE_WORD_MAX);
    g_autoptr(GPtrArray) many = catalogue_words_query("a b c d e f g h i j");
    assert_int_equal(many->len, CATALOGUE_WORDS_MAX);
    g_autoptr(GPtrArray) broken = catalogue_words_query("a\xFF");
    assert_int_equal(broken->len, 0);
}

static CatalogueVocabulary *vocabulary_of(const char *const *words)
{
    CatalogueVocabularyWriter *writer = catalogue_vocabulary_writer_new();
    for (guint i = 0; words[i]; i++) catalogue_vocabulary_writer_add(writer, words[i], 1 + (gint64)strlen(words[i]));
    g_autoptr(GBytes) bytes = catalogue_vocabulary_writer_end(writer);
    return catalogue_vocabulary_new(bytes);
}

static void knows_what_was_meant(void **state)
{
    (void)state;
    static const char *const words[] = {"1000xm4",   "1000xm5", "bluetooth",    "hode", "hodetelefon", "hodetelefoner",
                                        "hoyttaler", "kabel",   "kaffetrakter", "sony", "tv",          NULL};
    static const struct {
        const char *word, *meant; /* the first of them, NULL: none */
    } rows[] = {{"hodetelefner", "hodetelefone"},
                {"blutooth", "bluetooth"},
                {"blutoth", "bluetooth"},
                {"bluetoth", "bluetooth"},
                {"hoytaler", "hoyttaler"},
                {"kafetraktr", "kaffetrakt"},
                {"kaebl", "kabel"},
                {"snoy", "sony"},
                {"tb", NULL},
                {"xyzzy", NULL},
                {"1000xm6", "1000xm4"},
                {"lbuetooth", "bluetooth"}};
    CatalogueVocabulary *vocabulary = vocabulary_of(words);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) meant = catalogue_vocabulary_near(vocabulary, rows[i].word, 5);
        gboolean well = rows[i].meant ? meant->len > 0 && g_str_has_prefix(g_ptr_array_index(meant, 0), rows[i].meant) : meant->len == 0;
        if (!well) fail_msg("%s: %u, %s", rows[i].word, meant->len, meant->len ? (char *)g_ptr_array_index(meant, 0) : "-");
    }
    assert_true(catalogue_vocabulary_has_prefix(vocabulary, "hodet"));
    assert_true(catalogue_vocabulary_has_prefix(vocabulary, "1000xm5"));
    assert_false(catalogue_vocabulary_has_prefix(vocabulary, "hodex"));
    catalogue_vocabulary_free(vocabulary);
    static const guint8 damaged[][4] = {{1, 1, 0, 'a'}, {0, 200, 0, 'a'}, {0, 2, 0, 'a'}};
    for (guint i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autoptr(GBytes) bytes = g_bytes_new(damaged[i], 4);
        assert_null(catalogue_vocabulary_new(bytes));
    }
}

/* The plain way to the distance, for comparison. */
static guint distance(const char *a, const char *b)
{
    const gsize m = strlen(a), n = strlen(b);
    guint d[32][32];
    for (gsize i = 0; i <= m; i++) d[i][0] = (guint)i;
    for (gsize j = 0; j <= n; j++) d[0][j] = (guint)j;
    for (gsize i = 1; i <= m; i++) {
        for (gsize j = 1; j <= n; j++) {
            d[i][j] = MIN(MIN(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[m][n];
}

static gint compare_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What is found is near, and something is found whenever something is near: against the plain way, over many random words. */
static void agrees_with_the_plain_way(void **state)
{
    (void)state;
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < 400; i++) {
        char word[12] = "";
        const gint length = g_rand_int_range(random, 4, 11);
        for (gint c = 0; c < length; c++) word[c] = "abc"[g_rand_int_range(random, 0, 3)];
        g_ptr_array_add(words, g_strdup(word));
    }
    g_ptr_array_sort(words, compare_text);
    g_ptr_array_add(words, NULL);
    CatalogueVocabulary *vocabulary = vocabulary_of((const char *const *)words->pdata);
    for (guint i = 0; i < 300; i++) {
        char word[12] = "";
        const gint length = g_rand_int_range(random, 4, 10);
        for (gint c = 0; c < length; c++) word[c] = "abcd"[g_rand_int_range(random, 0, 4)];
        const guint most = length <= 6 ? 1 : 2;
        guint best = 99;
        for (guint w = 0; w + 1 < words->len; w++) {
            for (gsize cut = 1; cut <= strlen(g_ptr_array_index(words, w)); cut++) {
                g_autofree char *prefix = g_strndup(g_ptr_array_index(words, w), cut);
                const guint far = distance(word, prefix);
                if (far > 0 || strcmp(word, prefix) == 0) best = MIN(best, far);
            }
        }
        g_autoptr(GPtrArray) near = catalogue_vocabulary_near(vocabulary, word, 5);
        for (guint n = 0; n < near->len; n++) assert_in_range(distance(word, g_ptr_array_index(near, n)), 1, most);
        if (best >= 1 && best <= most) assert_int_equal(distance(word, g_ptr_array_index(near, 0)), best);
    }
    catalogue_vocabulary_free(vocabulary);
}

/* --- a small catalogue
 * ------------------------------------------------------------------------------------------------------------------------- */

#define PRODUCT(id, title, brand, mpn, gtin, type, more)                                                                                   \
    "{\"id\":\"" id "\",\"title\":\"" title                                                                                                \
    "\",\"description\":\"D\",\"link\":\"https://a.example/\",\"images\":[\"https://a.example/1.png\",\"https://a.example/2.png\"],"       \
    "\"price_minor\":10000,\"currency\":\"NOK\",\"availability\":\"in_stock\",\"gtin\":\"" gtin "\",\"brand\":\"" brand                    \
    "\",\"mpn\":\"" mpn "\",\"type\":\"" type                                                                                              \
    "\",\"details\":[{\"section\":\"\",\"name\":\"Farge\",\"value\":\"rød\"}],\"highlights\":[]" more "}"

static const char *const products[] = {
    PRODUCT("WH5", "Polar WH-1000XM5 trådløse hodetelefoner", "Polar", "WH1000XM5", "036000291452", "Lyd > Hodetelefoner",
            ",\"sale_price_minor\":9000,\"sale_from_utc\":1000,\"sale_until_utc\":2000"),
    PRODUCT("WH4", "Polar WH-1000XM4 hodetelefoner", "Polar", "WH1000XM4", "", "Lyd > Hodetelefoner", ",\"sale_price_minor\":8000"),
    PRODUCT("TV1", "Nordlys OLED 55", "Nordlys", "N55", "7000100000002", "Bilde > TV", ",\"accessories\":[\"gone\",\"K1\",\"TV1\"]"),
    PRODUCT("K1", "HDMI-kabel til TV", "Strøm", "H1", "", "Bilde > Tilbehør > TV", ",\"stores\":{\"Oslo\":3,\"Bergen\":1}"),
    PRODUCT("V1", "Veggfeste", "Nordlys", "V1", "", "Bilde > Tilbehør > TV", ",\"stores\":{\"Bergen\":1}"),
    PRODUCT("V2", "Duk", "Annen", "V2", "", "Bilde > Tilbehør", ""),
    PRODUCT("P1", "Etui for hodetelefoner", "Polar", "E1", "", "Lyd > Tilbehør > Hodetelefoner", ""),
    PRODUCT("J1", "Jääkaappi", "Lumikki", "J1", "96385074", "Kjøkken", ""),
    PRODUCT("PS", "PlayBox 5 spillkonsoll", "Sverd", "PB5", "", "Spill", ""),
};

static char *pack_of(const char *folder, const char *const *lines, guint count)
{
    PackWriter *writer = pack_writer_new();
    for (guint i = 0; i < count; i++) pack_writer_add(writer, lines[i], strlen(lines[i]));
    g_autoptr(GBytes) bytes = pack_writer_end(writer);
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    char *path = g_build_filename(folder, "pack", NULL);
    assert_true(g_file_set_contents(path, data, (gssize)length, NULL));
    pack_writer_free(writer);
    return path;
}

typedef struct {
    char *folder, *path;
    CatalogueView view;
} Shelf;

static int set_up(void **state)
{
    g_autoptr(GError) error = NULL;
    Shelf *shelf = g_new0(Shelf, 1);
    shelf->folder = scratch_new();
    shelf->path = g_build_filename(shelf->folder, "c.db", NULL);
    g_autofree char *pack = pack_of(shelf->folder, products, G_N_ELEMENTS(products));
    const CatalogueManifest manifest = {.version = 1, .products = G_N_ELEMENTS(products)};
    gint stop = 0;
    if (!catalogue_db_build(pack, shelf->path, &manifest, &stop, &error)) fail_msg("%s", error->message);
    shelf->view = (CatalogueView){.db = catalogue_db_open(shelf->path, &error), .feed_utc = 77, .now_utc = 1500, .store = "Oslo"};
    assert_non_null(shelf->view.db);
    *state = shelf;
    return 0;
}

static int tear_down(void **state)
{
    Shelf *shelf = *state;
    catalogue_db_close(shelf->view.db);
    scratch_remove(shelf->folder);
    g_free(shelf->folder);
    g_free(shelf->path);
    g_free(shelf);
    return 0;
}

/* The ids of a list, with blanks between. */
static char *ids_of(json_t *list)
{
    GString *ids = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(list); i++)
        g_string_append_printf(ids, "%s%s", i ? " " : "", json_string_value(json_object_get(json_array_get(list, i), "id")));
    json_decref(list);
    return g_string_free(ids, FALSE);
}

static void searches(void **state)
{
    const Shelf *shelf = *state;
    static const char *const rows[][2] = {
        {"hodetelefoner", "WH5 WH4 P1"},
        {"HODETELE", "WH5 WH4 P1"},
        {"trådløs", "WH5"},
        {"tradlose hodet", "WH5"},
        {"hodetelefner", "WH5 WH4 P1"},
        {"wh-1000xm5", "WH5"},
        {"wh1000xm5", "WH5 WH4"},
        {"1000xm", "WH5 WH4"},
        {"xm5", "WH5"},
        {"tv", "TV1 K1 V1"},
        {"jaakaapi", "J1"},
        {"jääkaappi", "J1"},
        {"oled nordlys", "TV1"},
        {"play box", "PS"},
        {"playbox5", "PS"},
        {"036000291452", "WH5"},
        {"0036000291452", "WH5"},
        {"96385074", "J1"},
        {"", ""},
        {"!?\"'*:^()", ""},
        {"AND OR NOT", ""},
        {"name:x", ""},
        {"xyzzyqwerty", ""},
        {"pb5", "PS"},
        {"lumiki", "J1"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *ids = ids_of(catalogue_search(&shelf->view, rows[i][0], 20));
        if (strcmp(ids, rows[i][1]) != 0) fail_msg("\"%s\": %s, not %s", rows[i][0], ids, rows[i][1]);
    }
    g_autofree char *two = ids_of(catalogue_search(&shelf->view, "hodetelefoner", 2));
    assert_string_equal(two, "WH5 WH4");
    assert_false(catalogue_db_is_damaged(shelf->view.db));
}

static void makes_cards_and_products(void **state)
{
    Shelf *shelf = *state;
    json_t *list = catalogue_search(&shelf->view, "xm5", 1), *card = json_array_get(list, 0);
    assert_null(json_object_get(card, "description"));
    assert_int_equal(json_array_size(json_object_get(card, "images")), 1);
    assert_int_equal(json_integer_value(json_object_get(card, "feed_utc")), 77);
    assert_int_equal(json_integer_value(json_object_get(card, "sale_price_minor")), 9000);
    assert_null(json_object_get(card, "sale_until_utc"));
    json_decref(list);
    shelf->view.now_utc = 2000; /* the sale is over */
    json_t *product = catalogue_by_id(&shelf->view, "WH5");
    assert_null(json_object_get(product, "sale_price_minor"));
    assert_int_equal(json_array_size(json_object_get(product, "images")), 2);
    assert_int_equal(json_array_size(json_object_get(product, "accessories")), 0);
    json_decref(product);
    product = catalogue_by_code(&shelf->view, 7000100000002);
    assert_string_equal(json_string_value(json_object_get(product, "id")), "TV1");
    json_decref(product);
    assert_null(catalogue_by_id(&shelf->view, "nothing"));
    assert_null(catalogue_by_code(&shelf->view, 1));
}

/* A card says what the booth's own store has, and nothing where the feed does not say. */
static void cards_tell_the_stores_stock(void **state)
{
    Shelf *shelf = *state;
    json_t *list = catalogue_search(&shelf->view, "tv", 3);
    static const struct {
        const char *id;
        json_int_t here; /* -1: it does not say */
    } rows[] = {{"TV1", -1}, {"K1", 3}, {"V1", 0}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const json_t *card = json_array_get(list, i), *here = json_object_get(card, "in_store");
        assert_string_equal(json_string_value(json_object_get(card, "id")), rows[i].id);
        assert_int_equal(here ? json_integer_value(here) : -1, rows[i].here);
        assert_null(json_object_get(card, "stores"));
    }
    json_decref(list);
    shelf->view.store = "";
    json_t *product = catalogue_by_id(&shelf->view, "K1");
    assert_null(json_object_get(product, "in_store"));
    json_decref(product);
}

static void finds_accessories(void **state)
{
    const Shelf *shelf = *state;
    static const char *const rows[][2] = {{"TV1", "K1 V1 V2"}, {"WH5", "P1"}, {"K1", ""}, {"J1", ""}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *ids = ids_of(catalogue_accessories(&shelf->view, rows[i][0], 20));
        assert_string_equal(ids, rows[i][1]);
    }
    assert_null(catalogue_accessories(&shelf->view, "nothing", 20));
}

static void notices_damage(void **state)
{
    const Shelf *shelf = *state;
    g_autofree char *bytes = NULL, *broken = g_build_filename(shelf->folder, "broken.db", NULL);
    gsize length;
    assert_true(g_file_get_contents(shelf->path, &bytes, &length, NULL));
    for (gsize at = 0; at < length; at += 4096) {
        g_autofree char *copy = g_memdup2(bytes, length);
        memset(copy + at, 0x5A, 4096);
        g_file_set_contents(broken, copy, (gssize)length, NULL);
        CatalogueDb *db = catalogue_db_open(broken, NULL);
        const CatalogueView view = {.db = db, .feed_utc = 1, .now_utc = 1};
        if (!db) continue;
        /* Whatever it finds: it does not fall over. */
        json_decref(catalogue_search(&view, "hodetelefner", 20));
        json_decref(catalogue_by_id(&view, "TV1"));
        json_decref(catalogue_accessories(&view, "TV1", 5));
        catalogue_db_close(db);
    }
    assert_true(g_file_set_contents(broken, "no database", -1, NULL));
    assert_null(catalogue_db_open(broken, NULL));
}

static void refuses_wrong_packs(void **state)
{
    const Shelf *shelf = *state;
    static const char *const bad[] = {"[]", "{\"id\":1}", "{}", "nonsense"};
    gint stop = 0;
    g_autofree char *path = g_build_filename(shelf->folder, "d.db", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *pack = pack_of(shelf->folder, &bad[i], 1);
        const CatalogueManifest manifest = {.products = 1};
        assert_false(catalogue_db_build(pack, path, &manifest, &stop, &error));
        assert_non_null(error);
        assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *pack = pack_of(shelf->folder, products, 2);
    const CatalogueManifest manifest = {.products = 3};
    assert_false(catalogue_db_build(pack, path, &manifest, &stop, &error));
    stop = 1;
    g_clear_error(&error);
    assert_false(catalogue_db_build(pack, path, &manifest, &stop, &error));
    assert_true(g_error_matches(error, CATALOGUE_DB_ERROR, CATALOGUE_DB_STOPPED));
}

/* --- the keeper: a desk that answers as the test wants
 * -------------------------------------------------------------------------------------------- */

typedef struct {
    char *folder;
    CatalogueKeeper *keeper;
    CatalogueKeeperEvents events;
    CatalogueManifest manifest;
    char *bytes;
    gint64 asked, chunk; /* how often; which, -1: none */
} Centre;

static void on_get(void *data, gint64 version, gint64 chunk)
{
    Centre *centre = data;
    assert_int_equal(version, centre->manifest.version);
    centre->asked++;
    centre->chunk = chunk;
}

static void on_changed(void *data)
{
    (void)data;
}

/* A version with so many products, each with text that hardly compresses, and with its number in its id. */
static void make_version(Centre *centre, gint64 version, guint count)
{
    PackWriter *writer = pack_writer_new();
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)version);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GString) noise = g_string_new(NULL);
        for (guint n = 0; n < 200; n++) g_string_append_printf(noise, "%08x", g_rand_int(random));
        g_autofree char *line =
            g_strdup_printf("{\"id\":\"v%d-%u\",\"title\":\"Ting %u\",\"type\":\"\",\"brand\":\"\",\"gtin\":\"\",\"description\":\"%s\"}",
                            (int)version, i, i, noise->str);
        pack_writer_add(writer, line, strlen(line));
    }
    g_autoptr(GBytes) packed = pack_writer_end(writer);
    pack_writer_free(writer);
    g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, packed);
    gsize length;
    const char *bytes = g_bytes_get_data(packed, &length);
    g_free(centre->bytes);
    centre->bytes = g_memdup2(bytes, length);
    centre->manifest = (CatalogueManifest){.version = version, .bytes = (gint64)length, .products = count, .feed_utc = 100 + version};
    g_strlcpy(centre->manifest.sha256, hash, sizeof centre->manifest.sha256);
}

static void offer(Centre *centre)
{
    json_t *manifest = catalogue_manifest_json(&centre->manifest);
    catalogue_keeper_offer(centre->keeper, manifest);
    json_decref(manifest);
}

static void give(Centre *centre)
{
    const gint64 chunk = centre->chunk;
    g_autofree char *base64 = g_base64_encode((const guchar *)centre->bytes + chunk * CATALOGUE_CHUNK_BYTES,
                                              catalogue_manifest_chunk_bytes(&centre->manifest, chunk));
    centre->chunk = -1;
    catalogue_keeper_chunk(centre->keeper, centre->manifest.version, chunk, base64);
}

static gboolean is_state(Centre *centre, const char *state, gint64 version)
{
    json_t *json = catalogue_keeper_json(centre->keeper);
    gboolean is = strcmp(json_string_value(json_object_get(json, "state")), state) == 0 &&
                  json_integer_value(json_object_get(json, "version")) == version;
    json_decref(json);
    return is;
}

static gboolean on_wake(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

/* Gives whatever is asked for until the keeper has come to a state. */
static void run_until(Centre *centre, const char *state, gint64 version)
{
    guint wake = g_timeout_add(20, on_wake, NULL);
    const gint64 until = g_get_monotonic_time() + PATIENCE_US;
    while (!is_state(centre, state, version) && g_get_monotonic_time() < until) {
        if (centre->chunk >= 0)
            give(centre);
        else
            g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(wake);
    if (!is_state(centre, state, version)) fail_msg("it did not come to be %s", state);
}

static gboolean has(Centre *centre, const char *id)
{
    const CatalogueView *view = catalogue_keeper_view(centre->keeper, 1);
    json_t *product = view ? catalogue_by_id(view, id) : NULL;
    json_decref(product);
    return product != NULL;
}

static guint files_in(const Centre *centre)
{
    guint count = 0;
    g_autoptr(GDir) listing = g_dir_open(centre->folder, 0, NULL);
    while (g_dir_read_name(listing)) count++;
    return count;
}

static void start(Centre *centre)
{
    centre->chunk = -1;
    centre->keeper = catalogue_keeper_new(centre->folder, &centre->events);
}

static int set_up_centre(void **state)
{
    Centre *centre = g_new0(Centre, 1);
    centre->folder = scratch_new();
    centre->events = (CatalogueKeeperEvents){on_get, on_changed, centre};
    make_version(centre, 1, 200);
    start(centre);
    *state = centre;
    return 0;
}

static int tear_down_centre(void **state)
{
    Centre *centre = *state;
    catalogue_keeper_free(centre->keeper);
    scratch_remove(centre->folder);
    g_free(centre->folder);
    g_free(centre->bytes);
    g_free(centre);
    return 0;
}

static void fetches_and_swaps(void **state)
{
    Centre *centre = *state;
    assert_true(is_state(centre, "none", 0));
    assert_null(catalogue_keeper_view(centre->keeper, 1));
    offer(centre);
    run_until(centre, "ready", 1);
    assert_int_equal(centre->asked, catalogue_manifest_chunks(&centre->manifest));
    assert_true(centre->asked > 2);
    assert_true(has(centre, "v1-199"));
    assert_int_equal(files_in(centre), 2);
    make_version(centre, 2, 100);
    offer(centre);
    assert_true(is_state(centre, "fetching", 1));
    assert_true(has(centre, "v1-199")); /* the old one serves on */
    run_until(centre, "ready", 2);
    assert_false(has(centre, "v1-0")); /* what left the feed is gone */
    assert_true(has(centre, "v2-0"));
    assert_int_equal(files_in(centre), 2);
    /* The same products under a newer time: nothing is fetched. */
    const gint64 asked = centre->asked;
    centre->manifest.feed_utc = 999;
    offer(centre);
    assert_int_equal(centre->asked, asked);
    assert_int_equal(catalogue_keeper_view(centre->keeper, 1)->feed_utc, 999);
}

static void goes_on_after_a_cut(void **state)
{
    Centre *centre = *state;
    offer(centre);
    give(centre);
    give(centre);
    assert_int_equal(centre->chunk, 2);
    catalogue_keeper_cut_off(centre->keeper);
    centre->chunk = -1;
    offer(centre);
    assert_int_equal(centre->chunk, 2);
    give(centre);
    /* And after a restart; what lies there half is cut off. */
    catalogue_keeper_free(centre->keeper);
    assert_true(catalogue_files_append(centre->folder, (const guint8 *)"half", 4, NULL));
    start(centre);
    offer(centre);
    assert_int_equal(centre->chunk, 3);
    run_until(centre, "ready", 1);
    assert_true(has(centre, "v1-7"));
    /* Another version does not go on with this one's bytes. */
    make_version(centre, 2, 200);
    offer(centre);
    give(centre);
    make_version(centre, 3, 200);
    offer(centre);
    assert_int_equal(centre->chunk, 0);
    run_until(centre, "ready", 3);
}

static void fetches_again_what_is_damaged(void **state)
{
    Centre *centre = *state;
    g_autofree char *path = NULL;
    centre->bytes[50000] ^= 1; /* on the way, once */
    offer(centre);
    give(centre);
    give(centre);
    centre->bytes[50000] ^= 1;
    run_until(centre, "ready", 1);
    assert_true(has(centre, "v1-7"));
    /* On the disk, while the agent is away. */
    catalogue_keeper_free(centre->keeper);
    CatalogueCurrent current;
    assert_true(catalogue_files_read_current(centre->folder, &current));
    path = g_build_filename(centre->folder, current.file, NULL);
    g_autofree char *bytes = NULL;
    gsize length;
    assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    bytes[length - 5000] ^= 4;
    assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    start(centre);
    run_until(centre, "damaged", 0);
    assert_null(catalogue_keeper_view(centre->keeper, 1));
    offer(centre);
    run_until(centre, "ready", 1);
    assert_true(has(centre, "v1-7"));
}

static void holds_its_breath_in_a_call(void **state)
{
    Centre *centre = *state;
    catalogue_keeper_hold(centre->keeper, TRUE);
    offer(centre);
    assert_int_equal(centre->chunk, -1);
    catalogue_keeper_hold(centre->keeper, FALSE);
    assert_int_equal(centre->chunk, 0);
    catalogue_keeper_hold(centre->keeper, TRUE);
    give(centre);
    assert_int_equal(centre->chunk, -1);
    catalogue_keeper_hold(centre->keeper, FALSE);
    assert_int_equal(centre->chunk, 1);
    run_until(centre, "ready", 1);
}

static void ignores_nonsense(void **state)
{
    Centre *centre = *state;
    static const char *const bad[] = {"{}", "{\"version\":1,\"bytes\":0,\"sha256\":\"x\",\"products\":1,\"feed_utc\":0}",
                                      "{\"version\":1,\"bytes\":99999999999,\"sha256\":"
                                      "\"0000000000000000000000000000000000000000000000000000000000000000\",\"products\":1,\"feed_utc\":0}",
                                      "{\"version\":1,\"bytes\":5,\"sha256\":\"../../../../../../../../../../../../../../../../../../etc/"
                                      "passwd/x\",\"products\":1,\"feed_utc\":0}"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        json_t *manifest = json_loads(bad[i], 0, NULL);
        catalogue_keeper_offer(centre->keeper, manifest);
        json_decref(manifest);
        assert_true(is_state(centre, "none", 0));
    }
    catalogue_keeper_chunk(centre->keeper, 1, 0, "AAAA"); /* nobody asked */
    offer(centre);
    catalogue_keeper_chunk(centre->keeper, 1, 1, "AAAA"); /* another chunk */
    catalogue_keeper_chunk(centre->keeper, 2, 0, "AAAA"); /* another version */
    assert_int_equal(centre->asked, 1);
    catalogue_keeper_refused(centre->keeper, 1, 0, "stale");
    assert_true(is_state(centre, "none", 0));
    offer(centre);
    catalogue_keeper_chunk(centre->keeper, 1, 0, "AAAA"); /* too short: asked for again */
    assert_int_equal(centre->asked, 3);
    run_until(centre, "ready", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_words),
        cmocka_unit_test(knows_what_was_meant),
        cmocka_unit_test(agrees_with_the_plain_way),
        cmocka_unit_test_setup_teardown(searches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(makes_cards_and_products, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cards_tell_the_stores_stock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_accessories, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_wrong_packs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fetches_and_swaps, set_up_centre, tear_down_centre),
        cmocka_unit_test_setup_teardown(goes_on_after_a_cut, set_up_centre, tear_down_centre),
        cmocka_unit_test_setup_teardown(fetches_again_what_is_damaged, set_up_centre, tear_down_centre),
        cmocka_unit_test_setup_teardown(holds_its_breath_in_a_call, set_up_centre, tear_down_centre),
        cmocka_unit_test_setup_teardown(ignores_nonsense, set_up_centre, tear_down_centre),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
