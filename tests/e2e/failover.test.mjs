// Cameras and microphones that are switched, drawn and plugged in again in a call, seen from the shopper's side: the picture goes on, nothing is
// negotiated anew, and the advisor is told.
// runs: a call at a time
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after as afterAll, before, test } from 'node:test';
import { installTimeCode } from '../bench/time_code.mjs';
import { launch } from './browser.mjs';
import { firstHeard, heardSince, installEarWatch, longestSilence } from './ear_watch.mjs';
import { after, eventually, now, Shopper, startSystem } from './harness.mjs';
import { firstOf, installPictureWatch, longestGap, picturesSince } from './picture_watch.mjs';

const SWITCH_MS = 200;  // from the advisor's touch to the shopper's screen
const BUSY = 4;         // a crowded machine may make them so many times later; what they are on an idle one, make bench tells
const TAKEN_MS = 1000;  // another device has taken over
const QUIET_MS = 3000;  // how long what is not disturbed is watched
let system, browser;

before(async () => {
    [system, browser] = await Promise.all([startSystem({ desk: { queue: { ring_s: 20, wrapup_s: 60 } },
        booth: { audio: { microphone: 'sim:microphone;sim:microphone-2', speaker: 'sim' } } }), launch()]);
});
afterAll(async () => {
    await browser?.close();
    await system?.stop();
});

const fault = (name) => join(system.state, 'booth-1', 'sim', name);
const draw = (name) => { mkdirSync(fault('.'), { recursive: true }); writeFileSync(fault(`${name}.unplugged`), ''); return now(); };
const plug = (name) => { rmSync(fault(`${name}.unplugged`), { force: true }); return now(); };
const problems = async () => (await system.snapshot()).problems.map(({ name }) => name);
const told = (name) => eventually(() => `the advisor is told ${name}`, async () => (await problems()).includes(name));
const over = (name) => eventually(() => `${name} is over`, async () => !(await problems()).includes(name));

async function inCall(t) {
    await system.settle();
    const shopper = await Shopper.open(browser, system, { scripts: [[installTimeCode, { camera: null }], [installPictureWatch], [installEarWatch]] });
    t.after(async () => {
        for (const name of ['camera-face', 'camera-product', 'microphone', 'microphone-2']) plug(name);
        await shopper.close();
    });
    await shopper.ask({ show_me: false });
    await system.booth('ringing');
    await system.boothctl(['accept']);
    await shopper.until('live');
    await shopper.moving();
    await system.boothctl(['camera', 'face']);
    await firstOf(shopper.page, 'face', now());
    shopper.peers = await shopper.page.evaluate(() => window.witness.peers.length);
    return shopper;
}

async function finish(shopper) {
    assert.equal(await shopper.page.evaluate(() => window.witness.peers.length), shopper.peers, 'no new connection');
    await system.boothctl(['hangup']);
    await shopper.until('ended');
    await system.booth('wrapup');
    await system.boothctl(['outcome', 'none']);
    const record = await system.terminal(await shopper.call());
    assert.equal(record.outcome, 'completed');
    assert.equal(record.offers.length, 1);
}

test('camera switch: at the shopper at once, no black, old or frozen picture, nothing negotiated', async (t) => {
    const shopper = await inCall(t);
    const began = now(), took = [];
    let command = Infinity; // what it takes to start a command at all, which a touch on the console does not
    for (let i = 0; i < 5; i++) {
        const from = now();
        await system.boothctl(['help']);
        command = Math.min(command, now() - from);
    }
    let shown = 'face';
    for (const view of ['product', 'pip', 'face', 'pip', 'product', 'face']) {
        const asked = now();
        await system.boothctl(['camera', view]);
        const { at } = await firstOf(shopper.page, view, asked);
        took.push(at - asked - command);
        await after(300);
        const wrong = (await picturesSince(shopper.page, asked)).filter((one) => ![shown, view].includes(one.view) && !(view === 'pip' && one.view === 'product'));
        assert.deepEqual(wrong, [], `only ${shown} and ${view}`);
        shown = view;
    }
    const gap = longestGap(await picturesSince(shopper.page, began), began, now());
    t.diagnostic(`switches took ${took.map(Math.round).join(', ')} ms; longest time without a newer picture ${Math.round(gap)} ms`);
    took.sort((a, b) => a - b);
    assert.ok(took.at(-1) < BUSY * SWITCH_MS, `switches took ${took.map(Math.round).join(', ')} ms`);
    assert.ok(gap < BUSY * SWITCH_MS, `${gap} ms without a newer picture`);
    assert.deepEqual(await shopper.page.evaluate(() => window.witness.peers.map(({ signalingState }) => signalingState)), ['stable']);
    await finish(shopper);
});

