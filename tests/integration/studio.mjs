// The studio against a real browser: both codecs, both directions, sound and chat both ways, refusals, and the cameras' and microphone's faults.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from '../e2e/browser.mjs';
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
        await studio.until(() => studio.seen.health.media.received_fps >= 15 && studio.seen.health.media.sent_fps >= 20, 'a moving picture both ways');
        await studio.until(() => studio.seen.health.media.audio_sent_db > -60 && studio.seen.health.media.audio_received_db > -60, 'sound both ways');
        assert.equal(studio.seen.health.media.codec, codec);
        const before = await page.evaluate(() => window.shop.stats());
        const { ages, width, unread } = await page.evaluate(() => window.timeCode.ages(document.querySelector('video'), 3000));
        const stats = await page.evaluate(() => window.shop.stats());
        ages.sort((a, b) => a - b);
        t.diagnostic(`glass to glass p50 ${ages[ages.length >> 1]?.toFixed(0)} p95 ${ages[Math.floor(ages.length * 0.95)]?.toFixed(0)} ms, ${ages.length} read, ${unread} not, width ${width}`);
        assert.ok(ages.length > 45, 'the time in the picture is read, new in each');
        assert.ok(stats.video.framesDecoded - before.video.framesDecoded > 45);
        assert.ok(stats.audio.totalAudioEnergy > before.audio.totalAudioEnergy, 'sound at the shopper');
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
