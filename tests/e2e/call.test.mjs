// Calls between a real browser and a booth: what shopper and advisor see of each, and how it ends in the records. One system serves all cases.
// runs: a call at a time
import assert from 'node:assert/strict';
import { after as afterAll, before, test } from 'node:test';
import { blind } from './blind.mjs';
import { launch } from './browser.mjs';
import { eventually, now, Shopper, startSystem, STEP_MS } from './harness.mjs';

const RING_S = 10; // a crowded machine takes its time to answer
let system, browser;

before(async () => {
    [system, browser] = await Promise.all([startSystem({ desk: { queue: { ring_s: RING_S } } }), launch()]);
});
afterAll(async () => {
    await browser?.close();
    await system?.stop();
});

/* The advisor answers as soon as it rings. */
async function answer() {
    await system.booth('ringing');
    await system.boothctl(['accept']);
}

/* Hangs up, wraps up, and gives the call's records. */
async function finish(shopper, { by = 'booth', outcome = 'advice' } = {}) {
    const call = await shopper.call();
    if (by === 'booth') await system.boothctl(['hangup']);
    else await shopper.page.click('#do-end');
    await shopper.until('ended');
    await system.booth('wrapup');
    await system.boothctl(['outcome', outcome]);
    await system.booth(['ready', 'paused']);
    return { record: await system.terminal(call), booth: await system.boothRecord(call) };
}

for (const codec of ['H264', 'VP8']) {
    test(`${codec}: both see and hear each other, write, and the records tell it`, async () => {
        await system.settle();
        const shopper = await Shopper.open(browser, system, { attributes: { codecs: codec } });
        await shopper.ask();
        await answer();
        await shopper.until('live');
        await shopper.moving();
        assert.equal((await shopper.stats()).codec, codec);
        await shopper.hears();
        await system.booth(({ studio: { health: { media } } }) => media.received_fps > 0 && media.audio_received_db > -60 && media.codec === codec,
            { what: `receives picture and sound, and sends ${codec}` });
        const { record, booth } = await finish(shopper, { by: codec === 'VP8' ? 'shopper' : 'booth' });
        assert.equal(record.outcome, 'completed');
        assert.equal(record.ended_by, codec === 'VP8' ? 'shopper' : 'booth');
        assert.equal(record.cause, '');
        assert.ok(record.enqueued_utc <= record.offers[0].offered_utc && record.offers[0].offered_utc <= record.accepted_utc);
        assert.ok(record.accepted_utc <= record.media_up_utc && record.media_up_utc <= record.ended_utc);
        assert.equal(booth.outcome, 'advice');
        assert.equal(booth.codec, codec);
        assert.ok(booth.shopper_picture_utc > 0);
        await shopper.close();
    });
}

test('a browser that refuses H.264 gets VP8', async () => {
    await system.settle();
    const shopper = await Shopper.open(browser, system, { attributes: { refuses: 'H264' } });
    await shopper.ask();
    await answer();
    await shopper.until('live');
    await shopper.moving();
    assert.equal((await shopper.stats()).codec, 'VP8');
    await finish(shopper);
    await shopper.close();
});

test('a browser that agrees to H.264 and decodes none of it gets VP8', async () => {
    await system.settle();
    const shopper = await Shopper.open(browser, system, { scripts: [[blind, ['H264']]] });
    await shopper.ask();
    await answer();
    await shopper.until('live');
    const { codec, frames } = await shopper.stats();
    assert.equal(codec, 'VP8');
    assert.ok(frames > 0);
    const { record, booth } = await finish(shopper);
    assert.equal(record.outcome, 'completed');
    assert.equal(booth.codec, 'VP8');
    await shopper.close();
});

test('a shopper who gives no camera and no microphone sees and hears the advisor', async () => {
    await system.settle();
    const shy = await launch({ media: 'denied' });
    try {
        const shopper = await Shopper.open(shy, system);
        await shopper.ask();
        await answer();
        await shopper.until('live');
        await shopper.moving();
        await shopper.hears();
        assert.equal((await shopper.stats()).sent_frames, 0);
        const { record } = await finish(shopper);
        assert.equal(record.outcome, 'completed');
    } finally {
        await shy.close();
    }
});

test('camera switch: the picture changes and goes on, nothing is negotiated', async (t) => {
    await system.settle();
    const shopper = await Shopper.open(browser, system);
    await shopper.ask({ show_me: false });
    await answer();
    await shopper.until('live');
    await shopper.moving();
    const began = now(), connections = await shopper.connections();
    for (const view of ['product', 'pip', 'face']) {
        const before = await shopper.page.evaluate(() => window.witness.look());
        await system.boothctl(['camera', view]);
        await system.booth(({ camera }) => camera === view, { what: `shows ${view}` });
        await eventually(`another picture after camera ${view}`, async () => {
            const later = await shopper.page.evaluate(() => window.witness.look());
            const changed = later.filter((value, i) => Math.abs(value - before[i]) > 24).length;
            return changed > later.length / 20;
        });
        await shopper.goesOn();
    }
    t.diagnostic(`the longest time without a picture was ${Math.round(await shopper.gap(began))} ms (bar of make bench: 200)`);
    assert.deepEqual(await shopper.connections(), connections);
    await finish(shopper);
    await shopper.close();
});

