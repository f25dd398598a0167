// The studio against a real browser: both codecs, both directions, sound and chat both ways, refusals, and the cameras' and microphone's faults.
// runs: a call at a time
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../e2e/browser.mjs';
import { eventually } from '../e2e/harness.mjs';
import { installTimeCode } from '../bench/time_code.mjs';
import { shopper, startPage, startStudio } from './studio_double.mjs';

const CALL = `c${'0'.repeat(32)}`;
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

async function aCall(studio, page, pc, codecs, options) {
    await shopper(page, studio, pc, options);
    await studio.call('Prepare', CALL, '1', String(pc), JSON.stringify(codecs), '[]');
    const asked = Date.now();
    await studio.call('Start', CALL, '1', String(pc), JSON.stringify(codecs), '[]');
    return asked;
}

for (const codec of ['H264', 'VP8']) {
    test(`a call in ${codec}: picture, sound and chat both ways`, async (t) => {
        const studio = await startStudio();
        const { page, close } = await startPage(browser, installTimeCode, { camera: null });
        t.after(async () => { await close(); await studio.stop(); });
        const asked = await aCall(studio, page, 1, [codec]);
        const first = await page.evaluate(() => window.shop.first);
        t.diagnostic(`accept to first picture ${first - asked} ms`);
        await studio.until(() => studio.seen.states.some(({ state }) => state === 'connected'), 'connected');
        await studio.until(() => studio.seen.pictures.length === 1, 'the shopper\'s picture');
        await studio.until(() => studio.seen.health.media.received_fps > 0 && studio.seen.health.media.sent_fps > 0, 'a moving picture both ways');
        await studio.until(() => studio.seen.health.media.audio_sent_db > -60 && studio.seen.health.media.audio_received_db > -60, 'sound both ways');
        assert.equal(studio.seen.health.media.codec, codec);
        const before = await page.evaluate(() => window.shop.stats()), ages = [];
        const stats = await eventually(() => `pictures whose time is read (${ages.length} so far), and sound`, async () => {
            ages.push(...(await page.evaluate(() => window.timeCode.ages(document.querySelector('video'), 1000))).ages);
            const seen = await page.evaluate(() => window.shop.stats());
            return ages.length > 10 && new Set(ages).size > 1 && seen.video.framesDecoded - before.video.framesDecoded > 10
                && seen.audio.totalAudioEnergy > before.audio.totalAudioEnergy && seen;
        });
        ages.sort((a, b) => a - b);
        t.diagnostic(`glass to glass p50 ${ages[ages.length >> 1].toFixed(0)} p95 ${ages[Math.floor(ages.length * 0.95)].toFixed(0)} ms, ${ages.length} read`);
        assert.ok(stats.codecs.includes(`video/${codec}`));
        await page.waitForFunction(() => window.shop.channel?.readyState === 'open');
        await studio.call('SendChat', 'Hei på deg "du"');
        await page.waitForFunction(() => window.shop.chats.includes('Hei på deg "du"'));
        await page.evaluate(() => window.shop.channel.send('what does it cost?'));
        await studio.until(() => studio.seen.chats.some(({ text }) => text === 'what does it cost?'), 'the chat');
        for (const view of ['product', 'pip', 'face']) await studio.call('SetCamera', view);
        await studio.call('SetMute', 'true');
        await studio.until(() => studio.seen.health.media.audio_sent_db <= -90, 'a muted microphone');
        await studio.call('Stop');
        await studio.until(() => studio.seen.health.media.state === 'none', 'the end');
        assert.equal(await studio.stop(), 0);
    });
}

test('a browser that rejects the video is told apart from a failure', async (t) => {
    const studio = await startStudio();
    const { page, close } = await startPage(browser);
    t.after(async () => { await close(); await studio.stop(); });
    await aCall(studio, page, 1, ['H264', 'VP8'], { answer: (sdp) => sdp.replace(/^m=video \d+/m, 'm=video 0') });
    await studio.until(() => studio.seen.states.some(({ state }) => state === 'refused'), 'refused');
    assert.equal(studio.seen.health.media.codec_refused, 'H264');
    await aCall(studio, page, 2, ['VP8']);
    await studio.until(() => studio.seen.states.some(({ pc, state }) => pc === 2 && state === 'connected'), 'connected with the other codec');
    assert.equal(studio.seen.signals.find(({ pc, kind }) => pc === 2 && kind === 'offer').codec, 'VP8');
});

test('nothing leaves before the call is accepted, and malformed signals change nothing', async (t) => {
    const studio = await startStudio();
    const { page, close } = await startPage(browser);
    t.after(async () => { await close(); await studio.stop(); });
    await shopper(page, studio, 3);
    await studio.call('Prepare', CALL, '1', '3', '["VP8"]', '[{"urls":"turn:x"},7]');
    await studio.until(() => studio.seen.health.media.pc === 3, 'the session');
    assert.equal(studio.seen.signals.length, 0);
    await studio.call('Start', CALL, '1', '3', '["VP8"]', '[]');
    for (const signal of ['', '{', '[]', '{"kind":"answer"}', '{"kind":"answer","sdp":"v=0\\r\\nnonsense"}', '{"kind":"candidate","candidate":"x","mline":99}',
        `{"kind":"candidate","mline":0,"candidate":"${'y'.repeat(2000)}"}`, '{"kind":"answer","sdp":7}'])
        await studio.call('RemoteSignal', '3', JSON.stringify(signal));
    await studio.call('RemoteSignal', '2', JSON.stringify('{"kind":"refused"}'));
    await studio.until(() => studio.seen.states.some(({ state }) => state === 'connected'), 'connected');
    await assert.rejects(studio.call('SetCamera', 'ceiling'), /BadArgument/);
    await assert.rejects(studio.call('Start', CALL, '1', '4', '["AV1"]', '[]'), /WrongState/);
});

test('faults of cameras and microphone are named and end by themselves', async (t) => {
    const studio = await startStudio();
    t.after(async () => { await studio.stop(); });
    const file = (name) => path.join(studio.folder, 'state', 'sim', name);
    const health = () => studio.seen.health;
    const faults = [['camera-face.frozen', () => health().camera.face.problem, 'frozen'], ['camera-product.unplugged', () => health().camera.product.problem, 'missing'],
        ['microphone.silent', () => health().microphone.problem, 'silent'], ['microphone.unplugged', () => health().microphone.problem, 'missing'],
        ['speaker.unplugged', () => health().speaker.problem, 'missing']];
    await studio.until(() => faults.every(([, look]) => look() === ''), 'a healthy studio');
    for (const [name, look, problem] of faults) {
        writeFileSync(file(name), '');
        await studio.until(() => look() === problem, `${name} to be noticed`);
        rmSync(file(name));
        await studio.until(() => look() === '', `${name} to end`);
    }
});