for (const [live, other] of [['face', 'product'], ['product', 'face']]) {
    test(`the ${live} camera is drawn in the call: the ${other} camera takes over within 1 s, and it comes back`, async (t) => {
        const shopper = await inCall(t);
        await system.boothctl(['camera', live]);
        await firstOf(shopper.page, live, now() - 100);
        const drawn = draw(`camera-${live}`);
        const { at } = await firstOf(shopper.page, other, drawn);
        await told(`camera_${live}_missing`);
        await after(QUIET_MS / 2);
        const until = now(), gap = longestGap(await picturesSince(shopper.page, drawn - 200), drawn - 200, until);
        const plugged = plug(`camera-${live}`);
        const back = await firstOf(shopper.page, live, plugged);
        await over(`camera_${live}_missing`);
        const second = longestGap(await picturesSince(shopper.page, plugged), plugged, now());
        t.diagnostic(`taken over ${Math.round(at - drawn)} ms after the cable was drawn, longest gap ${Math.round(gap)} ms; back after ` +
            `${Math.round(back.at - plugged)} ms, longest gap ${Math.round(second)} ms`);
        assert.ok(at - drawn < TAKEN_MS && gap < TAKEN_MS, `taken over after ${at - drawn} ms, gap ${gap} ms`);
        assert.ok(second < TAKEN_MS, `gap of ${second} ms when it came back`);
        await finish(shopper);
    });
}

test('both cameras are drawn: the call goes on with sound and a card, and pictures come back with either camera', async (t) => {
    const shopper = await inCall(t);
    const first = draw('camera-face');
    const drawn = draw('camera-product');
    const card = await firstOf(shopper.page, 'card', drawn);
    await told('camera_product_missing');
    await after(QUIET_MS);
    const pictures = await picturesSince(shopper.page, first - 200), until = now();
    const gap = longestGap(pictures, first - 200, until, { cards: true });
    assert.deepEqual(pictures.filter(({ at, view }) => at > card.at + 100 && view !== 'card'), [], 'nothing but the card');
    assert.ok(await shopper.heard(500) > 1e-6, 'the shopper hears the advisor');
    assert.equal(await shopper.state(), 'live');
    const plugged = plug('camera-product');
    const back = await firstOf(shopper.page, 'product', plugged);
    const again = plug('camera-face');
    const face = await firstOf(shopper.page, 'face', again);
    t.diagnostic(`card after ${Math.round(card.at - drawn)} ms, longest gap ${Math.round(gap)} ms; product camera back after ${Math.round(back.at - plugged)} ms, ` +
        `face camera after ${Math.round(face.at - again)} ms`);
    assert.ok(card.at - drawn < TAKEN_MS && gap < TAKEN_MS, `card after ${card.at - drawn} ms, gap ${gap} ms`);
    await finish(shopper);
});

test('the microphone is drawn in the call: the other one is heard within 1 s, and the first one again when it is back', async (t) => {
    const shopper = await inCall(t);
    await firstHeard(shopper.page, 440, now());
    const drawn = draw('microphone');
    const other = await firstHeard(shopper.page, 660, drawn);
    await told('microphone_spare');
    await after(QUIET_MS / 2);
    const silence = longestSilence(await heardSince(shopper.page, drawn), drawn, now());
    const plugged = plug('microphone');
    const back = await firstHeard(shopper.page, 440, plugged);
    await over('microphone_spare');
    t.diagnostic(`the other one heard after ${Math.round(other.at - drawn)} ms, longest silence ${Math.round(silence)} ms; the first one again after ` +
        `${Math.round(back.at - plugged)} ms`);
    assert.ok(other.at - drawn < TAKEN_MS && silence < TAKEN_MS, `heard after ${other.at - drawn} ms, silence of ${silence} ms`);
    await finish(shopper);
});

test('both microphones are drawn: the call and its picture go on, the advisor is told, and either one is heard when it is back', async (t) => {
    const shopper = await inCall(t);
    await firstHeard(shopper.page, 440, now());
    draw('microphone-2');
    const drawn = draw('microphone');
    await told('microphone_missing');
    await after(QUIET_MS);
    const gap = longestGap(await picturesSince(shopper.page, drawn), drawn, now());
    assert.equal(await shopper.state(), 'live');
    assert.ok(await shopper.heard(500) < 1e-7, 'nothing is heard');
    assert.ok(gap < 500, `${gap} ms without a newer picture`);
    await firstHeard(shopper.page, 660, plug('microphone-2'));
    await told('microphone_spare');
    await firstHeard(shopper.page, 440, plug('microphone'));
    await over('microphone_spare');
    await finish(shopper);
});
