/* provision: booth.txt into settings of the system, and one clear sentence for every kind of mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those */
#include <cmocka.h>

#include "boothctl/commands.h"
#include "config/booth_keys.h"
#include "provision/provision.h"
#include "scratch.h"

#include <string.h>

#define MUST "[booth]\nid=oslo-3\n[desk]\naddress=wss://desk:8443/ws/booth\n"

static Provision *read_text(const char *text, GError **error)
{
    g_autofree char *folder = scratch_new();
    g_autofree char *path = scratch_write(folder, "booth.txt", text);
    Provision *provision = provision_read(path, "booth.txt", error);
    scratch_remove(folder);
    return provision;
}

static void refuses_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"[desk]\naddress=wss://d/ws/booth\n", "booth.txt: section [booth] must have id"},
        {"[booth]\nid=Oslo 3\n[desk]\naddress=wss://d/ws/booth\n", "booth.txt, line 2: [booth] id may have only"},
        {"[booth]\nid=a\n[desk]\naddress=http://d/\n", "booth.txt, line 4: [desk] address must begin with wss://"},
        {MUST "[network]\naddress=10.0.0.5\n", "booth.txt, line 6: [network] address must be an address and its bits"},
        {MUST "[network]\naddress=10.0.0.5/33\n", "line 6"},
        {MUST "[network]\n\ngateway=gate\n", "booth.txt, line 7: [network] gateway must be an address"},
        {MUST "[network]\ndns=10.0.0.1;x\n", "[network] dns must be addresses"},
        {MUST "[wifi]\nname=shop\npassword=short\n", "booth.txt, line 7: [wifi] password must have 8 to 63"},
        {MUST "[wifi]\nname=123456789012345678901234567890123\n", "longer than 32 bytes"},
        {MUST "[time]\nservers=a b!\n", "[time] servers must be"},
        {MUST "[access]\nssh_key=PRIVATE\n", "must be a public key"},
        {MUST "[booth]\nstate=/tmp\n", "section [booth] has no key \"state\""},
        {MUST "[media]\nbitrate_kbps=x\n", "line 6: \"x\" is not a whole number"},
        {MUST "[enrolment]\ntoken=a b\n", "booth.txt, line 6: [enrolment] token must be letters"},
        {MUST "[enrolment]\nauthority=MAA\n", "[enrolment] authority must be certificates"},
        {MUST "[colour]\n", "booth.txt, line 5: there is no section [colour]"},
        {"\xef\xbb\xbf[booth]\r\nid=oslo 3\r\n[desk]\r\naddress=wss://d/ws/booth\r\n", "booth.txt, line 2: [booth] id may have only"},
        {"[booth]\nid=oslo-3\n[desk]\nadress=wss://d/ws/booth\n",
         "line 4: section [desk] has no key \"adress\"; did you mean \"address\"?"},
        {MUST "[wfii]\n", "line 5: there is no section [wfii]; did you mean [wifi]?"},
        {MUST "[wifi]\nssid=shop\n", "line 6: section [wifi] has no key \"ssid\""},
        {MUST "[wifi]\nservers=x\n", "line 6: section [wifi] has no key \"servers\"; it belongs into a section such as [time]"},
        {MUST "[booth]\nname=B\xe5s\n", "booth.txt, line 6: a letter is not UTF-8"},
        {"\xff\xfe[b", "booth.txt, line 1: this is UTF-16"},
        {"", "booth.txt: section [booth] must have id"},
        {"# nothing else\n", "booth.txt: section [booth] must have id"},
        {"id=oslo-3\n", "booth.txt, line 1: \"id=oslo-3\" is neither [section] nor key=value"},
        {MUST "[network\n", "line 5: \"[network\" is neither [section] nor key=value"},
        {MUST "[wifi]\nname shop\n", "line 6: \"name shop\" is neither"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Provision) provision = read_text(cases[i].text, &error);
        assert_null(provision);
        if (!strstr(error->message, cases[i].error)) fail_msg("\"%s\" does not say \"%s\"", error->message, cases[i].error);
    }
    provision_free(NULL);
}

