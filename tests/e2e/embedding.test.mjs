// The example of docs/embedding.md, word for word but for the desk's address, on another origin than the desk's, under the policies that the document
// asks for: a whole call, and what a shop sees that the desk does not know.
// runs: a call at a time
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { Shopper, startSystem, STEP_MS, top } from './harness.mjs';

const document = readFileSync(join(top, 'docs/embedding.md'), 'utf8');
const limits = { timeout: 10 * STEP_MS };
const DESK = 'https://desk.example';

/* The first block of a language after a heading. */
function block(heading, language) {
    const found = document.slice(document.indexOf(`\n## ${heading}\n`)).match(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``));
    assert.ok(found, `${heading} has a block of ${language || 'plain text'}`);
    return found[1].trim();
}

let example = '', headers = {};
function listen() {
    const server = createServer((request, response) => {
        response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', ...headers });
        response.end(request.url === '/' ? example : '');
    });
    return new Promise((done) => { server.listen(0, 'localhost', () => done(server)); });
}
const address = (server) => `http://localhost:${server.address().port}`;

let system, browser, shop, stranger;

before(async () => {
    [shop, stranger, browser] = await Promise.all([listen(), listen(), launch()]);
    const origins = block('Origins', 'ini').split('\n');
    assert.deepEqual(origins, ['[desk]', 'origins = https://shop.example;https://www.shop.example']);
    system = await startSystem({ desk: { desk: { origins: address(shop) } } });
    const desk = new URL(system.url).origin;
    const local = (text) => text.replaceAll(DESK, desk).replaceAll('wss://desk.example', desk.replace('http', 'ws'));
    example = local(block('A page that works', 'html'));
    const [name, value] = block('Permissions policy', '').split(': ');
    headers = { 'content-security-policy': `default-src 'none'; ${local(block('Content security policy', ''))}`, [name]: value };
}, limits);
after(async () => {
    if (browser) await browser.close();
    if (system) await system.stop();
    for (const server of [shop, stranger]) server.close();
});

/* What the page complained about. */
function listenToFaults(page) {
    const faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (entry) => entry.type() === 'error' && !/favicon/.test(entry.text() + entry.location().url) && faults.push(entry.text()));
    return faults;
}

describe('the example of docs/embedding.md', () => {
    test('a whole call from another origin, under the policies of the document', limits, async () => {
        const shopper = await Shopper.open(browser, system, { url: `${address(shop)}/` });
        const faults = listenToFaults(shopper.page);
        await shopper.page.evaluate(() => {
            window.told = [];
            document.addEventListener('livebooth:state', ({ detail }) => window.told.push(detail));
        });
        await shopper.ask();
        await shopper.until('ringing');
        await system.boothctl(['accept']);
        await shopper.until('live');
        await shopper.moving();
        const { call } = await system.snapshot();
        assert.equal(call.product, `${address(shop)}/products/55-oled`);
        assert.equal(call.product_title, 'Fjell Vision 55 OLED');
        assert.equal(call.topic, 'tv');
        await shopper.page.click('#do-end');
        await shopper.until('ended');
        const told = await shopper.page.evaluate(() => window.told);
        assert.deepEqual(told.map(({ state }) => state), ['queued', 'ringing', 'connecting', 'live', 'ended']);
        assert.ok(told.every((detail) => detail.call === call.id), JSON.stringify(told));
        assert.deepEqual(faults, []);
        await shopper.close();
        await system.settle();
    });

    test('every custom property and part of the document is there', limits, async () => {
        const script = readFileSync(join(top, 'app/desk/web/livebooth-call.js'), 'utf8');
        const named = [...document.matchAll(/`(--livebooth-[a-z-]+)`/g)].map((found) => found[1]);
        const used = new Set([...script.matchAll(/var\((--livebooth-[a-z-]+)/g)].map((found) => found[1]));
        assert.deepEqual(new Set(named), used);
        for (const part of ['card', 'button', 'primary', 'field', 'notice', 'stage', 'video', 'self', 'toolbar', 'chat']) {
            assert.match(document, new RegExp(`[(\`]${part}[)\`]`));
            assert.match(script, new RegExp(`part(:|',) [^,]*'(button )?${part}'`), part);
        }
    });

    test('a shop that the desk does not list is told that the desk cannot be reached', limits, async () => {
        const page = await browser.newPage();
        await page.goto(`${address(stranger)}/`);
        await page.click('#do-start_button');
        await page.waitForFunction(() => document.querySelector('livebooth-call').shadowRoot.textContent.includes('We cannot reach the call desk'));
        assert.equal(await page.getAttribute('livebooth-call', 'data-call-state'), 'idle');
        assert.match(system.log('desk-1'), /origins/);
        await page.close();
    });
});
