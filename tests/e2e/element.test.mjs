// The shopper's element against a desk that says what the test wants and a booth played by another page: its states, its words in every language, and
// a real peer connection. SHOTS=folder keeps pictures.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { blind } from './blind.mjs';
import { launch } from './browser.mjs';
import { playBooth, startDesk } from './desk_double.mjs';
import { STEP_MS } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CALL = `c${'0123456789abcdef'.repeat(2)}`;
const KEY = 'k'.repeat(32);
const queued = { t: 'queued', call: CALL, key: KEY, place: 1, wait: null, requeued: false, staff: true };
const connecting = (gen = 1) => ({ t: 'connecting', call: CALL, gen, booth_name: 'Booth 2', ice_servers: [] });
const shots = process.env.SHOTS;
const limits = { timeout: 10 * STEP_MS };

let browser;
let quiet; // a browser that asks and is told no
let desk;
let page;
let context;
let faults;

before(async () => {
    browser = await launch();
    if (shots) mkdirSync(shots, { recursive: true });
});
after(async () => {
    await browser.close();
    if (quiet) await quiet.close();
});
beforeEach(async () => { desk = await startDesk(); });
afterEach(async () => {
    if (context) await context.close();
    context = null;
    await desk.close();
});

async function open(address = '/?lang=en', { from = browser, width = 1280, height = 900, script } = {}) {
    context = await from.newContext({ viewport: { width, height }, reducedMotion: 'reduce', bypassCSP: false });
    page = await context.newPage();
    page.setDefaultTimeout(STEP_MS);
    if (script) await page.addInitScript(...script);
    faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (entry) => entry.type() === 'error' && !/WebSocket connection|ERR_|404/.test(entry.text()) && faults.push(entry.text()));
    await page.goto(desk.origin + address);
}

const element = () => page.locator('livebooth-call');
const state = (wanted) => page.waitForSelector(`livebooth-call[data-call-state=${wanted}]`);
const view = (wanted) => page.waitForSelector(`livebooth-call[data-view=${wanted}]`);
const press = (id) => page.locator(`#do-${id}`).click();
const words = async () => (await element().locator('section').innerText()).replace(/\s+/g, ' ');
const says = (text) => page.waitForFunction((wanted) => document.querySelector('livebooth-call').shadowRoot.querySelector('section').innerText.includes(wanted), text);

/* For words that may soon be gone again: begins to listen before what makes them come. Gives a function that waits for them. */
async function hears(text) {
    await page.evaluate((wanted) => {
        const root = document.querySelector('livebooth-call').shadowRoot;
        window.heard = new Promise((done) => {
            const look = () => { if (root.querySelector('section').innerText.includes(wanted)) done(true); };
            new MutationObserver(look).observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
        });
    }, text);
    return () => page.evaluate(() => window.heard);
}

async function ask() {
    await press('start_button');
    await page.locator('#terms').check();
    await press('ask');
    return desk.next('ask');
}

async function inLine(more = {}) {
    const asked = await ask();
    desk.send({ ...queued, ...more });
    await state('queued');
    return asked;
}

/* A booth that is on the line with the page: offer(pc, codec) sends its offer. */
async function booth(gen = 1) {
    const other = await context.newPage();
    const send = (message) => desk.send({ t: 'signal', gen, ...message });
    await playBooth(other, desk, send);
    await page.bringToFront();
    const refusals = [];
    desk.signalled = (message) => {
        if (message.kind === 'refused') refusals.push(message);
        else other.evaluate((taken) => window.booth.take(taken), message).catch(() => {});
    };
    return { page: other, refusals,
        offer: async (pc, codec) => send({ pc, kind: 'offer', sdp: await other.evaluate(([id, name]) => window.booth.offer(id, name), [pc, codec]), codec: codec || 'VP8' }) };
}

async function live(address) {
    await open(address);
    await inLine();
    const other = await booth();
    desk.send({ t: 'ringing', call: CALL, gen: 1 });
    await state('ringing');
    desk.send(connecting());
    await state('connecting');
    await other.offer(1);
    assert.deepEqual(await desk.next('media_up'), { t: 'media_up', gen: 1, pc: 1 });
    await state('live');
    return other;
}

