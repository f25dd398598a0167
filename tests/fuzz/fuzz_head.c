/* The head of a request or handshake at a desk's ports, a line for each: origin, host, subprotocol, address, cookie, accepted encodings,
 * method, path, query. */
#include <stdint.h>
#include <string.h>

#include "desk/admit.h"
#include "desk/ops_state.h"
#include "desk/packed.h"
#include "desk/request.h"
#include "desk/session.h"

enum { ORIGIN, HOST, SUBPROTOCOL, ADDRESS, COOKIE, ENCODINGS, METHOD, PATH, QUERY, LINES };

static const DoorRoute routes[] = {
    {"GET", "/api/ops/fleet", DOOR_PAGES, 0, NULL}, {"POST", "/api/ops/booths/*", DOOR_PAGES, 4096, NULL}, {0}};

static void look_at_handshake(char **lines)
{
    static const char *const origins[] = {"https://shop.example", NULL};
    admit_origin(lines[ORIGIN], lines[HOST], origins);
    g_assert_true(admit_origin(NULL, lines[HOST], origins));
    g_assert_false(admit_subprotocol(NULL, "livebooth"));
    admit_subprotocol(lines[SUBPROTOCOL], "livebooth");
    g_autofree char *household = admit_household(lines[ADDRESS]), *near = admit_neighbourhood(lines[ADDRESS]),
                    *again = admit_neighbourhood(near);
    g_assert_nonnull(household);
    g_assert_cmpstr(near, ==, again);
}

static void look_at_request(char **lines)
{
    g_autofree char *allowed = NULL, *token = session_token(lines[COOKIE]);
    const DoorRoute *route = request_find_route(routes, DOOR_PAGES, lines[METHOD], lines[PATH], &allowed);
    g_assert_false(route && allowed);
    g_assert_true(!token || strstr(lines[COOKIE], token));
    g_assert_true(!route || strncmp(lines[PATH], route->path, strcspn(route->path, "*")) == 0);
    packed_is_wanted(lines[ENCODINGS]);
    const DoorRequest request = {.query = lines[QUERY]};
    g_autofree char *booth = ops_query(&request, "booth");
    g_assert_true(!booth || strstr(lines[QUERY], "booth="));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) given = g_strsplit(text, "\n", LINES);
    char *lines[LINES];
    for (guint i = 0, end = 0; i < LINES; i++) {
        end = end || !given[i];
        lines[i] = end ? "" : given[i];
    }
    look_at_handshake(lines);
    look_at_request(lines);
    return 0;
}
