/* The feed reader: both formats, every attribute, every reason to refuse; what it makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* after those */
#include <cmocka.h>

#include "catalogue/gtin.h"
#include "catalogue/manifest.h"
#include "catalogue/money.h"
#include "catalogue/pack.h"
#include "feed/feed.h"
#include "feed/product.h"
#include "scratch.h"

/* Reads a feed in pieces of so many bytes. */
static Feed *read_in(const char *text, gsize length, gsize piece, GError **error)
{
    Feed *feed = feed_new(FEED_FORMAT_GUESS);
    for (gsize at = 0; at < length; at += piece) {
        if (feed_push(feed, text + at, MIN(piece, length - at), error)) continue;
        feed_free(feed);
        return NULL;
    }
    if (feed_end(feed, 100, error)) return feed;
    feed_free(feed);
    return NULL;
}

static Feed *read_feed(const char *text)
{
    g_autoptr(GError) error = NULL;
    Feed *feed = read_in(text, strlen(text), strlen(text), &error);
    if (!feed) fail_msg("%s", error->message);
    return feed;
}

static gboolean keep_line(gpointer data, const char *line, gsize length, gint64 number, GError **error)
{
    (void)number;
    (void)error;
    json_array_append_new(data, json_loadb(line, length, 0, NULL));
    return TRUE;
}

/* What booths would get: an array of products. */
static json_t *unpack(Feed *feed)
{
    g_autofree char *folder = scratch_new(), *path = g_build_filename(folder, "pack", NULL);
    g_autoptr(GBytes) packed = feed_pack(feed);
    g_autoptr(GError) error = NULL;
    json_t *list = json_array();
    gsize length;
    const char *bytes = g_bytes_get_data(packed, &length);
    assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    assert_true(pack_read(path, keep_line, list, NULL, &error));
    scratch_remove(folder);
    return list;
}

static void same(const json_t *product, const char *expected)
{
    json_error_t cause;
    json_t *wanted = json_loads(expected, 0, &cause);
    if (!wanted) fail_msg("%s at %d", cause.text, cause.position);
    g_autofree char *text = json_dumps(product, JSON_SORT_KEYS | JSON_INDENT(1) | JSON_REAL_PRECISION(4));
    g_autofree char *wanted_text = json_dumps(wanted, JSON_SORT_KEYS | JSON_INDENT(1) | JSON_REAL_PRECISION(4));
    assert_string_equal(text, wanted_text);
    json_decref(wanted);
}

#define RSS_HEAD                                                                                                                           \
    "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\"><channel><title>Shop</title>"                   \
    "<lastBuildDate>Sun, 01 Mar 2026 10:00:00 +0100</lastBuildDate>"
#define RSS_TAIL "</channel></rss>"
#define NEEDED                                                                                                                             \
    "<g:id>1</g:id><title>T</title><description>D</description><link>https://a.example/1</link>"                                           \
    "<g:image_link>https://a.example/1.png</g:image_link><g:availability>in_stock</g:availability>"

