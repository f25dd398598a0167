#include "boothctl/commands.h"
#include "boothctl/control.h"
#include "catalogue/money.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define RESULTS 20
#define LINE    512

static const char *text_of(const json_t *product, const char *member)
{
    const char *text = json_string_value(json_object_get(product, member));
    return text ? text : "";
}

static void print_price(const json_t *product)
{
    const json_t *sale = json_object_get(product, "sale_price_minor");
    json_int_t minor = json_integer_value(sale ? sale : json_object_get(product, "price_minor"));
    const int decimals = money_decimals(text_of(product, "currency"));
    double amount = (double)minor;
    for (int i = 0; i < decimals; i++) amount /= 10;
    printf("%11.*f %s%s", MAX(decimals, 0), amount, text_of(product, "currency"), sale ? "*" : " ");
}

static void print_cards(const char *text)
{
    json_t *list = json_loads(text, 0, NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *product = json_array_get(list, i);
        print_price(product);
        printf("  %-12s  %-16s  %s\n", text_of(product, "availability"), text_of(product, "id"), text_of(product, "title"));
    }
    json_decref(list);
}

/* A query a line: what it found and how long the answer took, tab-separated. For measuring. */
static int search_lines(Control *control)
{
    char line[LINE];
    while (fgets(line, sizeof line, stdin)) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        line[strcspn(line, "\n")] = '\0';
        if (!g_utf8_validate(line, -1, NULL)) continue;
        const gint64 began = g_get_monotonic_time();
        if (!bus_agent1_call_products_sync(control->agent, line, RESULTS, &text, NULL, &error))
            return control_failed(g_steal_pointer(&error));
        const gint64 took = g_get_monotonic_time() - began;
        json_t *list = json_loads(text, 0, NULL);
        printf("%.3f\t%zu\t%s\t%s\n", (double)took / 1000, json_array_size(list), text_of(json_array_get(list, 0), "id"), line);
        json_decref(list);
    }
    return 0;
}

static int search(Control *control, char *query, gboolean as_json)
{
    GError *error = NULL;
    g_autofree char *text = NULL;
    if (!g_utf8_validate(query, -1, NULL)) return commands_usage("products search WORDS, in UTF-8");
    if (!bus_agent1_call_products_sync(control->agent, query, RESULTS, &text, NULL, &error)) return control_failed(error);
    if (as_json)
        puts(text);
    else
        print_cards(text);
    return 0;
}

static void print_product(const json_t *product)
{
    size_t i;
    const json_t *detail;
    printf("%s\n%s  %s  %s\n", text_of(product, "title"), text_of(product, "id"), text_of(product, "gtin"), text_of(product, "type"));
    print_price(product);
    printf("  %s", text_of(product, "availability"));
    if (json_object_get(product, "rating"))
        printf("  %.1f of 5 (%" JSON_INTEGER_FORMAT ")", json_number_value(json_object_get(product, "rating")),
               json_integer_value(json_object_get(product, "ratings")));
    printf("\n%s\n%s\n", text_of(product, "link"), text_of(product, "description"));
    json_array_foreach(json_object_get(product, "details"), i, detail)
        printf("  %s: %s\n", text_of(detail, "name"), text_of(detail, "value"));
}

/* By its id; what is no id may be a bar code. */
static int show(Control *control, const char *which, gboolean as_json)
{
    GError *error = NULL;
    g_autofree char *text = NULL;
    if (!g_utf8_validate(which, -1, NULL)) return commands_usage("products show CODE|ID, in UTF-8");
    if (!bus_agent1_call_product_sync(control->agent, which, &text, NULL, NULL) &&
        !bus_agent1_call_product_by_code_sync(control->agent, which, &text, NULL, &error))
        return control_failed(error);
    json_t *product = json_loads(text, 0, NULL);
    if (as_json)
        puts(text);
    else
        print_product(product);
    json_decref(product);
    return 0;
}

static int accessories(Control *control, const char *id, gboolean as_json)
{
    GError *error = NULL;
    g_autofree char *text = NULL;
    if (!g_utf8_validate(id, -1, NULL)) return commands_usage("products accessories ID, in UTF-8");
    if (!bus_agent1_call_accessories_sync(control->agent, id, RESULTS, &text, NULL, &error)) return control_failed(error);
    if (as_json)
        puts(text);
    else
        print_cards(text);
    return 0;
}

int command_products(const char *config, int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    gboolean as_json = argc > 3 && strcmp(argv[argc - 1], "--json") == 0;
    const int words = argc - 2 - (as_json ? 1 : 0);
    gboolean known =
        (strcmp(what, "search") == 0 && words >= 1) || ((strcmp(what, "show") == 0 || strcmp(what, "accessories") == 0) && words == 1);
    if (!known) return commands_usage("products search WORDS|--stdin | show CODE|ID | accessories ID [--json]");
    Control control;
    int status = 1;
    if (control_open_agent(&control, config)) {
        if (as_json) argv[argc - 1] = NULL;
        g_autofree char *query = g_strjoinv(" ", argv + 2);
        if (strcmp(what, "search") == 0)
            status = strcmp(query, "--stdin") == 0 ? search_lines(&control) : search(&control, query, as_json);
        else
            status = strcmp(what, "show") == 0 ? show(&control, query, as_json) : accessories(&control, query, as_json);
    }
    control_close(&control);
    return status;
}
