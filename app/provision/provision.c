#include "provision/provision.h"
#include "config/booth_keys.h"

#include <gio/gio.h>
#include <string.h>

#define WIRELESS_NAME_MAX 32 /* bytes, by IEEE 802.11 */
#define WIRELESS_KEY_MIN  8
#define WIRELESS_KEY_MAX  63
#define BOOTH_ID_MAX      32
#define TOKEN_MAX         64
#define CERTIFICATE_MAX   8192 /* bytes of one, DER */
#define PEM_LINE          64
#define BYTE_ORDER_MARK   "\xef\xbb\xbf" /* of some editors, before UTF-8 */

/* What booth.txt has beside booth.conf's sections. */
static const ConfigKey own_keys[] = {
    {"enrolment", "token", CONFIG_STRING, "", 0, 0, "the one-time token of this booth"},
    {"enrolment", "authority", CONFIG_LIST, "", 0, 0, "certificates that the desk's comes from, base64, ; between"},
    {"network", "address", CONFIG_STRING, "", 0, 0, "ADDRESS/BITS of the cable; by DHCP without"},
    {"network", "gateway", CONFIG_STRING, "", 0, 0, "an address"},
    {"network", "dns", CONFIG_LIST, "", 0, 0, "addresses, ; between"},
    {"wifi", "name", CONFIG_STRING, "", 0, 0, "of the network, at most 32 bytes"},
    {"wifi", "password", CONFIG_STRING, "", 0, 0, "8 to 63 characters"},
    {"time", "servers", CONFIG_LIST, "", 0, 0, "host names or addresses, ; between"},
    {"access", "ssh_key", CONFIG_STRING, "", 0, 0, "a public key"},
};
/* What the image decides. */
static const struct {
    const char *group, *key;
} image_keys[] = {{"booth", "state"},   {"booth", "bus"},       {"booth", "share"}, {"booth", "mistakes"},
                  {"tls", "authority"}, {"tls", "certificate"}, {"tls", "key"},     {"tls", "token"}};
static const struct {
    const char *group, *key;
} secrets[] = {{"enrolment", "token"}, {"wifi", "password"}};

/* A booth takes calls with what is there. "auto" would end with a simulated device, which a developer's computer may want. */
static const struct {
    const char *group, *key, *driver;
} drivers[] = {
    {"camera", "face", "libcamera"}, {"camera", "product", "libcamera"}, {"audio", "microphone", "alsa"},
    {"audio", "speaker", "alsa"},    {"display", "driver", "kmsdrm"},    {"sensors", "driver", "linux"},
};

struct Provision {
    ConfigKey *keys;       /* of checked */
    ConfigKey *plain_keys; /* the same, as text */
    Config *checked, *plain;
};

static gboolean of_image(const ConfigKey *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(image_keys); i++) {
        if (strcmp(image_keys[i].group, key->group) == 0 && strcmp(image_keys[i].key, key->key) == 0) return TRUE;
    }
    return FALSE;
}

static ConfigKey *list_keys(gboolean as_text)
{
    GArray *keys = g_array_new(TRUE, TRUE, sizeof(ConfigKey));
    for (const ConfigKey *key = booth_keys; key->group; key++) {
        if (!of_image(key)) g_array_append_val(keys, *key);
    }
    g_array_append_vals(keys, own_keys, G_N_ELEMENTS(own_keys));
    for (guint i = 0; as_text && i < keys->len; i++) g_array_index(keys, ConfigKey, i).kind = CONFIG_STRING;
    return (ConfigKey *)g_array_free(keys, FALSE);
}

void provision_free(Provision *provision)
{
    if (!provision) return;
    config_free(provision->checked);
    config_free(provision->plain);
    g_free(provision->keys);
    g_free(provision->plain_keys);
    g_free(provision);
}

static const char *text_of(const Provision *provision, const char *group, const char *key)
{
    return config_string(provision->plain, group, key);
}