static const char whole_xml[] = RSS_HEAD
    "<item><g:id>A1</g:id><title>  Blå\n høyttaler &amp; mer </title><description><![CDATA[<p>Lyd</p><ul><li>en</li><li>to &amp; "
    "tre</li></ul>]]></description>"
    "<link>https://shop.example/a1?x=1,2</link><g:image_link>https://img.example/a1.png</g:image_link>"
    "<g:additional_image_link>https://img.example/a2.png</g:additional_image_link>"
    "<g:additional_image_link>https://img.example/a3,4.png, https://img.example/a5.png</g:additional_image_link>"
    "<g:availability>in stock</g:availability><g:price>1299.90 NOK</g:price><g:sale_price>999 NOK</g:sale_price>"
    "<g:sale_price_effective_date>2026-02-24T13:00+0100/2026-02-28T15:30:30+0100</g:sale_price_effective_date>"
    "<g:gtin>036000291452</g:gtin><g:mpn>SRS-1</g:mpn><g:brand>Nordlys</g:brand><g:condition>refurbished</g:condition>"
    "<g:product_type>Lyd &gt; Høyttalere</g:product_type><g:google_product_category>249</g:google_product_category>"
    "<g:product_detail><g:section_name>Mål</g:section_name><g:attribute_name>Vekt</g:attribute_name><g:attribute_value>1,2 kg: "
    "let</g:attribute_value></g:product_detail>"
    "<g:product_detail><g:attribute_name>Farge</g:attribute_name><g:attribute_value>blå</g:attribute_value></g:product_detail>"
    "<g:product_highlight>Lang batteritid</g:product_highlight><g:item_group_id>G</g:item_group_id>"
    "<g:related_product><g:relationship_type>often_bought_with</g:relationship_type><g:identifier_type>id</"
    "g:identifier_type><g:identifier>B2</g:identifier></g:related_product>"
    "<g:related_product><g:relationship_type>accessory</g:relationship_type><g:identifier_type>gtin</"
    "g:identifier_type><g:identifier>7000100000019</g:identifier></g:related_product>"
    "<g:related_product><g:relationship_type>substitute</g:relationship_type><g:identifier_type>id</g:identifier_type><g:identifier>B2</"
    "g:identifier></g:related_product>"
    "<g:product_rating>4,46</g:product_rating><g:product_review_count>12</g:product_review_count>"
    "<g:store_availability><g:store_code>oslo</g:store_code><g:quantity>3</g:quantity></g:store_availability>"
    "<g:video_link>https://img.example/v.mp4</g:video_link><g:shipping><g:country>NO</g:country><g:price>99 "
    "NOK</g:price></g:shipping></item>"
    "<item>"
    "<g:id>B2</g:id><title>Kabel</title><description>D</description><link>https://a.example/1</link>"
    "<g:image_link>https://a.example/1.png</g:image_link><g:availability>backorder</g:availability><g:price>NOK 99,50</g:price></item>"
    "<item>"
    "<g:id>C3</g:id><title>Lader</title><description>D</description><link>https://a.example/1</link><g:gtin>7000100000019</g:gtin>"
    "<g:image_link>https://a.example/1.png</g:image_link><g:availability>out_of_stock</g:availability><g:price>0.00 "
    "NOK</g:price></item>" RSS_TAIL;

#define WHOLE                                                                                                                                \
    "{\"id\":\"A1\",\"title\":\"Blå høyttaler & mer\",\"description\":\"Lyd\\nen\\nto & tre\",\"link\":\"https://shop.example/a1?x=1,2\"," \
    "\"images\":[\"https://img.example/a1.png\",\"https://img.example/a2.png\",\"https://img.example/a3,4.png\",\"https://img.example/"      \
    "a5.png\"],"                                                                                                                             \
    "\"price_minor\":129990,\"currency\":\"NOK\",\"sale_price_minor\":99900,\"sale_from_utc\":1771934400000,\"sale_until_utc\":"             \
    "1772289030000,"                                                                                                                         \
    "\"availability\":\"in_stock\",\"gtin\":\"036000291452\",\"brand\":\"Nordlys\",\"mpn\":\"SRS-1\",\"group\":\"G\",\"condition\":"         \
    "\"refurbished\","                                                                                                                       \
    "\"type\":\"Lyd > Høyttalere\",\"rating\":4.5,\"ratings\":12,\"details\":[{\"section\":\"Mål\",\"name\":\"Vekt\",\"value\":\"1,2 kg: " \
    "let\"},"                                                                                                                                \
    "{\"section\":\"\",\"name\":\"Farge\",\"value\":\"blå\"}],\"highlights\":[\"Lang batteritid\"],\"stores\":{\"oslo\":3},"                \
    "\"video\":\"https://img.example/v.mp4\",\"accessories\":[\"C3\",\"B2\"]}"

static void reads_rss(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    static const gsize pieces[] = {1, 2, 3, 7, 64, 100000};
    for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
        Feed *feed = read_in(whole_xml, strlen(whole_xml), pieces[i], &error);
        if (!feed) fail_msg("%s", error->message);
        assert_int_equal(feed_products(feed), 3);
        assert_int_equal(feed_report(feed)->refused + feed_report(feed)->warnings, 0);
        assert_int_equal(feed_written_utc(feed), 1772355600000);
        json_t *list = unpack(feed);
        same(json_array_get(list, 0), WHOLE);
        assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "price_minor")), 9950);
        assert_string_equal(json_string_value(json_object_get(json_array_get(list, 2), "availability")), "out_of_stock");
        json_decref(list);
        feed_free(feed);
    }
}

