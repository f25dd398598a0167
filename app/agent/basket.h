/* basket: what shopper and advisor put into it together in a call, and the check-out link that it becomes. Pure. Main context. */
#pragma once

#include <glib.h>
#include <jansson.h>

#define BASKET_LINES_MAX    20
#define BASKET_QUANTITY_MAX 99
#define BASKET_LINK_MAX     8000 /* bytes: what shops and browsers take */

typedef struct Basket Basket;

Basket *basket_new(void);
void basket_free(Basket *basket); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Basket, basket_free)

/* quantity (of 1 to BASKET_QUANTITY_MAX) is what the basket has of product from now on. NULL, or why not, for a person; then nothing
 * changed: it is full, or has another currency. */
const char *basket_put(Basket *basket, const json_t *product, guint quantity);
/* How many it has of a product; 0: none. */
guint basket_quantity(const Basket *basket, const char *id);
gboolean basket_remove(Basket *basket, const char *id); /* FALSE: it was not in there */
gboolean basket_clear(Basket *basket);                  /* FALSE: it was empty */
/* The catalogue is another one: what find() no longer finds goes, prices are what they are now. TRUE when anything changed. */
gboolean basket_renew(Basket *basket, json_t *(*find)(void *data, const char *id), void *data);

/* [{"id","title","price","currency","quantity","image"?,"feed_utc"?}, …], price: of one, in the currency's smallest unit; new reference. */
json_t *basket_json(const Basket *basket);
void basket_restore(Basket *basket, const json_t *told); /* what makes no sense is left out */

/* The template with its placeholders filled in: {items} is id:quantity,…, {ids} is id,… (once a piece), {call} and {booth} are ids; each id
 * percent-encoded. NULL: the basket is empty, there is no template, or
 * the link would be too long. To g_free(). */
char *basket_checkout(const Basket *basket, const char *template, const char *call, const char *booth);
/* Whether a template is an http(s) address with {items} or {ids} and no placeholder but those four. */
gboolean basket_is_template(const char *template);
