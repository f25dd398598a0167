// Products in a call: what the advisor shows is on the demo display and in the shopper's page, the basket is shared, ends as a link to the shop's
// check-out, and nothing of it outlives the call. PICTURES=folder keeps what was seen.
// runs: a call at a time
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after as afterAll, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { eventually, now, Shopper, startSystem } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CHECKOUT = 'https://shop.example/cart?items={items}&from={call}';
let system, browser, shopper;

before(async () => {
    [system, browser] = await Promise.all([startSystem({ booth: { shop: { checkout: CHECKOUT }, booth: { store: 'Demo store' } } }), launch()]);
    await system.booth(({ catalogue }) => catalogue?.state === 'ready' && catalogue.products > 0, { what: 'has its catalogue' });
});
afterAll(async () => {
    await browser?.close();
    await system?.stop();
});

const part = (selector) => shopper.page.locator(`livebooth-call ${selector}`);
const shows = (kind, ...ids) => system.booth(({ studio: { health } }) => health?.demo?.shows?.ok === true && health.demo.shows.kind === kind &&
    health.demo.shows.ids.join() === ids.join(), { what: `shows ${kind} ${ids}, read back` });
const holds = (...lines) => system.booth(({ basket }) => basket.map(({ id, quantity }) => `${id}:${quantity}`).join() === lines.join(), { what: `has ${lines} in the basket` });

async function keep(name) {
    if (!process.env.PICTURES) return;
    mkdirSync(process.env.PICTURES, { recursive: true });
    for (const screen of ['demo', 'console']) await system.screenshot(screen, join(process.env.PICTURES, `${name}_${screen}.png`));
    if (await part('.card').count()) await part('.card').first().screenshot({ path: join(process.env.PICTURES, `${name}_shopper.png`) });
}