static void reads_atom(void **state)
{
    (void)state;
    Feed *feed = read_feed(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:g=\"http://base.google.com/ns/1.0\"><updated>2026-03-01T10:00:00+01:00</updated>"
        "<entry><g:id>7</g:id><id>tag:x</id><title>Old</title><g:title>Ny</g:title><summary>S</summary><link rel=\"self\" "
        "href=\"https://a.example/self\"/>"
        "<link href=\"https://a.example/7\"/><g:image_link>https://a.example/7.png</g:image_link><g:price>10 SEK</g:price>"
        "<g:availability>preorder</g:availability></entry></feed>");
    assert_int_equal(feed_written_utc(feed), 1772355600000);
    json_t *list = unpack(feed);
    same(json_array_get(list, 0),
         "{\"id\":\"7\",\"title\":\"Ny\",\"description\":\"S\",\"link\":\"https://a.example/7\",\"images\":[\"https://a.example/7.png\"],"
         "\"price_minor\":1000,\"currency\":\"SEK\",\"availability\":\"preorder\",\"gtin\":\"\",\"brand\":\"\",\"mpn\":\"\",\"type\":\"\","
         "\"details\":[],\"highlights\":[]}");
    json_decref(list);
    feed_free(feed);
}

static const char whole_tsv[] =
    "\xEF\xBB\xBFId\tTitle\tdescription\tlink\timage link\tadditional image link\tavailability\tprice\tsale_price\tsale price effective "
    "date\tgtin\tmpn\tbrand\tcondition\t"
    "product_type\tproduct_detail(section_name:attribute_name:attribute_value)\tproduct_highlight\titem group "
    "id\trelated_product\tproduct_rating\t"
    "product_review_count\tstore_availability\tvideo_link\tsomething else\r\n"
    "A1\tBlå høyttaler & mer\t\"<p>Lyd</p><ul><li>en</li>\n<li>to & "
    "tre</li></ul>\"\thttps://shop.example/a1?x=1,2\thttps://img.example/a1.png\t"
    "https://img.example/a2.png,https://img.example/a3,4.png,https://img.example/a5.png\tin_stock\t1299.90 NOK\t999.00 NOK\t"
    "2026-02-24T13:00+0100/2026-02-28T15:30:30+0100\t036000291452\tSRS-1\tNordlys\trefurbished\tLyd > Høyttalere\t"
    "\"Mål:Vekt:\"\"1,2 kg: let\"\",:Farge:blå\"\tLang "
    "batteritid\tG\toften_bought_with:id:B2,accessory:gtin:7000100000019\t4.46\t12\toslo:3\t"
    "https://img.example/v.mp4\tx\r\n"
    "B2\tKabel\tD\thttps://a.example/1\thttps://a.example/1.png\t\tbackorder\t99.50 NOK\r\n\r\n"
    "C3\tLader\tD\thttps://a.example/1\thttps://a.example/1.png\t\tout_of_stock\t0 NOK\t\t\t7000100000019";

static void reads_tsv(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    for (gsize piece = 1; piece < 4000; piece = piece * 5 + 1) {
        Feed *feed = read_in(whole_tsv, strlen(whole_tsv), piece, &error);
        if (!feed) fail_msg("%s", error->message);
        assert_int_equal(feed_products(feed), 3);
        json_t *list = unpack(feed);
        same(json_array_get(list, 0), WHOLE);
        json_decref(list);
        feed_free(feed);
    }
}

/* One item with more in it, and what is said of it. */
static void expect_fault(const char *more, gboolean refused, const char *attribute, const char *why)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        g_strconcat(RSS_HEAD "<item><g:id>ok</g:id><title>T</title><description>D</description><link>https://a.example/1</link>"
                             "<g:image_link>https://a.example/1.png</g:image_link><g:availability>in_stock</g:availability><g:price>1 "
                             "NOK</g:price></item>\n<item>",
                    more, "</item>" RSS_TAIL, NULL);
    Feed *feed = read_in(text, strlen(text), 1000, &error);
    if (!feed) fail_msg("%s: %s", more, error->message);
    const FeedReport *report = feed_report(feed);
    if (report->faults->len != 1) fail_msg("%s: %u faults", more, report->faults->len);
    const FeedFault *fault = &g_array_index(report->faults, FeedFault, 0);
    if (fault->refused != refused || strcmp(fault->attribute, attribute) != 0 || !strstr(fault->why, why) || fault->line != 2 ||
        !*fault->advice)
        fail_msg("%s: %d line %u %s: %s", more, fault->refused, fault->line, fault->attribute, fault->why);
    assert_int_equal(feed_products(feed), refused ? 1 : 2);
    feed_free(feed);
}

