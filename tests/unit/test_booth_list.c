/* A spreadsheet of booths: what becomes of it, and one sentence with the line for every mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after those */
#include <cmocka.h>

#include "desk/booth_list.h"
#include "provision/provision.h"
#include "scratch.h"

#include <string.h>

#define TEMPLATE "[booth]\n# Who.\n#id=oslo-3\n#name=x\n\n[desk]\n#address=wss://desk.example:8443/ws/booth\n\n[network]\n#address=\n"
static const BoothListSettings settings = {TEMPLATE, "wss://desk:8443/ws/booth", "MAA="};

static GPtrArray *read_text(const char *text, GError **error)
{
    return booth_list_read(text, strlen(text), &settings, error);
}

static void a_list_becomes_cards(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) plans = read_text("\xef\xbb\xbfid;name;network.address;topics;desk.address\r\n"
                                           "oslo-3;\"Oslo \"\"3\"\"; by the door\";192.0.2.10/24;\"tv;phones\";\r\n\r\n"
                                           "bergen-1;Bergen;;;wss://other/ws/booth\r\n",
                                           &error);
    if (!plans) fail_msg("%s", error->message);
    assert_int_equal(plans->len, 2);
    const BoothPlan *oslo = plans->pdata[0], *bergen = plans->pdata[1];
    assert_string_equal(oslo->name, "Oslo \"3\"; by the door");
    assert_string_equal(oslo->text,
                        "[booth]\n# Who.\nid=oslo-3\nname=Oslo \"3\"; by the door\ntopics=tv;phones\n\n[desk]\n"
                        "address=wss://desk:8443/ws/booth\n\n[network]\naddress=192.0.2.10/24\n\n[enrolment]\nauthority=MAA=\n");
    assert_int_equal(bergen->line, 4);
    assert_non_null(strstr(bergen->text, "\naddress=wss://other/ws/booth\n"));
    assert_non_null(strstr(bergen->text, "\n#address=\n"));
}

static void mistakes_have_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "line 1: there is no booth"},
        {"id\n", "line 1: there is no booth"},
        {"id,name\na,b\nc\n", "line 3: it has 1 fields, and the first line names 2"},
        {"id\na\nb\na\n", "line 4: booth a is in line 2 already"},
        {"id,name\nOslo 3,x\n", "line 2: [booth] id may have only"},
        {"id,name\nA,x\nb,y\nb,z\nc\n",
         "line 2: [booth] id may have only a-z, 0-9 and -, at most 32\nline 4: booth b is in line 3 already\nline 5: it has 1 fields"},
        {"name,store\nx,y\n", "line 2: section [booth] must have id"},
        {"id,colour\na,red\n", "line 2: section [booth] has no key \"colour\""},
        {"id,network.address\na,10.0.0.1\n", "line 2: [network] address must be"},
        {"id,id\na,b\n", "line 1: there are two columns"},
        {"id,enrolment.token\na,b\n", "line 1: \"enrolment.token\" is not for a list"},
        {"id,Name\na,b\n", "line 1: \"Name\" is no name"},
        {"id,name\na,\"b\n", "line 2: a quote is opened"},
        {"id,name\na,\"b\"c\n", "line 2: there is something behind"},
        {"id,name\na,\"b\nc\"\n", "line 2: \"name\" goes over more than one line"},
        {"id\n\xff\n", "not UTF-8"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) plans = read_text(rows[i].text, &error);
        assert_null(plans);
        if (!strstr(error->message, rows[i].says)) fail_msg("\"%s\" does not say \"%s\"", error->message, rows[i].says);
    }
}

/* The real template: what is filled in is what the booth reads, and the rest stays a comment. */
static void the_template_takes_everything(void **state)
{
    (void)state;
    g_autofree char *template = NULL, *folder = scratch_new();
    if (!g_file_get_contents("rootfs/booth.txt", &template, NULL, NULL)) skip();
    g_autoptr(GError) error = NULL;
    const BoothListSettings real = {template, "wss://desk:8443/ws/booth", "MAA="};
    const char *csv = "id,wifi.name,wifi.password,audio.speaker\noslo-3,shop,long enough,sim\n";
    g_autoptr(GPtrArray) plans = booth_list_read(csv, strlen(csv), &real, &error);
    if (!plans) fail_msg("%s", error->message);
    const BoothPlan *plan = plans->pdata[0];
    g_autofree char *with = provision_fill(plan->text, "enrolment", "token", "0123abcd");
    g_autofree char *path = scratch_write(folder, "booth.txt", with);
    g_autoptr(Provision) provision = provision_read(path, "booth.txt", &error);
    if (!provision) fail_msg("%s", error->message);
    g_autofree char *token = provision_token(provision), *authority = provision_authority(provision);
    assert_string_equal(token, "0123abcd");
    assert_string_equal(authority, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    assert_non_null(strstr(with, "# Who the booth is"));
    g_autofree char *hidden = provision_forget_token(with);
    assert_non_null(strstr(hidden, "\ntoken=********\n"));
    assert_non_null(strstr(hidden, "long enough"));
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_becomes_cards),
        cmocka_unit_test(mistakes_have_their_line),
        cmocka_unit_test(the_template_takes_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
