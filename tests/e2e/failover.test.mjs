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
import { eventually, now, Shopper, startSystem } from './harness.mjs';
import { firstOf, goesOn, installPictureWatch, longestGap, picturesSince } from './picture_watch.mjs';

// How long each of them takes is measured by make bench: camera_switch_ms, camera_failover_ms, microphone_failover_ms.
const FURTHER = 30; // pictures that have to come after a change
let system, browser;

before(async () => {
    [system, browser] = await Promise.all([startSystem({ booth: { audio: { microphone: 'sim:microphone;sim:microphone-2', speaker: 'sim' } } }), launch()]);
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
    shopper.connected = await shopper.connections();
    return shopper;
}

async function finish(shopper) {
    assert.deepEqual(await shopper.connections(), shopper.connected, 'nothing was connected or negotiated anew');
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
        await goesOn(shopper.page, now(), FURTHER / 3);
        const wrong = (await picturesSince(shopper.page, asked)).filter((one) => ![shown, view, 'card'].includes(one.view) && !(view === 'pip' && one.view === 'product'));
        assert.deepEqual(wrong, [], `only ${shown} and ${view}, and the card where a crowded machine makes neither for a second`);
        shown = view;
    }
    const gap = longestGap(await picturesSince(shopper.page, began), began, now());
    t.diagnostic(`switches took ${took.map(Math.round).join(', ')} ms; longest time without a newer picture ${Math.round(gap)} ms`);
    await finish(shopper);
});

for (const [live, other] of [['face', 'product'], ['product', 'face']]) {
    test(`the ${live} camera is drawn in the call: the ${other} camera takes over, and it comes back`, async (t) => {
        const shopper = await inCall(t);
        await system.boothctl(['camera', live]);
        await firstOf(shopper.page, live, now() - 100);
        const drawn = draw(`camera-${live}`);
        const { at } = await firstOf(shopper.page, other, drawn);
        await told(`camera_${live}_missing`);
        await goesOn(shopper.page, now(), FURTHER);
        const seen = await picturesSince(shopper.page, drawn - 200), gap = longestGap(seen, drawn - 200, now());
        assert.deepEqual(seen.filter(({ view }) => ![live, other, 'card'].includes(view)), [], `only ${live} and ${other}, or the card`);
        const plugged = plug(`camera-${live}`);
        const back = await firstOf(shopper.page, live, plugged);
        await over(`camera_${live}_missing`);
        await goesOn(shopper.page, back.at, FURTHER);
        const second = longestGap(await picturesSince(shopper.page, plugged), plugged, now());
        t.diagnostic(`taken over ${Math.round(at - drawn)} ms after the cable was drawn, longest gap ${Math.round(gap)} ms; back after ` +
            `${Math.round(back.at - plugged)} ms, longest gap ${Math.round(second)} ms`);
        await finish(shopper);
    });
}

test('both cameras are drawn: the call goes on with sound and a card, and pictures come back with either camera', async (t) => {
    const shopper = await inCall(t);
    const first = draw('camera-face');
    const drawn = draw('camera-product');
    const card = await firstOf(shopper.page, 'card', drawn);
    await told('camera_product_missing');
    await goesOn(shopper.page, card.at, FURTHER / 3, { cards: true });
    const pictures = await picturesSince(shopper.page, first - 200), gap = longestGap(pictures, first - 200, now(), { cards: true });
    // What a camera made before it was drawn may still be on its way.
    assert.deepEqual(pictures.filter(({ at, view, made }) => at > card.at && view !== 'card' && !(made !== null && made <= card.at)), [], 'then nothing but the card');
    assert.deepEqual(pictures.slice(-FURTHER / 6).filter(({ view }) => view !== 'card'), [], 'nothing but the card');
    await shopper.hears();
    assert.equal(await shopper.state(), 'live');
    const plugged = plug('camera-product');
    const back = await firstOf(shopper.page, 'product', plugged);
    const again = plug('camera-face');
    const face = await firstOf(shopper.page, 'face', again);
    t.diagnostic(`card after ${Math.round(card.at - drawn)} ms, longest gap ${Math.round(gap)} ms; product camera back after ${Math.round(back.at - plugged)} ms, ` +
        `face camera after ${Math.round(face.at - again)} ms`);
    await finish(shopper);
});

test('the microphone is drawn in the call: the other one is heard, and the first one again when it is back', async (t) => {
    const shopper = await inCall(t);
    await firstHeard(shopper.page, 440, now());
    const drawn = draw('microphone');
    const other = await firstHeard(shopper.page, 660, drawn);
    await told('microphone_spare');
    await goesOn(shopper.page, now(), FURTHER);
    const silence = longestSilence(await heardSince(shopper.page, drawn), drawn, now());
    const plugged = plug('microphone');
    const back = await firstHeard(shopper.page, 440, plugged);
    await over('microphone_spare');
    t.diagnostic(`the other one heard after ${Math.round(other.at - drawn)} ms, longest silence ${Math.round(silence)} ms; the first one again after ` +
        `${Math.round(back.at - plugged)} ms`);
    await finish(shopper);
});

test('both microphones are drawn: the call and its picture go on, the advisor is told, and either one is heard when it is back', async (t) => {
    const shopper = await inCall(t);
    await firstHeard(shopper.page, 440, now());
    draw('microphone-2');
    const drawn = draw('microphone');
    await told('microphone_missing');
    await shopper.hears(false);
    await goesOn(shopper.page, now(), FURTHER);
    t.diagnostic(`longest time without a newer picture ${Math.round(longestGap(await picturesSince(shopper.page, drawn), drawn, now()))} ms`);
    assert.equal(await shopper.state(), 'live');
    await firstHeard(shopper.page, 660, plug('microphone-2'));
    await told('microphone_spare');
    await firstHeard(shopper.page, 440, plug('microphone'));
    await over('microphone_spare');
    await finish(shopper);
});