const char *provision_booth(const Provision *provision)
{
    return text_of(provision, "booth", "id");
}

const char *provision_wireless_name(const Provision *provision)
{
    return text_of(provision, "wifi", "name");
}

/* --- checks that a key's kind does not tell --------------------------------------------------------------------------------------------
 */
static gboolean only_of(const char *text, const char *allowed)
{
    return text[strspn(text, allowed)] == '\0';
}
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static gboolean is_booth_id(const char *text)
{
    return *text && strlen(text) <= BOOTH_ID_MAX && only_of(text, LETTERS DIGITS "-");
}
static gboolean is_desk_list(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);
    for (char **part = parts; *part; part++) {
        if (**part && !g_str_has_prefix(g_strstrip(*part), "wss://")) return FALSE;
    }
    return TRUE;
}
/* Base64 of DER, ; between, as PEM; NULL where one is none. What it certifies is for who uses it to look at. */
static char *certificates_as_pem(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);
    g_autoptr(GString) pem = g_string_new(NULL);
    for (char **part = parts; *part; part++) {
        gsize length = 0;
        if (!*g_strstrip(*part)) continue;
        if (strlen(*part) % 4 != 0 || !only_of(*part, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "+/=")) return NULL;
        g_autofree guchar *der = g_base64_decode(*part, &length);
        if (length < 2 || length > CERTIFICATE_MAX || der[0] != 0x30) return NULL; /* a SEQUENCE */
        g_string_append(pem, "-----BEGIN CERTIFICATE-----\n");
        for (const char *at = *part; *at; at += MIN(strlen(at), PEM_LINE)) g_string_append_printf(pem, "%.*s\n", PEM_LINE, at);
        g_string_append(pem, "-----END CERTIFICATE-----\n");
    }
    return pem->len ? g_string_free(g_steal_pointer(&pem), FALSE) : NULL;
}
static gboolean is_address(const char *text)
{
    return !*text || g_hostname_is_ip_address(text);
}
static gboolean is_address_with_bits(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    guint64 bits = 0;
    if (!*text) return TRUE;
    if (!parts[0] || !parts[1] || !g_hostname_is_ip_address(parts[0])) return FALSE;
    return g_ascii_string_to_unsigned(parts[1], 10, 1, strchr(text, ':') ? 128 : 32, &bits, NULL);
}
static gboolean are_addresses(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);
    for (char **part = parts; *part; part++) {
        if (!is_address(g_strstrip(*part))) return FALSE;
    }
    return TRUE;
}
static gboolean are_hosts(const char *text)
{
    return only_of(text, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS ".-:; ");
}
static gboolean is_wireless_name(const char *text)
{
    return strlen(text) <= WIRELESS_NAME_MAX;
}
static gboolean is_wireless_key(const char *text)
{
    gsize length = strlen(text);
    return length == 0 || (length >= WIRELESS_KEY_MIN && length <= WIRELESS_KEY_MAX && g_str_is_ascii(text));
}
static gboolean is_ssh_key(const char *text)
{
    return !*text || g_str_has_prefix(text, "ssh-ed25519 ") || g_str_has_prefix(text, "ecdsa-sha2-nistp256 ") ||
           g_str_has_prefix(text, "ssh-rsa ");
}

