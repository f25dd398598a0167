// One whole call, unattended: a real browser is the shopper, the advisor presses the buttons of the booth's panel. Prints the timeline and the records as
// they arrived at the centre, and leaves pictures of all screens in BUILD/demo. Exits 0 only if everything that makes a call was seen to happen.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { build, eventually, now, Shopper, startSystem } from './harness.mjs';

const TALK_MS = 3000;
const SILENCE_DB = -60;
const HELLO = 'Does it come with a wall mount?';
const ANSWER = 'Yes, here it is.';
const pictures = join(build, 'demo');

const seen = [], missing = [];
async function see(what, look) {
    try {
        const detail = await look();
        seen.push(what);
        console.log(`  seen: ${what}${typeof detail === 'string' ? ` (${detail})` : ''}`);
    } catch (error) {
        missing.push(what);
        console.log(`  NOT SEEN: ${what}: ${error.message}`);
    }
}

function need(true_, otherwise) {
    if (!true_) throw new Error(otherwise);
}

async function watchCall(system, shopper) {
    const chats = system.listen();
    await see("the advisor's picture moves at the shopper", async () => {
        await shopper.moving();
        const { width, height, codec, fps } = await shopper.stats();
        return `${codec} ${width}×${height}, ${Math.round(fps)} pictures/s`;
    });
    await see("the shopper's picture moves at the booth", async () => {
        const media = await eventually('pictures received', async () => {
            const { studio } = await system.snapshot();
            return studio.health.media.received_fps >= 5 && studio.health.media;
        });
        return `${media.received_frames} pictures, ${Math.round(media.received_fps)}/s`;
    });
    await see('the shopper hears the advisor', async () => {
        const energy = await shopper.heard(TALK_MS);
        need(energy > 1e-6, `energy ${energy} a second`);
        return `energy ${energy.toPrecision(2)} a second`;
    });
    await see('the advisor hears the shopper', async () => {
        // The browser's simulated microphone beeps once a second.
        const level = await eventually(`more than ${SILENCE_DB} dB`, async () => {
            const { studio } = await system.snapshot();
            return studio.health.media.audio_received_db > SILENCE_DB && studio.health.media.audio_received_db;
        });
        return `${Math.round(level)} dB`;
    });
    await see('a message from the shopper reaches the booth', async () => {
        await shopper.write(HELLO);
        await eventually('it on the bus', () => chats.lines.some(({ line }) => line.includes('ChatReceived') && line.includes(HELLO)));
    });
    await see('a message from the booth reaches the shopper', async () => {
        await system.boothctl(['chat', ANSWER]);
        await eventually('it on the page', async () => (await shopper.text()).includes(ANSWER));
    });
    chats.stop();
    await see('pictures of all screens', async () => {
        await shopper.page.screenshot({ path: join(pictures, 'shopper.png') });
        await system.boothctl(['screenshot', join(pictures, 'console.png')]);
        await system.screenshot('demo', join(pictures, 'demo.png'));
        return pictures;
    });
}

const clock = (utc) => new Date(utc).toISOString().slice(11, 23);
function printTimeline(rows) {
    console.log('\ntimeline');
    const start = rows[0][1];
    for (const [what, at] of rows) console.log(`  ${clock(at)}  ${(at - start).toFixed(0).padStart(7)} ms  ${what}`);
}

function showRecords(record, booth, page) {
    const states = Object.fromEntries(page.states.map(({ state, at }) => [state, at]));
    const rows = [
        ['the shopper asked', page.asked],
        [`in line, place ${record.place_at_ask}`, record.enqueued_utc],
        ...record.offers.map((offer) => [`offered to ${offer.booth}`, offer.offered_utc]),
        ['accepted', record.accepted_utc],
        ["first picture of the advisor at the shopper", states.live],
        ["first picture of the shopper at the booth", booth.shopper_picture_utc],
        [`ended by the ${record.ended_by}: ${record.outcome}`, record.ended_utc],
        [`the advisor's outcome: ${booth.outcome}; ready again`, booth.ready_utc],
    ];
    printTimeline(rows.filter(([, at]) => at > 0).sort((a, b) => a[1] - b[1]));
    console.log(`\nrecord of the call at the centre\n${JSON.stringify(record, null, 2)}`);
    console.log(`\nrecord of the booth at the centre\n${JSON.stringify(booth, null, 2)}`);
}

async function play(system, browser) {
    const shopper = await Shopper.open(browser, system, { context: { viewport: { width: 1280, height: 900 } } });
    await system.boothctl(['pause']);
    await system.booth('paused');
    await shopper.ask();
    await shopper.until('queued');
    await see('the place in line', async () => {
        const text = await shopper.page.locator('livebooth-call .place').first().textContent();
        need(text.trim(), 'nothing is shown');
        return text.trim();
    });
    await system.boothctl(['panel', 'press', 'ready']);
    await system.booth('ringing');
    await system.boothctl(['screenshot', join(pictures, 'console-ringing.png')]);
    await system.boothctl(['panel', 'press', 'answer']);
    await shopper.until('live');
    const call = await shopper.call();
    await watchCall(system, shopper);
    await system.boothctl(['panel', 'press', 'hangup']);
    await shopper.until('ended');
    await system.booth('wrapup');
    await system.boothctl(['outcome', 'sale', 'W-1001']);
    await system.booth(({ state }) => state !== 'wrapup');
    const record = await system.terminal(call), booth = await system.boothRecord(call);
    showRecords(record, booth, await shopper.page.evaluate(() => window.witness));
    await see('a completed call on record, with the outcome of the advisor', () => {
        need(record.outcome === 'completed', `the call's outcome is ${record.outcome}`);
        need(record.media_up_utc > 0, 'the record knows of no picture');
        need(booth.outcome === 'sale' && booth.order === 'W-1001', `the advisor's outcome is ${booth.outcome} ${booth.order}`);
    });
    await shopper.close();
}

rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });
const began = now();
let system = null, browser = null;
try {
    [system, browser] = await Promise.all([startSystem(), launch()]);
    console.log(system.ready_line);
    await play(system, browser);
} catch (error) {
    missing.push('the call to its end');
    console.log(`  NOT SEEN: the call to its end: ${error.message}`);
} finally {
    if (browser) await browser.close();
    if (system) await system.stop();
}
const took = ((now() - began) / 1000).toFixed(1);
console.log(missing.length ? `\ndemo: not seen: ${missing.join('; ')}` : `\ndemo: all of it was seen, in ${took} s; pictures are in ${pictures}`);
process.exitCode = missing.length ? 1 : 0;
