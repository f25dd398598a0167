/* The first byte chooses who reads the rest: the desk a certificate request, or a list of booths; the booth the answer to its request, a
 * certificate, or its booth.txt. */
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "desk/booth_list.h"
#include "desk/enrolment.h"
#include "desk/issuer.h"
#include "link/post.h"
#include "provision/provision.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_request(const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(IssuerRequest) request = issuer_request_read(text, length, &error);
    g_assert_true((request == NULL) == (error != NULL));
    if (request) g_assert_cmpuint(strlen(issuer_request_key(request)), ==, ENROLMENT_HASH_LENGTH);
}

static void read_answer(const char *text, gsize length)
{
    for (gboolean ended = FALSE; ended <= TRUE; ended++) {
        g_autoptr(GError) error = NULL;
        guint status = 0;
        gsize at = 0, body = 0;
        PostResult result = post_read_answer((const guint8 *)text, length, ended, &status, &at, &body, &error);
        if (result == POST_DONE) g_assert_true(status >= 100 && status <= 599 && at + body <= length);
        g_assert_true((result == POST_BROKEN) == (error != NULL));
    }
}

static void read_list(const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) lines = NULL;
    g_autoptr(GPtrArray) rows = booth_list_split(text, length, &lines, &error);
    g_assert_true((rows == NULL) == (error != NULL));
    if (rows) g_assert_cmpuint(rows->len, ==, lines->len);
}

/* What is hidden stays as long as it was, and hides nothing anew. */
static void read_card(const char *text)
{
    static char path[64];
    if (!*path) g_snprintf(path, sizeof path, "/tmp/livebooth-fuzz-%d.txt", (int)getpid());
    if (!g_file_set_contents(path, text, -1, NULL)) return;
    g_autoptr(GError) error = NULL;
    g_autoptr(Provision) provision = provision_read(path, "booth.txt", &error);
    g_assert_true((provision == NULL) == (error != NULL));
    g_unlink(path);
    g_autofree char *hidden = provision_scrub(text), *again = hidden ? provision_scrub(hidden) : NULL;
    g_autofree char *whole = provision_restore(text, text), *filled = provision_fill(text, "booth", "id", "oslo-3");
    g_assert_true(whole && filled);
    if (hidden) g_assert_cmpuint(strlen(hidden), ==, strlen(text));
    g_assert_null(again);
    if (!provision) return;
    g_autofree char *conf = provision_booth_conf(provision, &(ProvisionPlaces){"/s", "/h", "/t", "/m"});
    g_autofree char *token = provision_token(provision), *authority = provision_authority(provision);
    g_assert_true(conf && (!token || *token) && (!authority || *authority));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    const gsize length = strlen(text);
    switch (data[0] % 5) {
    case 0: read_request(text, length); break;
    case 1: read_answer((const char *)data + 1, size - 1); break;
    case 2: read_list(text, length); break;
    case 3: read_card(text); break;
    default: enrolment_free(enrolment_parse(text)); break;
    }
    return 0;
}
