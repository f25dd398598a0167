// One booth and one shopper: how long it takes until they see each other, how old the pictures are, what the booth's programs cost, in a call and without.
import { launch } from '../e2e/browser.mjs';
import { after, now, startSystem, within } from '../e2e/harness.mjs';
import { firstOf, installPictureWatch, longestGap, picturesSince } from '../e2e/picture_watch.mjs';
import { watchBooth } from './booth_states.mjs';
import { cores, pssMegabytes, threadCores, threadSeconds } from './process.mjs';
import { distribution, rounded } from './figures.mjs';
import { installTimeCode } from './time_code.mjs';

const CALLS = Number(process.env.BENCH_CALLS || 25);
const IDLE_S = Number(process.env.BENCH_IDLE_S || 30);
const CALL_S = Number(process.env.BENCH_CALL_S || 30);
const SWITCHES = Number(process.env.BENCH_SWITCHES || 60);
const SETTLE_MS = Number(process.env.BENCH_SETTLE_MS || 8000); // until the bitrates have found their height
const STEP_MS = 30000;
export const AGES_DOMAIN = 'picture-age'; // what the studio logs for G_MESSAGES_DEBUG of it

// In the page: when the element asks, and when it says what.
function installWitness() {
    window.witness = { asked: 0, states: {} };
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        if (typeof data === 'string' && data.includes('"t":"ask"')) window.witness.asked = window.timeCode.utc();
        return send.call(this, data);
    };
    document.addEventListener('livebooth:state', (event) => { window.witness.states[event.detail.state] = window.timeCode.utc(); });
    // When the browser shows the first picture of the advisor. A connection that fails is replaced, and its element of video with it.
    window.witness.firstPicture = () => new Promise((done) => {
        let followed = null, seen = false;
        const told = () => { seen = true; done(window.timeCode.utc()); };
        const look = () => {
            const { video } = document.querySelector('livebooth-call');
            if (seen) return;
            if (video && video !== followed) {
                followed = video;
                if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) told(); // came between two looks
                else video.requestVideoFrameCallback(told);
            }
            setTimeout(look, 2);
        };
        look();
    });
}

export const shopperState = (page, state) => page.waitForFunction(
    (wanted) => document.querySelector('livebooth-call').getAttribute('data-call-state') === wanted, state, { timeout: STEP_MS, polling: 20 });

async function ask(page, address, { show_me }) {
    await page.goto(address);
    await page.click('#do-start_button');
    if (show_me) await page.check('#show_me');
    await page.check('#terms');
    await page.click('#do-ask');
}

/* Plays a call up to the first picture. Times are UTC in ms. */
export async function place(page, system, booth, options) {
    const ringing = booth.reached('ringing');
    await ask(page, system.url, options);
    const offered = (await ringing).at;
    const picture = page.evaluate(() => window.witness.firstPicture());
    picture.catch(() => {}); // when something else fails first, that is what is told
    const accepted = now();
    await system.boothctl(['accept']);
    const pictured = await within(STEP_MS, 'the first picture at the shopper', picture);
    const asked = await page.evaluate(() => window.witness.asked);
    return { request_to_offer: offered - asked, accept_to_first_picture: pictured - accepted };
}

export async function end(system, booth) {
    const wrapup = booth.reached('wrapup');
    await system.boothctl(['hangup']);
    await wrapup;
    const ready = booth.reached('ready');
    await system.boothctl(['outcome', 'none']);
    await ready;
}

export async function newPage(browser, camera) {
    const page = await browser.newPage();
    await page.addInitScript(installTimeCode, { camera });
    await page.addInitScript(installWitness);
    return page;
}

const boothPids = (system) => ({ agent: system.pid('booth-1-agent'), studio: system.pid('booth-1-studio') });

async function idle(system, tell) {
    tell(`the booth, ready and idle, ${IDLE_S} s`);
    const pids = boothPids(system), used = await cores(pids, IDLE_S);
    return { agent_idle_cpu_cores: rounded(used.agent, 4), agent_idle_pss_mb: rounded(pssMegabytes(pids.agent)),
        studio_idle_cpu_cores: rounded(used.studio, 3), studio_idle_pss_mb: rounded(pssMegabytes(pids.studio)) };
}