#define PRICE "<g:price>1 NOK</g:price>"

static void refuses_rows(void **state)
{
    (void)state;
    expect_fault(PRICE "<title>T</title>", TRUE, "id", "missing");
    expect_fault(NEEDED, TRUE, "price", "missing");
    expect_fault("<g:id>1</g:id>" PRICE, TRUE, "title", "missing");
    expect_fault("<g:id>ok</g:id><title>T</title><description>D</description><link>https://a.example/1</link>"
                 "<g:image_link>https://a.example/1.png</g:image_link><g:availability>in_stock</g:availability>" PRICE,
                 TRUE, "id", "the same");
    expect_fault(NEEDED "<g:price>199</g:price>", TRUE, "price", "no currency");
    expect_fault(NEEDED "<g:price>199 ZZZ</g:price>", TRUE, "price", "unknown");
    expect_fault(NEEDED "<g:price>kr 199</g:price>", TRUE, "price", "no amount");
    expect_fault(NEEDED "<g:price>-5 NOK</g:price>", TRUE, "price", "no amount");
    expect_fault(NEEDED "<g:price>1.999 NOK</g:price>", TRUE, "price", "decimals");
    expect_fault(NEEDED "<g:price>99999999999999999999 NOK</g:price>", TRUE, "price", "no amount");
    expect_fault(NEEDED PRICE "<g:gtin>7000100000018</g:gtin>", TRUE, "gtin", "check digit");
    expect_fault(NEEDED PRICE "<g:gtin>123</g:gtin>", TRUE, "gtin", "no GTIN");
    expect_fault("<g:id>1</g:id><title>a\xFFz</title><description>D</description><link>https://a.example/1</link>" PRICE, TRUE, "title",
                 "UTF-8");
    expect_fault("<g:id>1</g:id><title>a\x01z</title>", TRUE, "title", "UTF-8");
    expect_fault("<g:id>123456789012345678901234567890123456789012345678901</g:id>", TRUE, "id", "too long");
    expect_fault("<g:id>1</g:id><title>T</title><description>D</description><link>javascript:alert(1)</link>" PRICE, TRUE, "link",
                 "no web address");
    expect_fault("<g:id>1</g:id><title>T</title><description>D</description><link>https:///x</link>" PRICE, TRUE, "link", "no web address");
    expect_fault("<g:id>1</g:id><title>T</title><description>D</description><link>https://u:p@a.example/</link>" PRICE, TRUE, "link",
                 "no web address");
    expect_fault("<g:id>1</g:id><title>T</title><description>D</description><link>https://a.example/1</link><g:image_link>ftp://a.example/"
                 "1.png</g:image_link>",
                 TRUE, "image_link", "no web address");
}

static void refuses_long_text(void **state)
{
    (void)state;
    g_autofree char *title = g_strnfill(151, 'x'), *text = g_strnfill(70000, 'y');
    g_autofree char *one = g_strdup_printf("<g:id>1</g:id><title>%s</title>", title);
    g_autofree char *two = g_strdup_printf("<g:id>1</g:id><title>T</title><description>%s</description>", text);
    expect_fault(one, TRUE, "title", "too long");
    expect_fault(two, TRUE, "description", "too long");
    g_autoptr(GString) many = g_string_new(NEEDED PRICE);
    g_autofree char *value = g_strnfill(900, 'v');
    for (int i = 0; i < 15; i++)
        g_string_append_printf(
            many, "<g:product_detail><g:attribute_name>n%d</g:attribute_name><g:attribute_value>%s</g:attribute_value></g:product_detail>",
            i, value);
    expect_fault(many->str, TRUE, "", "12 KiB");
}