test('mute: the shopper hears nothing, then the advisor again', async () => {
    await system.settle();
    const shopper = await Shopper.open(browser, system);
    await shopper.ask({ show_me: false });
    await answer();
    await shopper.until('live');
    await shopper.hears();
    await system.boothctl(['mute', 'on']);
    await system.booth(({ muted }) => muted === true, { what: 'is muted' });
    await shopper.hears(false);
    await system.boothctl(['mute', 'off']);
    await shopper.hears();
    await finish(shopper);
    await shopper.close();
});

test('leaving the line while every advisor pauses: missed, no staff', async () => {
    await system.settle();
    await system.boothctl(['pause']);
    await system.booth('paused');
    const shopper = await Shopper.open(browser, system);
    await shopper.ask();
    await shopper.until('queued');
    const call = await shopper.call();
    await shopper.page.click('#do-leave');
    await shopper.until('ended');
    const record = await system.terminal(call);
    assert.equal(record.outcome, 'missed');
    assert.equal(record.cause, 'no_staff');
    await shopper.close();
});

test('a reload keeps the place; a closed tab leaves the line after 10 s', async (t) => {
    await system.settle();
    await system.boothctl(['pause']);
    await system.booth('paused');
    const first = await Shopper.open(browser, system);
    await first.ask();
    await first.until('queued');
    const call = await first.call();
    const second = await Shopper.open(browser, system);
    await second.ask();
    await second.until('queued');
    await first.page.reload();
    await first.until('queued');
    assert.equal(await first.call(), call);
    await eventually('next in line still', async () => /next/i.test(await first.page.locator('livebooth-call .place').first().textContent()));
    const gone = await second.call();
    const closed = now();
    await second.close();
    const record = await system.terminal(gone);
    assert.ok(['abandoned', 'missed'].includes(record.outcome), record.outcome);
    const took = record.ended_utc - closed;
    t.diagnostic(`left ${Math.round(took)} ms after the tab was closed`);
    assert.ok(took > 8000, `left after ${took} ms`); // the desk's clock began no later than the browser closed the tab
    await first.page.click('#do-leave');
    await first.until('ended');
    await first.close();
});

test('ring no answer: back at the head of the line, the booth pauses', async (t) => {
    await system.settle();
    const shopper = await Shopper.open(browser, system);
    await shopper.ask();
    await system.booth('ringing');
    const call = await shopper.call();
    const { pause_reason } = await system.booth('paused');
    assert.equal(pause_reason, 'ring_no_answer');
    await shopper.until('queued');
    await system.boothctl(['ready']);
    await answer();
    await shopper.until('live');
    assert.equal(await shopper.call(), call);
    const { record } = await finish(shopper);
    assert.deepEqual(record.offers.map(({ result }) => result), ['ring_no_answer', 'accepted']);
    const [{ offered_utc, ended_utc }] = record.offers;
    t.diagnostic(`it rang for ${ended_utc - offered_utc} ms`);
    assert.ok(ended_utc - offered_utc > RING_S * 1000 - 500); // two clocks
    await shopper.close();
});

test('declined: back at the head of the line, the booth pauses', async () => {
    await system.settle();
    const shopper = await Shopper.open(browser, system);
    await shopper.ask();
    await system.booth('ringing');
    const call = await shopper.call();
    await system.boothctl(['decline']);
    const { pause_reason } = await system.booth('paused');
    assert.equal(pause_reason, 'declined');
    await shopper.until('queued');
    const later = await Shopper.open(browser, system);
    await later.ask();
    await later.until('queued');
    await system.boothctl(['ready']);
    await system.booth(({ state, call: rings }) => state === 'ringing' && rings.id === call, { what: 'rings with the declined call again' });
    await later.page.click('#do-leave');
    await later.until('ended');
    await shopper.page.click('#do-leave');
    await shopper.until('ended');
    const record = await system.terminal(call);
    await later.close();
    await shopper.close();
    assert.equal(record.offers[0].result, 'declined');
});

test('asked to be called back instead of waiting', async () => {
    await system.settle();
    await system.boothctl(['pause']);
    await system.booth('paused');
    const shopper = await Shopper.open(browser, system);
    await shopper.ask();
    await shopper.until('queued');
    const call = await shopper.call();
    await shopper.page.click('#do-callback_instead');
    await shopper.page.fill('#contact', 'shopper@shop.example');
    await shopper.page.click('#do-callback_send');
    await shopper.until('ended');
    const record = await system.terminal(call);
    assert.equal(record.outcome, 'callback');
    assert.equal(record.cause, '');
    await shopper.close();
});

test('a tab that is closed in the call: dropped or completed, and the booth wraps up', async () => {
    await system.settle();
    const shopper = await Shopper.open(browser, system);
    await shopper.ask({ show_me: false });
    await answer();
    await shopper.until('live');
    const call = await shopper.call();
    await shopper.moving();
    await shopper.close();
    await system.booth('wrapup', { ms: 2 * STEP_MS }); // the booth finds out by itself
    await system.boothctl(['outcome', 'none']);
    const record = await system.terminal(call);
    assert.ok(['dropped', 'completed'].includes(record.outcome), record.outcome);
});
