// The catalogue with real programs: a feed imported at the desk, a booth's agent that finds it, offline and after damage too.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { product, writeFeed } from '../bench/feed.mjs';
import { build, eventually, startSystem, STEP_MS } from '../e2e/harness.mjs';

const PRODUCTS = 2000;
const run = promisify(execFile);
let system, feed;

before(async () => {
    system = await startSystem({ booths: 1, environment: { BOOTH_PROGRAMS: 'agent', WAIT_READY: 'no', DEMO_FEED: 'no' } });
    feed = join(system.state, 'feed.xml');
});
after(async () => system?.stop());

const boothctl = (...words) => system.boothctl(words);
const importFeed = async (path) => (await run(join(build, 'bin/desk'), ['--config', join(system.state, 'desk.conf'), 'import', path])).stdout;
const catalogue = async () => (await system.snapshot()).catalogue;
const found = async (...words) => JSON.parse(await boothctl('products', 'search', ...words, '--json')).map((one) => one.id);
const ready = (products) => eventually(`a catalogue of ${products} products`, async () => {
    const now = await catalogue();
    return now.state === 'ready' && now.products === products;
}, 4 * STEP_MS);
const shelf = () => join(system.state, 'booth-1', 'catalogue');
const database = () => join(shelf(), readdirSync(shelf()).find((name) => name.endsWith('.db')));

test('an imported feed is found at the booth', async () => {
    assert.deepEqual(await catalogue(), { version: 0, products: 0, feed_utc: 0, state: 'none' });
    await assert.rejects(boothctl('products', 'search', 'tv'), /no catalogue yet/);
    writeFeed(feed, { products: PRODUCTS });
    assert.match(await importFeed(feed), /2000 products/);
    await ready(PRODUCTS);
    const one = product(1500);
    assert.deepEqual(await found(one.mpn), [one.id]);
    assert.deepEqual(await found(one.gtin), [one.id]);
    const whole = JSON.parse(await boothctl('products', 'show', one.gtin, '--json'));
    assert.equal(whole.title, one.title);
    assert.equal(whole.description, one.description);
    assert.deepEqual(whole.details.map(({ section, name, value }) => [section, name, value]), one.product_detail);
    assert.ok((await found('hodetelefner')).length > 5);
    assert.ok(JSON.parse(await boothctl('products', 'accessories', product(4).id, '--json')).length > 5);
    await assert.rejects(boothctl('products', 'show', '7000100000003'), /check digit/);
});

test('what left the feed is not found any more', async () => {
    const gone = product(1500);
    writeFeed(feed, { products: PRODUCTS, without: [1500] });
    await importFeed(feed);
    await ready(PRODUCTS - 1);
    await assert.rejects(boothctl('products', 'show', gone.id), /no bar code|no such product/);
    await assert.rejects(boothctl('products', 'show', gone.gtin), /no such product/);
    assert.ok(!(await found(gone.mpn)).includes(gone.id));
});

test('a bad feed changes nothing', async () => {
    const before_ = await catalogue(), bad = join(system.state, 'bad.xml');
    writeFileSync(bad, readFileSync(feed, 'utf8').replaceAll(' NOK', ''));
    await assert.rejects(importFeed(bad), /would be refused|no product/);
    writeFileSync(bad, readFileSync(feed, 'utf8').slice(0, 100000));
    await assert.rejects(importFeed(bad), /cannot be read past line/);
    assert.deepEqual(await catalogue(), before_);
});

test('the booth keeps working without a desk, and notices damage after a restart', async () => {
    const one = product(7), file = database();
    process.kill(system.pid('desk-1'), 'SIGSTOP');
    try {
        await system.kill('booth-1-agent');
        await eventually('the product, offline', async () => (await found(one.mpn))[0] === one.id);
        const bytes = readFileSync(file);
        bytes[bytes.length - 6000] ^= 1;
        writeFileSync(file, bytes);
        await system.kill('booth-1-agent');
        await eventually('the damage is noticed', async () => (await catalogue()).state === 'damaged');
        assert.ok(!existsSync(file));
    } finally {
        process.kill(system.pid('desk-1'), 'SIGCONT');
    }
    await ready(PRODUCTS - 1);
    assert.deepEqual(await found(one.mpn), [one.id]);
});