async function nothingAgainstAxe() {
    await shopper.page.evaluate(axe);
    const { violations } = await shopper.page.evaluate(() => window.axe.run('livebooth-call', { resultTypes: ['violations'] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), []);
}

test('a product is shown on the demo display and in the shopper\'s page', async (t) => {
    await system.settle();
    shopper = await Shopper.place(browser, system);
    await shopper.page.evaluate(() => {
        window.baskets = [];
        document.addEventListener('livebooth:basket', ({ detail }) => window.baskets.push(detail));
    });
    const { show } = await system.snapshot();
    assert.equal(show, null);
    const began = now();
    await system.boothctl(['show', 'product', 'FV65']);
    await part('#product-title').waitFor();
    t.diagnostic(`in the shopper's page after ${Math.round(now() - began)} ms`);
    assert.match(await part('#product-title').textContent(), /Vision 65/);
    const text = await part('.facts').innerText();
    assert.match(text, /NOK\s18,990/);
    assert.match(text, /4\.8 of 5 \(205 ratings\)/);
    assert.match(text, /In stock online/);
    assert.match(text, /5 in the advisor’s store/);
    assert.match(await part('.facts a').getAttribute('href'), /^http.*FV65/);
    await eventually('the picture of the product', () => part('.figure img').evaluate((image) => image.complete && image.naturalWidth > 0));
    await shows('product', 'FV65');
    await nothingAgainstAxe();
    await keep('product');
});

test('the shopper adds it to the basket, the advisor adds another, and both see both', async () => {
    await part('#add-0').click();
    await holds('FV65:1');
    await system.boothctl(['basket', 'add', 'FB300', '2']);
    await holds('FV65:1', 'FB300:2');
    await eventually('two lines', async () => (await part('.basket li').count()) === 2);
    await part('#less-1').click();
    await holds('FV65:1', 'FB300:1');
    await part('#more-0').click();
    await holds('FV65:2', 'FB300:1');
    const told = await eventually('the page is told of it', async () => {
        const last = await shopper.page.evaluate(() => window.baskets.at(-1));
        return last.items.map(({ id, quantity }) => `${id}:${quantity}`).join() === 'FV65:2,FB300:1' && last;
    });
    assert.equal(told.items[0].currency, 'NOK');
    assert.equal(await shopper.page.evaluate(() => document.querySelector('livebooth-call').shadowRoot.activeElement?.id), 'more-0');
    await nothingAgainstAxe();
    await keep('basket');
});

test('three side by side: what differs is marked in words', async () => {
    await system.boothctl(['show', 'compare', 'FV55', 'FV65', 'FV77']);
    await part('table').waitFor();
    assert.equal(await part('thead .title').count(), 3);
    assert.match(await part('tr.differs').first().innerText(), /Differs/);
    assert.equal(await part('tbody tr:not(.differs) .mark').count(), 0);
    await shows('compare', 'FV55', 'FV65', 'FV77');
    await nothingAgainstAxe();
    await keep('compare');
    await shopper.page.setViewportSize({ width: 375, height: 780 });
    const wide = await shopper.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} px wider than a phone`);
    await nothingAgainstAxe();
    await keep('compare_phone');
    await shopper.page.setViewportSize({ width: 1280, height: 720 });
    await assert.rejects(system.boothctl(['show', 'compare', 'FV55']), /two to four/);
    await assert.rejects(system.boothctl(['show', 'product', 'NO-SUCH']), /no such product/);
});

test('a bar code shows its product; the pictures turn', async () => {
    await system.boothctl(['scan', '0036000291452']);
    await shows('product', 'PW1000');
    await assert.rejects(system.boothctl(['scan', '0036000291453']), /bar code/);
    await system.boothctl(['show', 'gallery', 'FV55']);
    await system.boothctl(['show', 'next']);
    await system.booth(({ show }) => show.kind === 'gallery' && show.index === 1, { what: 'shows the second picture' });
    await shows('gallery', 'FV55');
    await keep('gallery');
});

test('a new agent and a new studio go on with it', async () => {
    await system.boothctl(['show', 'product', 'FV65']);
    await system.kill('booth-1-agent');
    await system.booth(({ state, show }) => state === 'live' && show?.products[0].id === 'FV65', { what: 'is live and shows the product' });
    await holds('FV65:2', 'FB300:1');
    await system.kill('booth-1-studio');
    await shows('product', 'FV65');
    await shopper.moving();
    await eventually('the page may change the basket again', async () => (await part('#less-0').isEnabled()) && (await part('#less-0').click(), true));
    await holds('FV65:1', 'FB300:1');
});

test('chat goes the same way, and what is no message of ours changes nothing', async () => {
    await system.bus('Studio1', 'SendChat', ['{"t":"basket"} is only text']);
    await eventually('the words', async () => (await shopper.text()).includes('{"t":"basket"} is only text'));
    await holds('FV65:1', 'FB300:1');
});

test('at the end the shopper has the link to the check-out, and the booth has nothing any more', async (t) => {
    const call = await shopper.call();
    await system.boothctl(['hangup']);
    const { studio: { health } } = await system.booth(({ show, basket, checkout, studio }) => show === null && basket.length === 0 && checkout === '' &&
        studio.health.demo.shows.kind === 'idle' && studio.health.demo.shows.ok === true, { what: 'shows nothing of the call' });
    await shopper.until('ended');
    assert.equal(await part('#do-checkout').getAttribute('href'), `https://shop.example/cart?items=FV65:1,FB300:1&from=${call}`);
    assert.match(await part('.basket').innerText(), /Total/);
    await nothingAgainstAxe();
    await keep('ended');
    await system.boothctl(['outcome', 'sale']);
    // Both times are the booth's own: when the call ended, and when the demo display was read back with nothing of it.
    const took = health.demo.shows.since_utc - (await system.boothRecord(call)).ended_utc;
    t.diagnostic(`the demo display was read back as empty ${took} ms after the call's end (bar of make bench: 1000)`);
    await shopper.page.context().close();
});