static gboolean is_hidden(const char *value)
{
    gsize stars = strspn(value, "*");
    return stars > 0 && only_of(value + stars, " \t\r");
}
/* Words as the centre makes them, or taken over already. */
static gboolean is_token(const char *text)
{
    return is_hidden(text) || (strlen(text) <= TOKEN_MAX && only_of(text, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_."));
}
static gboolean are_certificates(const char *text)
{
    g_autofree char *pem = certificates_as_pem(text);
    return !*text || pem;
}

static const struct {
    const char *group, *key;
    gboolean (*is_right)(const char *text);
    const char *should;
} checks[] = {
    {"booth", "id", is_booth_id, "may have only a-z, 0-9 and -, at most 32"},
    {"desk", "address", is_desk_list, "must begin with wss://"},
    {"network", "address", is_address_with_bits, "must be an address and its bits, such as 192.0.2.10/24"},
    {"network", "gateway", is_address, "must be an address"},
    {"network", "dns", are_addresses, "must be addresses with ; between"},
    {"wifi", "name", is_wireless_name, "is longer than 32 bytes"},
    {"wifi", "password", is_wireless_key, "must have 8 to 63 characters"},
    {"time", "servers", are_hosts, "must be host names or addresses with ; between"},
    {"access", "ssh_key", is_ssh_key, "must be a public key: ssh-ed25519 AAAA..."},
    {"enrolment", "token", is_token, "must be letters, digits, - _ and ., at most 64"},
    {"enrolment", "authority", are_certificates, "must be certificates in base64 with ; between"},
};

/* The line that sets the key last; 0 when none does. */
static guint line_of(const char *text, const char *group, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *section = g_strdup_printf("[%s]", group);
    gboolean inside = FALSE;
    guint found = 0;
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i] + (g_str_has_prefix(lines[i], BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0));
        char *equals = strchr(line, '=');
        if (*line == '[') inside = strcmp(line, section) == 0;
        if (!inside || !equals || *line == '#') continue;
        *equals = '\0';
        if (strcmp(g_strchomp(line), key) == 0) found = i + 1;
    }
    return found;
}

static gboolean check_all(const Provision *provision, const char *text, const char *shown_as, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(checks); i++) {
        const char *value = text_of(provision, checks[i].group, checks[i].key);
        if (checks[i].is_right(value)) continue;
        g_set_error(error, CONFIG_ERROR, 0, "%s, line %u: [%s] %s %s", shown_as, line_of(text, checks[i].group, checks[i].key),
                    checks[i].group, checks[i].key, checks[i].should);
        return FALSE;
    }
    return TRUE;
}

static void show_as(GError **error, const char *path, const char *shown_as)
{
    if (!error || !*error || !g_str_has_prefix((*error)->message, path)) return;
    char *message = g_strconcat(shown_as, (*error)->message + strlen(path), NULL);
    g_free((*error)->message);
    (*error)->message = message;
}

Provision *provision_read(const char *path, const char *shown_as, GError **error)
{
    g_autoptr(Provision) provision = g_new0(Provision, 1);
    g_autofree char *text = NULL;
    provision->keys = list_keys(FALSE);
    provision->plain_keys = list_keys(TRUE);
    provision->checked = config_load(path, provision->keys, error);
    if (provision->checked) provision->plain = config_load(path, provision->plain_keys, error);
    if (!provision->plain || !g_file_get_contents(path, &text, NULL, error)) {
        show_as(error, path, shown_as);
        return NULL;
    }
    return check_all(provision, text, shown_as, error) ? g_steal_pointer(&provision) : NULL;
}

/* --- what the system is told ------------------------------------------------------------------------------------------------------------
 */
static gboolean is_own(const ConfigKey *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(own_keys); i++) {
        if (strcmp(own_keys[i].group, key->group) == 0) return TRUE;
    }
    return FALSE;
}

/* Of the image's drivers in place of "auto", also among several; to g_free(). */
static char *without_auto(const ConfigKey *key, const char *value)
{
    const char *driver = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (strcmp(drivers[i].group, key->group) == 0 && strcmp(drivers[i].key, key->key) == 0) driver = drivers[i].driver;
    }
    if (!driver) return g_strdup(value);
    g_auto(GStrv) parts = g_strsplit(value, ";", -1);
    for (char **part = parts; *part; part++) {
        if (strcmp(g_strstrip(*part), "auto") != 0) continue;
        g_free(*part);
        *part = g_strdup(driver);
    }
    return g_strjoinv(";", parts);
}

