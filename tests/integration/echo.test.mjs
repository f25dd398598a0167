// The shopper's own voice through the whole chain: a browser sends it, the studio plays it, the simulated room brings it to the microphone, and the
// browser listens for what comes back. The figures of the canceller alone, free of any machine's load, are those of tests/unit/test_echo.c.
//
// Echo return loss enhancement: the energy that comes back with the canceller over that without it, in dB, of the median second.
// runs: a call at a time
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { launch } from '../e2e/browser.mjs';
import { installEarWatch } from '../e2e/ear_watch.mjs';
import { STEP_MS } from '../e2e/harness.mjs';
import { shopper, startPage, startStudio } from './studio_double.mjs';

const CALL = `c${'0'.repeat(32)}`, RATE = 48000;
const ADAPT_MS = 6000;   // that the canceller has to learn the room
const LISTEN_MS = 6000;  // to what it leaves, and again when the machine was too crowded for it to hold
const TRIES = 12;
const SETTLE_MS = 2000, GLANCE_MS = 4000; // what is there without it shows sooner
const ERLE_DB = 30;
const LEVEL_DB = 12;     // gain control makes a quiet voice louder
const FAR = 'Hello, I am looking for a new television for our living room. We sit about three metres from the screen, and in the evening the sun comes in ' +
    'from the side. My neighbour has one that is very bright, but I do not know its name. What would you recommend?';
const NEAR = 'Good evening, and welcome. For three metres I would take fifty five or sixty five inches. This one here has a very bright picture.';

const folder = mkdtempSync(path.join(tmpdir(), 'livebooth-echo-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function speak(name, voice, words) {
    const file = path.join(folder, name);
    execFileSync('espeak-ng', ['-v', voice, '-s', '150', '-a', '60', '-w', file, words]);
    return file;
}

/* A second of digital silence as a WAV file: 16 bit, mono. */
function silence(name) {
    const file = path.join(folder, name), bytes = RATE * 2, head = Buffer.alloc(44);
    head.write('RIFF', 0); head.writeUInt32LE(36 + bytes, 4); head.write('WAVEfmt ', 8); head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20);
    head.writeUInt16LE(1, 22); head.writeUInt32LE(RATE, 24); head.writeUInt32LE(RATE * 2, 28); head.writeUInt16LE(2, 32); head.writeUInt16LE(16, 34);
    head.write('data', 36); head.writeUInt32LE(bytes, 40);
    writeFileSync(file, Buffer.concat([head, Buffer.alloc(bytes)]));
    return file;
}

/* Mean level, dB below full scale; active: of the 20 ms pieces that are at most 30 dB below the loudest. */
function level({ samples, rate }, active = false) {
    const piece = rate / 50, energies = [];
    for (let at = 0; at + piece <= samples.length; at += piece) {
        let sum = 0;
        for (let i = at; i < at + piece; i++) sum += samples[i] * samples[i];
        energies.push(sum / piece);
    }
    const loudest = Math.max(...energies), counted = active ? energies.filter((one) => one > loudest / 1000) : energies;
    return 10 * Math.log10(counted.reduce((sum, one) => sum + one, 0) / counted.length / 32768 ** 2 + 1e-10);
}

/* That of the median second: a crowded machine plays some sound late, and from then on the canceller learns anew. */
function usualLevel({ samples, rate }) {
    const seconds = [];
    for (let at = 0; at + rate <= samples.length; at += rate) seconds.push(level({ samples: samples.slice(at, at + rate), rate }));
    return seconds.sort((a, b) => a - b)[seconds.length >> 1];
}

const far = speak('far.wav', 'en-us', FAR), near = speak('near.wav', 'en-gb+f3', NEAR), nothing = silence('nothing.wav');

/* A call in the room. enough: the level of what comes back, in dB, at which it need not be listened to again. Gives what the shopper hears: while only the shopper speaks, and while only the advisor does. */
async function callInRoom(t, cancel_echo, enough) {
    const studio = await startStudio({ audio: `cancel_echo = ${cancel_echo}`, camera: 'width = 320\nheight = 180\nfps = 10' });
    const browser = await launch({ microphone_file: far });
    const { page, close } = await startPage(browser, installEarWatch);
    t.after(async () => { await close(); await browser.close(); await studio.stop(); });
    const sim = path.join(studio.folder, 'state', 'sim');
    mkdirSync(sim, { recursive: true });
    writeFileSync(path.join(sim, 'room'), '[room]\ndelay_ms = 20\nloss_db = 6\nreverb_ms = 200\nreverb_db = -6\n');
    const hear = (file) => {
        writeFileSync(path.join(sim, 'next'), execFileSync('cat', [file]));
        renameSync(path.join(sim, 'next'), path.join(sim, 'microphone.wav'));
    };
    hear(nothing);
    await shopper(page, studio, 1, { video: false, processing: false });
    await studio.call('Prepare', CALL, '1', '1', '["VP8"]', '[]');
    await studio.call('Start', CALL, '1', '1', '["VP8"]', '[]');
    await studio.until(() => studio.seen.states.some(({ state }) => state === 'connected'), 'connected');
    await studio.until(() => studio.seen.health.media.audio_received_db > -50, 'the shopper\'s voice at the speaker');
    await page.waitForTimeout(cancel_echo ? ADAPT_MS : SETTLE_MS);
    let alone;
    for (let i = 0; i < TRIES && !(alone && usualLevel(alone) <= enough); i++) {
        const heard = await page.evaluate((ms) => window.earWatch.record(ms), cancel_echo ? LISTEN_MS : GLANCE_MS);
        if (!alone || usualLevel(heard) < usualLevel(alone)) alone = heard;
    }
    await page.evaluate(() => { for (const sender of window.shop.connection.getSenders()) if (sender.track) sender.track.enabled = false; });
    hear(near);
    await page.waitForTimeout(SETTLE_MS);
    const answer = await page.evaluate((ms) => window.earWatch.record(ms), GLANCE_MS);
    return { alone, answer };
}

test('the shopper hears no echo, and hears the advisor', { timeout: 20 * STEP_MS }, async (t) => {
    const plain = await callInRoom(t, false, 0), echo = usualLevel(plain.alone);
    const clean = await callInRoom(t, true, echo - ERLE_DB);
    const rest = usualLevel(clean.alone), spoken = level(plain.answer, true), sent = level(clean.answer, true);
    t.diagnostic(`far end alone: in the median second ${echo.toFixed(1)} dB come back without the canceller, ${rest.toFixed(1)} dB with it: ${(echo - rest).toFixed(1)} dB less (bar ${ERLE_DB}); ` +
        `as a whole ${(level(plain.alone) - level(clean.alone)).toFixed(1)} dB`);
    t.diagnostic(`near end alone: ${spoken.toFixed(1)} dB without, ${sent.toFixed(1)} dB with it`);
    assert.ok(echo > -50, `there is an echo without the canceller: ${echo} dB`);
    assert.ok(echo - rest >= ERLE_DB, `${echo - rest} dB`);
    assert.ok(Math.abs(sent - spoken) < LEVEL_DB, `the advisor's level changes by ${sent - spoken} dB`);
});