/* A call in a browser that is blind to these, until it has refused what it was offered first: H.264. */
async function undecoded(codecs) {
    await open('/?lang=en', { script: [blind, codecs] });
    await inLine();
    const other = await booth();
    desk.send(connecting());
    await state('connecting');
    await other.offer(1, 'H264');
    await until(async () => other.refusals.length, (count) => count > 0);
    return other;
}

async function until(what, done, limit = STEP_MS) {
    const end = Date.now() + limit;
    for (;;) {
        const value = await what();
        if (done(value)) return value;
        if (Date.now() > end) assert.fail(`still ${JSON.stringify(value)}`);
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
}

describe('the way into the line', () => {
    test('asks with what was chosen, and tells its states', limits, async () => {
        await open();
        await page.evaluate(() => {
            window.told = [];
            document.addEventListener('livebooth:state', ({ detail }) => window.told.push(detail.state));
        });
        await press('start_button');
        await page.locator('#topic').selectOption('phones');
        await press('ask');
        await says('Please agree to the terms first.');
        assert.equal(await page.evaluate(() => document.querySelector('livebooth-call').shadowRoot.activeElement.id), 'terms');
        await page.locator('#terms').check();
        await press('ask');
        const asked = await desk.next('ask');
        assert.deepEqual(asked, { t: 'ask', topic: 'phones', lang: 'en', terms: true, codecs: ['H264', 'VP8'], product: `${desk.origin}/`, product_title: 'Fjell Vision 55 OLED' });
        desk.send({ ...queued, place: 3 });
        await says('Number 3 in line');
        await says('We don’t know yet how long the wait is.');
        desk.send({ ...queued, place: 1, wait: { p50_ms: 130000, p90_ms: 290000 } });
        await says('You are next');
        await says('Usual wait: 2–5 minutes');
        await press('leave');
        await desk.next('leave');
        await says('You have left the line');
        desk.send({ t: 'ended', call: CALL, outcome: 'abandoned', cause: 'left_before_promise' });
        assert.deepEqual(await page.evaluate(() => window.told), ['queued', 'ended']);
        assert.deepEqual(faults, []);
    });

    test('a lost line comes back by itself and keeps the place; so does a reload', limits, async () => {
        await open();
        await inLine({ place: 2 });
        const heard = await hears('you keep your place');
        desk.drop();
        await heard();
        assert.deepEqual(await desk.next('resume'), { t: 'resume', call: CALL, key: KEY });
        desk.send({ ...queued, place: 2 });
        await page.reload();
        await desk.next('resume');
        desk.send({ ...queued, place: 1 });
        await says('You are next');
        desk.drop(4001);
        await says('Your call is open in another tab');
        await press('elsewhere_here');
        await desk.next('resume');
    });

    test('nobody answered: says so, and that the place is the first again', limits, async () => {
        await open();
        await inLine();
        desk.send({ t: 'ringing', call: CALL, gen: 1 });
        await says('It is your turn');
        assert.doesNotMatch(await words(), /Keep this tab open/);
        desk.send({ ...queued, requeued: true });
        await says('the advisor could not answer. You are at the front of the line again.');
        assert.match(await words(), /Keep this tab open/);
    });

    test('a call that the desk no longer knows is said to be lost', limits, async () => {
        await open();
        await inLine();
        desk.drop();
        await desk.next('resume');
        desk.send({ t: 'error', code: 'unknown_call', detail: '' });
        await state('ended');
        await says('You are no longer in line');
        await press('again');
        await view('form');
    });

    test('words that could not be stored are said again', limits, async () => {
        await open();
        await ask();
        desk.send({ t: 'error', code: 'unavailable', detail: 'no stream' });
        await says('We keep trying.');
        await desk.next('ask');
        desk.send(queued);
        await state('queued');
    });

    test('a desk that does not see the call just now is asked again', limits, async () => {
        await open();
        await inLine();
        desk.drop();
        await desk.next('resume');
        desk.send({ t: 'error', code: 'unavailable' });
        assert.deepEqual(await desk.next('resume'), { t: 'resume', call: CALL, key: KEY });
        desk.send({ ...queued, place: 1 });
        await says('You are next');
    });

    test('closed: says when, and takes a wish to be called back', limits, async () => {
        desk.hello = { ...desk.hello, open: false, staff: false, opens_utc: Date.now() + 3 * 86400e3 };
        await open();
        await press('start_button');
        await says('We open again: ');
        assert.match(await words(), /(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day.*\d\d:\d\d/);
        await press('callback_send');
        await says('Please enter a phone number or an email address.');
        await page.locator('#contact').fill('+47 900 00 000');
        await page.locator('#when').fill('after four');
        await press('callback_send');
        assert.deepEqual(await desk.next('callback'), { t: 'callback', contact: '+47 900 00 000', when: 'after four' });
        const reference = `${CALL}.${'ab'.repeat(32)}`;
        await page.evaluate(() => document.addEventListener('livebooth:state', ({ detail }) => { window.reference = detail.reference; }));
        desk.send({ t: 'called_back', reference });
        await says(`Your reference: ${CALL.slice(0, 9)}`);
        assert.doesNotMatch(await words(), /abab/);
        await state('ended');
        assert.equal(await page.evaluate(() => window.reference), reference);
    });

    test('a full line is said, and every error leaves the page usable', limits, async () => {
        await open();
        await ask();
        desk.send({ t: 'error', code: 'full', detail: '' });
        await says('The line is full');
        await press('ask');
        await desk.next('ask');
        desk.send({ t: 'error', code: 'bad_message', detail: '' });
        await says('That did not work');
    });
});

describe('a call', () => {
    test('picture, sound and words both ways; then a rating', limits, async () => {
        const other = await live();
        await other.page.evaluate(() => window.booth.peers.get(1).chat.send('<img src=x onerror=alert(1)> Hei'));
        await says('<img src=x onerror=alert(1)> Hei');
        await page.locator('#message').fill('Hello');
        await page.locator('#do-chat_send').click();
        await until(() => other.page.evaluate(() => window.booth.said), (said) => said.includes('Hello'));
        const first = await until(() => page.evaluate(() => document.querySelector('livebooth-call').stats()), (stats) => stats.frames > 5 && stats.audio_energy > 0);
        assert.equal(first.connection, 'connected');
        await until(() => other.page.evaluate(() => window.booth.received(1)), (got) => got.energy > 0 && got.frames === 0);
        await press('mute');
        await says('Unmute');
        await press('show_me');
        await says('Hide me');
        await until(() => other.page.evaluate(() => window.booth.received(1)), (got) => got.frames > 5);
        if (shots) await page.screenshot({ path: `${shots}/live-1280.png` });
        await press('end');
        assert.deepEqual(await desk.next('hangup'), { t: 'hangup', gen: 1 });
        await state('ended');
        desk.send({ t: 'ended', call: CALL, outcome: 'completed' });
        await says('How was the help?');
        await press('rate_send');
        await says('Please choose from one to five stars.');
        await page.locator('#star-4').focus();
        await page.keyboard.press('Space');
        await page.locator('#recommend-8').focus();
        await page.keyboard.press('Space');
        await page.keyboard.press('ArrowRight');
        await page.locator('#words').fill('Fine');
        await press('rate_send');
        assert.deepEqual(await desk.next('rate'), { t: 'rate', call: CALL, key: KEY, stars: 4, text: 'Fine', recommend: 9 });
        desk.send({ t: 'rated' });
        await says('Thank you');
        assert.deepEqual(faults, []);
    });

    test('another peer connection takes over without a gap', limits, async () => {
        const other = await live();
        await page.evaluate(() => {
            window.looks = { with: 0, without: 0 };
            const look = () => {
                const videos = [...document.querySelector('livebooth-call').shadowRoot.querySelectorAll('video.advisor')];
                const shown = videos.some((video) => video.videoWidth > 0 && getComputedStyle(video).opacity === '1');
                window.looks[shown ? 'with' : 'without']++;
                requestAnimationFrame(look);
            };
            look();
        });
        await other.offer(2);
        assert.deepEqual(await desk.next('media_up'), { t: 'media_up', gen: 1, pc: 2 });
        await until(() => page.evaluate(() => document.querySelector('livebooth-call').shadowRoot.querySelectorAll('video.advisor').length), (count) => count === 1);
        const looks = await page.evaluate(() => window.looks);
        assert.ok(looks.with > 0 && looks.without === 0, `there was always a picture: ${JSON.stringify(looks)}`);
        assert.equal((await page.evaluate(() => document.querySelector('livebooth-call').stats())).pc, 2);
    });

    test('media run on while the line to the desk is lost, and the call is resumed', limits, async () => {
        const other = await live();
        desk.drop();
        await desk.next('resume');
        const before = (await page.evaluate(() => document.querySelector('livebooth-call').stats())).frames;
        desk.send(connecting());
        await until(() => page.evaluate(() => document.querySelector('livebooth-call').stats()), (stats) => stats.frames > before + 10);
        assert.equal(await element().getAttribute('data-call-state'), 'live');
    });

    test('no picture for 5 s is reported each second; requeued, it is at the front', limits, async () => {
        const other = await live();
        await other.page.evaluate(() => window.booth.peers.get(1).close());
        await says('The picture has stopped');
        assert.deepEqual(await desk.next('no_picture'), { t: 'no_picture', gen: 1 });
        await desk.next('no_picture');
        desk.send({ ...queued, requeued: true });
        await state('queued');
        await says('we lost the advisor. You are at the front of the line again.');
    });

    test('an offer of a codec that is refused asks for the other one', limits, async () => {
        await open('/?lang=en&refuses=H264');
        assert.deepEqual((await inLine()).codecs, ['H264', 'VP8']);
        const other = await booth();
        desk.send(connecting());
        await state('connecting');
        await other.offer(1, 'H264');
        await until(async () => other.refusals.length, (count) => count > 0);
        assert.deepEqual(other.refusals[0], { t: 'signal', gen: 1, pc: 1, kind: 'refused', codec: 'VP8' });
        await other.offer(2, 'VP8');
        assert.equal((await desk.next('media_up')).pc, 2);
        await until(() => page.evaluate(() => document.querySelector('livebooth-call').stats()), (stats) => stats.codec === 'VP8');
    });

    test('a codec that is agreed to and then not decoded is given up for the other one', limits, async () => {
        const other = await undecoded(['H264']);
        assert.deepEqual(other.refusals, [{ t: 'signal', gen: 1, pc: 1, kind: 'refused', codec: 'VP8' }]);
        await other.offer(2, 'VP8');
        assert.equal((await desk.next('media_up')).pc, 2);
        await state('live');
        assert.equal(other.refusals.length, 1);
    });

    test('where no codec is decoded, the last one is not refused', limits, async () => {
        const other = await undecoded(['H264', 'VP8']);
        await other.offer(2, 'VP8');
        await until(() => page.evaluate(() => document.querySelector('livebooth-call').stats()), (stats) => stats.pc === 2 && stats.received > 0);
        // One a second: longer than it takes to doubt.
        desk.forget();
        for (let i = 0; i < 4; i++) await desk.next('no_picture');
        assert.equal(other.refusals.length, 1);
    });

    test('codecs= asks for these only', limits, async () => {
        await open('/?lang=en&codecs=VP8');
        assert.deepEqual((await inLine()).codecs, ['VP8']);
    });

    test('no microphone and no camera: receives all the same', limits, async () => {
        quiet ||= await launch({ media: 'denied' });
        await open('/?lang=en', { from: quiet });
        await inLine();
        await says('The advisor cannot hear you');
        const other = await booth();
        desk.send(connecting());
        await other.offer(1);
        await desk.next('media_up');
        await state('live');
        await press('show_me');
        await says('The advisor cannot see you');
        await until(() => page.evaluate(() => document.querySelector('livebooth-call').stats()), (stats) => stats.frames > 5 && stats.audio_energy > 0);
        assert.deepEqual(faults, []);
    });

    test('a reload in the call comes back with the words that were written', limits, async () => {
        const other = await live();
        await other.page.evaluate(() => window.booth.peers.get(1).chat.send('Before'));
        await says('Before');
        await page.reload();
        await desk.next('resume');
        desk.send(connecting());
        await state('connecting');
        await other.offer(2);
        await desk.next('media_up');
        await state('live');
        assert.match(await page.evaluate(() => document.querySelector('livebooth-call').shadowRoot.querySelector('.lines').textContent), /Before/);
    });
});

/* The states of one page, in order; each is left on show. */
async function* states(size) {
    await open('/?lang=en', size);
    await view('launcher');
    yield 'launcher';
    await press('start_button');
    await page.locator('#terms').waitFor();
    await press('ask');
    yield 'form';
    await press('callback_instead');
    await press('callback_send');
    yield 'callback';
    await press('back');
    await page.locator('#terms').check();
    await press('ask');
    await desk.next('ask');
    yield 'asking';
    desk.send({ ...queued, place: 4, staff: false, wait: { p50_ms: 61000, p90_ms: 400000 } });
    await state('queued');
    yield 'queued';
    desk.send({ t: 'ringing', call: CALL, gen: 1 });
    await state('ringing');
    yield 'ringing';
    desk.send(connecting());
    await state('connecting');
    yield 'connecting';
    const other = await booth();
    await other.offer(1);
    await state('live');
    await press('chat');
    await page.locator('#message').fill('…');
    await page.locator('#do-chat_send').click();
    await press('show_me');
    await page.locator('video.self').waitFor();
    yield 'live';
    await press('end');
    await press('rate_send');
    await page.locator('label:has(#star-3)').click();
    yield 'rate';
    await press('rate_send');
    await view('done');
    yield 'thanks';
}

async function violations(within = 'livebooth-call') {
    await page.evaluate(axe);
    const { violations: found } = await page.evaluate((part) => window.axe.run(part, { resultTypes: ['violations'] }), within);
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.flat().join(' ')).join(', ')}`);
}

describe('for everyone', () => {
    const speak = async (lang) => {
        await element().evaluate((node, wanted) => node.setAttribute('lang', wanted), lang);
        await page.waitForFunction((wanted) => document.querySelector('livebooth-call').shadowRoot.querySelector(`section[lang=${wanted}]`), lang);
    };

    for (const width of [360, 1280]) {
        test(`in every state and language axe-core finds nothing, and nothing is wider than the page: ${width}`, limits, async () => {
            for await (const name of states({ width, height: 800 })) {
                for (const lang of width === 360 ? ['en', 'nb', 'sv', 'da', 'fi'] : ['fi']) {
                    const what = `${lang} ${name}`;
                    if (lang !== 'en') await speak(lang);
                    assert.deepEqual(await violations(), [], what);
                    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${what} is too wide`);
                    assert.doesNotMatch(await words(), /\bundefined\b|\{\w+\}|\bnull|false\b/, what);
                    if (shots) await page.screenshot({ path: `${shots}/${width}-${name}-${lang}.png`, fullPage: width === 360 });
                }
                await speak('en');
            }
            assert.deepEqual(faults, []);
        });
    }

    test('the shop: axe-core finds nothing in any language', limits, async () => {
        for (const lang of ['en', 'nb', 'sv', 'da', 'fi']) {
            await open(`/?lang=${lang}`);
            await view('launcher');
            await page.waitForFunction((wanted) => document.documentElement.lang === wanted && document.title.includes('Nordlys'), lang);
            assert.deepEqual(await violations('html'), [], lang);
            await context.close();
        }
    });

    test('closed, in every language', limits, async () => {
        desk.hello = { ...desk.hello, open: false, staff: false, opens_utc: Date.UTC(2026, 0, 5, 8) };
        for (const lang of ['en', 'nb', 'sv', 'da', 'fi']) {
            await open(`/?lang=${lang}`);
            await press('start_button');
            await page.locator('#contact').waitFor();
            await page.locator('.place').waitFor();
            assert.deepEqual(await violations(), [], lang);
            if (shots) await element().screenshot({ path: `${shots}/${lang}-closed.png` });
            await context.close();
        }
    });

    test('by keyboard alone, with focus where the reading starts', limits, async () => {
        await open();
        await page.locator('#do-start_button').focus();
        await page.keyboard.press('Enter');
        const focused = () => page.evaluate(() => document.querySelector('livebooth-call').shadowRoot.activeElement.id);
        await view('form');
        assert.equal(await focused(), 'title');
        await page.locator('#terms').waitFor();
        for (const id of ['topic', 'language', 'show_me', 'terms']) {
            await page.keyboard.press('Tab');
            assert.equal(await focused(), id);
        }
        await page.keyboard.press('Space');
        await page.keyboard.press('Tab');
        assert.equal(await focused(), 'do-ask');
        await page.keyboard.press('Enter');
        await desk.next('ask');
        desk.send({ ...queued, place: 2 });
        await state('queued');
        assert.equal(await focused(), 'title');
        assert.match(await page.evaluate(() => document.querySelector('livebooth-call').shadowRoot.querySelector('[role=status].quiet').textContent), /Number 2 in line/);
    });
});