static void makes_booth_conf(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(Provision) provision =
        read_text(MUST "[audio]\nmicrophone=alsa:plughw:CARD=Desk; "
                       "auto\n[camera]\nproduct=none\n[media]\nprefer=VP8\n[advisor]\ntags=a;b\n[enrolment]\ntoken=t\n",
                  &error);
    if (!provision) fail_msg("%s", error->message);
    g_autofree char *conf = provision_booth_conf(provision, &(ProvisionPlaces){"/s", "/h", "/t", "/m"});
    g_autofree char *folder = scratch_new();
    g_autofree char *path = scratch_write(folder, "booth.conf", conf);
    g_autoptr(Config) config = config_load(path, booth_keys, &error);
    if (!config) fail_msg("%s", error->message);
    assert_string_equal(config_string(config, "booth", "id"), "oslo-3");
    assert_string_equal(config_string(config, "booth", "state"), "/s");
    assert_string_equal(config_string(config, "booth", "bus"), "system");
    assert_string_equal(config_string(config, "tls", "key"), "/t/booth.key");
    assert_string_equal(config_string(config, "media", "prefer"), "VP8");
    assert_string_equal(config_list(config, "advisor", "tags")[1], "b");
    assert_null(strstr(conf, "token=t\n"));
    /* No simulated device in the place of one that is missing. */
    assert_string_equal(config_string(config, "camera", "face"), "libcamera");
    assert_string_equal(config_string(config, "camera", "product"), "none");
    assert_string_equal(config_string(config, "audio", "microphone"), "alsa:plughw:CARD=Desk;alsa");
    assert_string_equal(config_string(config, "display", "driver"), "kmsdrm");
    scratch_remove(folder);
}

static void tells_the_system(void **state)
{
    (void)state;
    g_autoptr(Provision) plain = read_text(MUST, NULL);
    assert_null(provision_network(plain));
    assert_null(provision_time(plain));
    assert_null(provision_wireless(plain));
    assert_null(provision_ssh_keys(plain));
    g_autoptr(Provision) full =
        read_text(MUST "[network]\naddress=192.0.2.10/24\ngateway=192.0.2.1\ndns=192.0.2.53; 192.0.2.54\n[wifi]\nname=shop\n"
                       "password=12345678\n[time]\nservers=a.example;b.example\n[access]\nssh_key=ssh-ed25519 AAAA me\n",
                  NULL);
    assert_non_null(full);
    g_autofree char *network = provision_network(full), *time = provision_time(full), *wireless = provision_wireless(full);
    g_autofree char *keys = provision_ssh_keys(full);
    assert_non_null(strstr(network, "Address=192.0.2.10/24\nGateway=192.0.2.1\nDNS=192.0.2.53\nDNS=192.0.2.54\n"));
    assert_string_equal(time, "[Time]\nNTP=a.example b.example \n");
    assert_string_equal(wireless, "[Security]\nPassphrase=12345678\n");
    assert_string_equal(keys, "ssh-ed25519 AAAA me\n");
}

static void hides_and_restores_secrets(void **state)
{
    (void)state;
    const char *text = "[enrolment]\r\ntoken = abc123\r\n# token=x\n[wifi]\nname=password\npassword=a=b c\n[booth]\npassword=no\n";
    const char *hidden = "[enrolment]\r\ntoken = ******\r\n# token=x\n[wifi]\nname=password\npassword=*****\n[booth]\npassword=no\n";
    g_autofree char *scrubbed = provision_scrub(text);
    assert_string_equal(scrubbed, hidden);
    assert_null(provision_scrub(hidden));
    g_autofree char *restored = provision_restore(hidden, text);
    assert_non_null(strstr(restored, "token = abc123"));
    assert_non_null(strstr(restored, "password=a=b c\n"));
    g_autofree char *alone = provision_restore(hidden, "");
    assert_string_equal(alone, hidden);
}

static char *content(const char *root, const char *path)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    char *text = NULL;
    g_file_get_contents(full, &text, NULL, NULL);
    return text;
}