static void leaves_out_attributes(void **state)
{
    (void)state;
    expect_fault(NEEDED PRICE "<g:sale_price>2 NOK</g:sale_price>", FALSE, "sale_price", "not below");
    expect_fault(NEEDED PRICE "<g:sale_price>0.5 SEK</g:sale_price>", FALSE, "sale_price", "currency");
    expect_fault(NEEDED PRICE "<g:sale_price>0.5 NOK</g:sale_price><g:sale_price_effective_date>soon</g:sale_price_effective_date>", FALSE,
                 "sale_price", "period");
    expect_fault(NEEDED PRICE "<g:product_rating>6</g:product_rating>", FALSE, "product_rating", "0 to 5");
    expect_fault(NEEDED PRICE "<g:product_rating>nan</g:product_rating>", FALSE, "product_rating", "0 to 5");
    expect_fault(NEEDED PRICE "<g:product_rating>4</g:product_rating><g:review_count>many</g:review_count>", FALSE, "product_review_count",
                 "number");
    expect_fault(NEEDED PRICE "<g:product_detail>alone</g:product_detail>", FALSE, "product_detail", "missing");
    expect_fault(NEEDED PRICE "<g:condition>shiny</g:condition>", FALSE, "condition", "unknown");
    expect_fault(NEEDED PRICE "<g:video_link>file:///etc/passwd</g:video_link>", FALSE, "video_link", "no web address");
    expect_fault(NEEDED PRICE "<g:additional_image_link>data:x</g:additional_image_link>", FALSE, "additional_image_link",
                 "no web address");
    expect_fault(NEEDED PRICE "<g:store_availability>oslo:-1</g:store_availability>", FALSE, "store_availability", "no store");
    expect_fault(NEEDED PRICE "<g:related_product>accessory:gtin:12</g:related_product>", FALSE, "related_product", "names no product");
}

static void expect_broken(const char *text, gsize length, const char *why)
{
    g_autoptr(GError) error = NULL;
    assert_null(read_in(text, length, 10, &error));
    if (!strstr(error->message, why)) fail_msg("%s", error->message);
}

#define BROKEN(text, why) expect_broken(text, sizeof(text) - 1, why)

static void refuses_broken_feeds(void **state)
{
    (void)state;
    BROKEN("", "empty");
    BROKEN("<rss><channel><item></channel></rss>", "line 1");
    BROKEN("<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><rss>&b;</rss>", "document type");
    BROKEN("<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><rss/>", "document type");
    BROKEN("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>", "too deep");
    BROKEN("<rss><channel/></rss>", "no product");
    BROKEN("<rss>&nbsp;</rss>", "line 1");
    BROKEN("hello\nworld\n", "names no column \"id\"");
    BROKEN("id\ttitle\tprice\n1\t\"never closed\t1 NOK\n", "quoted value");
    BROKEN("\xFF\xFEi\0d\0", "UTF-16");
}

static void respects_the_share(void **state)
{
    (void)state;
    static const char head[] = "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\n";
    for (guint bad = 0; bad <= 3; bad++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(head);
        for (guint i = 0; i < 10; i++)
            g_string_append_printf(text, "%u\tT\tD\thttps://a.example/\thttps://a.example/1.png\tin_stock\t%s\n", i,
                                   i < bad ? "1" : "1 NOK");
        Feed *feed = feed_new(FEED_FORMAT_TSV);
        assert_true(feed_push(feed, text->str, text->len, &error));
        assert_int_equal(feed_end(feed, 20, &error), bad <= 2);
        assert_int_equal(feed_report(feed)->refused, bad);
        feed_free(feed);
    }
}

static void reads_gtins(void **state)
{
    (void)state;
    static const char *const good[] = {"036000291452", "0036000291452", "00036000291452", "0 36000-29145 2"};
    static const char *const bad[] = {"", "036000291453", "36000291452", "03600029145x", "123456789012345", "00000000", "0360002914521234"};
    gint64 number = 0;
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        assert_true(gtin_read(good[i], &number));
        assert_int_equal(number, 36000291452);
    }
    assert_true(gtin_read("96385074", NULL));
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) assert_false(gtin_read(bad[i], &number));
}