char *provision_booth_conf(const Provision *provision, const ProvisionPlaces *places)
{
    GString *conf = g_string_new("# Made from booth.txt at every boot.\n");
    const char *group = "";
    for (const ConfigKey *key = provision->plain_keys; key->group; key++) {
        if (is_own(key)) continue;
        if (strcmp(key->group, group) != 0) g_string_append_printf(conf, "[%s]\n", group = key->group);
        g_autofree char *value = without_auto(key, text_of(provision, key->group, key->key));
        g_string_append_printf(conf, "%s=%s\n", key->key, value);
    }
    g_string_append_printf(conf, "[booth]\nstate=%s\nbus=system\nshare=%s\nmistakes=%s\n", places->state, places->share, places->mistakes);
    g_string_append_printf(conf, "[tls]\nauthority=%s/authority.crt\ncertificate=%s/booth.crt\nkey=%s/booth.key\ntoken=%s/token\n",
                           places->tls, places->tls, places->tls, places->tls);
    return g_string_free(conf, FALSE);
}

static void append_list(GString *into, const char *prefix, const char *list, const char *suffix)
{
    g_auto(GStrv) parts = g_strsplit(list, ";", -1);
    for (char **part = parts; *part; part++) {
        if (*g_strstrip(*part)) g_string_append_printf(into, "%s%s%s", prefix, *part, suffix);
    }
}

char *provision_network(const Provision *provision)
{
    const char *address = text_of(provision, "network", "address"), *gateway = text_of(provision, "network", "gateway");
    const char *dns = text_of(provision, "network", "dns");
    if (!*address && !*gateway && !*dns) return NULL;
    GString *network = g_string_new("[Match]\nType=ether\n\n[Network]\nLLMNR=no\nMulticastDNS=no\n");
    if (*address)
        g_string_append_printf(network, "Address=%s\n", address);
    else
        g_string_append(network, "DHCP=yes\n");
    if (*gateway) g_string_append_printf(network, "Gateway=%s\n", gateway);
    append_list(network, "DNS=", dns, "\n");
    return g_string_free(network, FALSE);
}

char *provision_time(const Provision *provision)
{
    const char *servers = text_of(provision, "time", "servers");
    if (!*servers) return NULL;
    GString *time = g_string_new("[Time]\nNTP=");
    append_list(time, "", servers, " ");
    g_string_append_c(time, '\n');
    return g_string_free(time, FALSE);
}

char *provision_wireless(const Provision *provision)
{
    if (!*provision_wireless_name(provision)) return NULL;
    const char *password = text_of(provision, "wifi", "password");
    if (!*password) return g_strdup("");
    g_autofree char *escaped = g_strescape(password, NULL);
    return g_strdup_printf("[Security]\nPassphrase=%s\n", escaped);
}

char *provision_ssh_keys(const Provision *provision)
{
    const char *key = text_of(provision, "access", "ssh_key");
    return *key ? g_strconcat(key, "\n", NULL) : NULL;
}

/* --- secrets
 * ------------------------------------------------------------------------------------------------------------------------------ */
/* Where the value of a secret in line begins; NULL when the line holds none. group follows the sections. */
static char *secret_in(char *line, char **group)
{
    if (g_str_has_prefix(line, BYTE_ORDER_MARK)) line += strlen(BYTE_ORDER_MARK);
    char *start = line + strspn(line, " \t");
    char *end = strchr(start, ']');
    if (*start == '[' && end) {
        g_free(*group);
        *group = g_strndup(start + 1, (gsize)(end - start - 1));
        return NULL;
    }
    char *equals = strchr(start, '=');
    if (!equals) return NULL;
    g_autofree char *name = g_strstrip(g_strndup(start, (gsize)(equals - start)));
    for (guint i = 0; i < G_N_ELEMENTS(secrets); i++) {
        if (*group && strcmp(*group, secrets[i].group) == 0 && strcmp(name, secrets[i].key) == 0)
            return equals + 1 + strspn(equals + 1, " \t");
    }
    return NULL;
}