async function manyCalls(system, booth, page, tell) {
    tell(`${CALLS} calls, one after the other`);
    const found = [];
    for (let i = 0; i < CALLS; i++) {
        found.push(await place(page, system, booth, { show_me: false }));
        await end(system, booth);
    }
    return { request_to_offer_ms: distribution(found.map((one) => one.request_to_offer)),
        accept_to_first_picture_ms: distribution(found.map((one) => one.accept_to_first_picture)) };
}

export const agesLogged = (log) => [...log.matchAll(/ages of the shopper's pictures in ms:([\d. ]+)/g)].flatMap((one) => one[1].trim().split(' ').map(Number));

export const advisorsAges = (page, ms) => page.evaluate((duration) => window.timeCode.ages(document.querySelector('livebooth-call').video, duration), ms);
const shopperSends = (page) => page.evaluate(() => document.querySelector('livebooth-call').stats());

async function oneLongCall(system, booth, page, tell) {
    tell(`one call, pictures both ways, ${CALL_S} s for its cost and ${CALL_S} s for the pictures' ages`);
    await place(page, system, booth, { show_me: true });
    await shopperState(page, 'live');
    await page.waitForTimeout(SETTLE_MS);
    const pids = boothPids(system), threads = threadSeconds(pids.studio), used = await cores(pids, CALL_S);
    const dearest = threadCores(threads, threadSeconds(pids.studio), CALL_S);
    const memory = pssMegabytes(pids.agent) + pssMegabytes(pids.studio);
    const logged = system.log('booth-1-studio').length;
    const seen = await advisorsAges(page, CALL_S * 1000);
    const shopper = agesLogged(system.log('booth-1-studio').slice(logged));
    const stats = await shopperSends(page);
    const health = (await system.snapshot()).studio.health.media;
    await end(system, booth);
    return {
        call_cpu_cores: rounded(used.agent + used.studio, 3), call_pss_mb: rounded(memory),
        glass_to_glass_ms: distribution(seen.ages),
        shopper_to_console_ms: distribution(shopper),
        call: { advisor_width: seen.width, advisor_height: seen.height, advisor_fps: rounded(seen.ages.length / CALL_S), advisor_unread: seen.unread,
            shopper_fps: rounded(shopper.length / CALL_S), agent_cpu_cores: rounded(used.agent, 4), threads: dearest, browser: stats, studio: health },
    };
}

/* Each of the three pictures after each other one, from the command to the shopper's screen. */
async function cameraSwitches(system, booth, page, tell) {
    await page.addInitScript(installPictureWatch);
    tell(`${SWITCHES} switches of the camera in a call`);
    await place(page, system, booth, { show_me: false });
    await shopperState(page, 'live');
    await system.boothctl(['camera', 'face']);
    await firstOf(page, 'face', now());
    const took = [], began = now(), order = ['product', 'pip', 'face', 'pip', 'product', 'face'];
    for (let i = 0; i < SWITCHES; i++) {
        const view = order[i % order.length], asked = now();
        await system.boothctl(['camera', view]);
        took.push((await firstOf(page, view, asked)).at - asked);
        await after(200 + (i * 7) % 33); // not in step with the cameras
    }
    const gap = longestGap(await picturesSince(page, began), began, now());
    await end(system, booth);
    return { camera_switch_ms: distribution(took), camera_switch_gap_ms: rounded(gap) };
}

/* Figures of a booth by key. tell(text) says what is being measured. */
export async function measureCalls(tell) {
    const system = await startSystem({ environment: { G_MESSAGES_DEBUG: AGES_DOMAIN } });
    const booth = watchBooth(system.about.booths[0].bus);
    let browser;
    try {
        // Without a browser first: what is idle is measured idle.
        const figures = await idle(system, tell);
        browser = await launch({ media: 'fake' });
        Object.assign(figures, await manyCalls(system, booth, await newPage(browser, null), tell));
        Object.assign(figures, await oneLongCall(system, booth, await newPage(browser, { width: 1280, height: 720, fps: 30 }), tell));
        Object.assign(figures, await cameraSwitches(system, booth, await newPage(browser, null), tell));
        return figures;
    } finally {
        if (browser) await browser.close();
        booth.stop();
        await system.stop();
    }
}