static void reads_money(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        MoneyVerdict verdict;
        gint64 minor;
    } rows[] = {{"1299.00 NOK", MONEY_GOOD, 129900},  {"SEK 5", MONEY_GOOD, 500},
                {"5,5EUR", MONEY_GOOD, 550},          {"1000 ISK", MONEY_GOOD, 1000},
                {"1000.00 ISK", MONEY_GOOD, 1000},    {"1.5 ISK", MONEY_TOO_FINE, 0},
                {"1.234 KWD", MONEY_GOOD, 1234},      {"1 299 NOK", MONEY_NO_AMOUNT, 0},
                {"1.299,00 NOK", MONEY_NO_AMOUNT, 0}, {"12", MONEY_NO_CURRENCY, 0},
                {"12 kr", MONEY_UNKNOWN_CURRENCY, 0}, {"12 NOKK", MONEY_UNKNOWN_CURRENCY, 0},
                {"NOK", MONEY_NO_AMOUNT, 0},          {"", MONEY_NO_AMOUNT, 0},
                {"12 NOK x", MONEY_NO_AMOUNT, 0},     {"10.00 nok", MONEY_GOOD, 1000}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 minor = 0;
        char currency[4];
        MoneyVerdict verdict = money_read(rows[i].text, &minor, currency);
        if (verdict != rows[i].verdict || minor != rows[i].minor) fail_msg("%s: %d, %" G_GINT64_FORMAT, rows[i].text, verdict, minor);
    }
}

static void plain_text(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"a < b & c", "a < b & c"},      {"<b>x</b>y", "xy"},    {"a<br/>b<br>c", "a\nb\nc"}, {"&#65;&#x42;&amp;&bogus;", "AB&&bogus;"},
        {"<p> a </p> <p>b</p>", "a\nb"}, {"<script", "<script"}, {"&#0;x", "&#0;x"},          {"caf&eacute;", "café"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = feed_plain_text(rows[i][0]);
        assert_string_equal(text, rows[i][1]);
    }
}

static void writes_a_report(void **state)
{
    (void)state;
    g_autofree char *folder = scratch_new(), *path = g_build_filename(folder, "report.tsv", NULL), *text = NULL;
    Feed *feed = read_feed("id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\n1\tT\tD\thttps://a.example/\thttps://a.example/"
                           "1.png\tin_stock\t1 NOK\n"
                           "\x1B[2Jx\tT\tD\thttps://a.example/\thttps://a.example/1.png\tin_stock\t1\n");
    assert_true(feed_report_write(feed_report(feed), path, NULL));
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_true(g_str_has_prefix(text, "what\tline\tid\tattribute\twhy\tadvice\nrefused\t3\t"));
    assert_null(strchr(text, 0x1B));
    feed_free(feed);
    scratch_remove(folder);
}

static void notices_damaged_packs(void **state)
{
    (void)state;
    g_autofree char *folder = scratch_new(), *path = g_build_filename(folder, "pack", NULL);
    Feed *feed = read_feed(whole_tsv);
    g_autoptr(GBytes) packed = feed_pack(feed);
    gsize length;
    const char *bytes = g_bytes_get_data(packed, &length);
    json_t *list = json_array();
    for (gsize cut = 0; cut < length; cut += 7) {
        g_autoptr(GError) error = NULL;
        g_file_set_contents(path, bytes, (gssize)cut, NULL);
        assert_false(pack_read(path, keep_line, list, NULL, &error));
        assert_non_null(error);
    }
    g_autofree char *longer = g_malloc(length + 4);
    memcpy(longer, bytes, length);
    memset(longer + length, 'x', 4);
    g_file_set_contents(path, longer, (gssize)length + 4, NULL);
    assert_false(pack_read(path, keep_line, list, NULL, NULL));
    json_decref(list);
    feed_free(feed);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rss),
        cmocka_unit_test(reads_atom),
        cmocka_unit_test(reads_tsv),
        cmocka_unit_test(refuses_rows),
        cmocka_unit_test(refuses_long_text),
        cmocka_unit_test(leaves_out_attributes),
        cmocka_unit_test(refuses_broken_feeds),
        cmocka_unit_test(respects_the_share),
        cmocka_unit_test(reads_gtins),
        cmocka_unit_test(reads_money),
        cmocka_unit_test(plain_text),
        cmocka_unit_test(writes_a_report),
        cmocka_unit_test(notices_damaged_packs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