/* With only: of that section alone. */
static char *scrub(const char *text, const char *only)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *group = NULL;
    gboolean any = FALSE;
    for (char **line = lines; *line; line++) {
        char *value = secret_in(*line, &group);
        gsize length = value ? strcspn(value, "\r") : 0;
        if (length == 0 || is_hidden(value) || (only && strcmp(group, only) != 0)) continue;
        memset(value, '*', length);
        any = TRUE;
    }
    return any ? g_strjoinv("\n", lines) : NULL;
}

char *provision_scrub(const char *text)
{
    return scrub(text, NULL);
}

char *provision_forget_token(const char *text)
{
    return scrub(text, "enrolment");
}

static char *kept_secret(const char *kept, const char *wanted_group, const char *wanted_line)
{
    g_auto(GStrv) lines = g_strsplit(kept, "\n", -1);
    g_autofree char *group = NULL;
    g_autofree char *name = g_strstrip(g_strndup(wanted_line, strcspn(wanted_line, "=")));
    char *found = NULL;
    for (char **line = lines; *line; line++) {
        char *value = secret_in(*line, &group);
        if (!value || strcmp(group, wanted_group) != 0) continue;
        g_autofree char *its = g_strstrip(g_strndup(*line, strcspn(*line, "=")));
        if (strcmp(its, name) != 0) continue;
        g_free(found);
        found = g_strdup(value);
    }
    return found;
}

char *provision_restore(const char *text, const char *kept)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *group = NULL;
    for (char **line = lines; *line; line++) {
        char *value = secret_in(*line, &group);
        if (!value || !is_hidden(value)) continue;
        g_autofree char *secret = kept_secret(kept, group, *line);
        if (!secret) continue;
        g_autofree char *before = g_strndup(*line, (gsize)(value - *line));
        g_free(*line);
        *line = g_strconcat(before, secret, NULL);
    }
    return g_strjoinv("\n", lines);
}

/* --- enrolment --------------------------------------------------------------------------------------------------------------------------
 */

char *provision_token(const Provision *provision)
{
    const char *token = text_of(provision, "enrolment", "token");
    return *token && !is_hidden(token) ? g_strdup(token) : NULL;
}

char *provision_authority(const Provision *provision)
{
    return certificates_as_pem(text_of(provision, "enrolment", "authority"));
}

/* Whether line, maybe commented out, sets key. */
static gboolean sets_key(const char *line, const char *key)
{
    line += strspn(line, " \t");
    line += *line == '#' ? 1 : 0;
    const gsize length = strlen(key);
    return strncmp(line, key, length) == 0 && line[length + strspn(line + length, " \t")] == '=';
}

char *provision_fill(const char *template, const char *group, const char *key, const char *value)
{
    g_auto(GStrv) lines = g_strsplit(template, "\n", -1);
    g_autofree char *section = g_strdup_printf("[%s]", group), *set = g_strdup_printf("%s=%s", key, value);
    gboolean inside = FALSE, done = FALSE;
    gssize last = -1; /* of the section, that is not empty */
    for (gssize i = 0; lines[i] && !done; i++) {
        if (*lines[i] == '[') inside = strcmp(g_strchomp(lines[i]), section) == 0;
        if (!inside) continue;
        if (*lines[i] && (*lines[i] != '#' || i == last + 1)) last = i;
        if (!sets_key(lines[i], key)) continue;
        g_free(lines[i]);
        lines[i] = g_strdup(set);
        done = TRUE;
    }
    if (!done && last >= 0) {
        char *with = g_strconcat(lines[last], "\n", set, NULL);
        g_free(lines[last]);
        lines[last] = with;
    }
    char *text = g_strjoinv("\n", lines);
    if (done || last >= 0) return text;
    char *more = g_strdup_printf("%s%s%s\n%s\n", text, g_str_has_suffix(text, "\n") ? "\n" : "\n\n", section, set);
    g_free(text);
    return more;
}