static int provision_in(char *root)
{
    return command_provision("", 2, (char *[]){(char *)"provision", root, NULL});
}

static void takes_over_and_keeps(void **state)
{
    (void)state;
    g_autofree char *root = scratch_new();
    g_autofree char *boot = g_build_filename(root, "boot/firmware", NULL);
    g_assert_cmpint(g_mkdir_with_parents(boot, 0700), ==, 0);
    assert_int_equal(provision_in(root), 1); /* nothing there yet */
    static const char *const pem[] = {"authority.crt", "booth.crt", "booth.key"};
    for (guint i = 0; i < G_N_ELEMENTS(pem); i++) g_free(scratch_write(boot, pem[i], pem[i]));
    g_free(scratch_write(boot, "booth.txt", MUST "[wifi]\nname=caf\xc3\xa9\npassword=secret-word\n"));
    assert_int_equal(provision_in(root), 0);
    g_autofree char *card = content(boot, "booth.txt"), *key = content(root, "var/lib/livebooth/tls/booth.key"),
                    *gone = content(boot, "booth.key");
    assert_non_null(strstr(card, "password=***********\n"));
    assert_string_equal(key, "booth.key");
    assert_null(gone);
    g_autofree char *wireless = content(root, "var/lib/iwd/=636166c3a9.psk");
    assert_non_null(strstr(wireless, "secret-word"));

    /* The next start, with the secret hidden; then with a mistake: what was right before holds. */
    assert_int_equal(provision_in(root), 0);
    g_free(scratch_write(boot, "booth.txt", "[booth]\nid=x\nnmae=y\n"));
    assert_int_equal(provision_in(root), 0);
    g_autofree char *error = content(root, "run/livebooth/provision.error"), *conf = content(root, "run/livebooth/booth.conf");
    assert_string_equal(error, "booth.txt, line 3: section [booth] has no key \"nmae\"; did you mean \"name\"?\n");
    assert_non_null(strstr(conf, "id=oslo-3\n"));
    g_autofree char *kept = content(root, "var/lib/booth-setup/booth.txt");
    assert_non_null(strstr(kept, "secret-word"));
    scratch_remove(root);
}

/* The token goes to the agent and stands nowhere else any more. */
static void hands_the_token_over(void **state)
{
    (void)state;
    g_autofree char *root = scratch_new(), *boot = g_build_filename(root, "boot/firmware", NULL);
    g_assert_cmpint(g_mkdir_with_parents(boot, 0700), ==, 0);
    g_free(scratch_write(boot, "booth.txt", MUST "[enrolment]\ntoken=0123abcd\n"));
    assert_int_equal(provision_in(root), 1);
    g_autofree char *error = content(root, "run/livebooth/provision.error");
    assert_non_null(strstr(error, "token needs an authority"));
    g_free(scratch_write(boot, "booth.txt", MUST "[enrolment]\ntoken=0123abcd\nauthority=MAA=\n"));
    for (guint boots = 0; boots < 2; boots++) {
        assert_int_equal(provision_in(root), 0);
        g_autofree char *token = content(root, "var/lib/livebooth/tls/token"),
                        *authority = content(root, "var/lib/livebooth/tls/authority.crt");
        g_autofree char *card = content(boot, "booth.txt"), *kept = content(root, "var/lib/booth-setup/booth.txt");
        if (boots == 0)
            assert_string_equal(token, "0123abcd");
        else
            assert_null(token);
        assert_true(g_str_has_prefix(authority, "-----BEGIN CERTIFICATE-----\n"));
        assert_non_null(strstr(card, "token=********\n"));
        assert_non_null(strstr(kept, "token=********\n"));
        g_autofree char *used = g_build_filename(root, "var/lib/livebooth/tls/token", NULL);
        g_unlink(used);
    }
    scratch_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_mistakes),           cmocka_unit_test(makes_booth_conf),     cmocka_unit_test(tells_the_system),
        cmocka_unit_test(hides_and_restores_secrets), cmocka_unit_test(takes_over_and_keeps), cmocka_unit_test(hands_the_token_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
