// How soon a booth gets over what goes wrong: another camera or microphone in a call, pictures over the death of each program, out of the line with a fault; and
// how soon it is there, and has nothing of a call any more. What has to come at all, the tests assert; how soon, is told here alone.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../e2e/browser.mjs';
import { firstHeard, installEarWatch } from '../e2e/ear_watch.mjs';
import { FAULTS } from '../e2e/faults.mjs';
import { after, eventually, now, Shopper, startSystem } from '../e2e/harness.mjs';
import { firstOf, goesOn, installPictureWatch } from '../e2e/picture_watch.mjs';
import { watchBooth } from './booth_states.mjs';
import { distribution, rounded } from './figures.mjs';
import { installTimeCode } from './time_code.mjs';

const STARTS = 3;
const TIMES = Number(process.env.BENCH_FAILOVERS || 5);
const DEATHS = 2;
const GAP_MS = 4000;   // how long the pictures are watched after a death
const FURTHER = 15;    // pictures until what was changed counts as settled
const SETTINGS = { desk: { queue: { ring_s: 20, wrapup_s: 60 } },
    booth: { sensors: { driver: 'sim' }, audio: { microphone: 'sim:microphone;sim:microphone-2', speaker: 'sim' } } };

/* Times in ms are told with what they are of, as the worst one of them is a figure. */
const worst = (took) => rounded(Math.max(...took.map(([, ms]) => ms)));
const told = (took) => took.map(([what, ms]) => [what, rounded(ms)]);

const fault = (system, name) => join(system.state, 'booth-1', 'sim', `${name}.unplugged`);
function draw(system, name) {
    mkdirSync(join(system.state, 'booth-1', 'sim'), { recursive: true });
    writeFileSync(fault(system, name), '');
    return now();
}
const plug = (system, name) => { rmSync(fault(system, name), { force: true }); return now(); };

/* Starts on a folder that has been used before; the last one stays. */
async function warmStarts(state, tell) {
    tell(`${STARTS} starts on a state that is there`);
    let system = await startSystem({ state, ...SETTINGS });
    const starts = [], drawn = [];
    for (let i = 0; i < STARTS; i++) {
        await system.stop();
        const logged = system.log('booth-1-studio').length;
        system = await startSystem({ state, ...SETTINGS });
        starts.push(['start', system.start_ms]);
        const log = system.log('booth-1-studio');
        drawn.push(['start', Number(/first frame after (\d+) ms/.exec(log.slice(log.length > logged ? logged : 0))[1])]);
    }
    return { system, figures: { warm_start_ms: worst(starts), self_test_drawn_ms: worst(drawn) } };
}

async function inCall(browser, system) {
    const shopper = await Shopper.open(browser, system, { scripts: [[installTimeCode, { camera: null }], [installPictureWatch], [installEarWatch]] });
    await shopper.ask({ show_me: false });
    await system.booth('ringing');
    await system.boothctl(['accept']);
    await shopper.until('live');
    await system.boothctl(['camera', 'face']);
    await firstOf(shopper.page, 'face', now());
    return shopper;
}

async function hangUp(system, shopper) {
    await system.boothctl(['hangup']);
    await shopper.until('ended');
    await shopper.close();
    await system.settle();
}

async function failovers(system, browser, tell) {
    tell(`the camera in use is drawn ${2 * TIMES} times, the microphone ${TIMES} times`);
    const shopper = await inCall(browser, system), cameras = [], microphones = [];
    for (let i = 0; i < 2 * TIMES; i++) {
        const [live, other] = i % 2 ? ['product', 'face'] : ['face', 'product'];
        const asked = now();
        await system.boothctl(['camera', live]);
        await goesOn(shopper.page, (await firstOf(shopper.page, live, asked)).at, FURTHER);
        await after((i * 7) % 33); // not in step with the cameras
        const drawn = draw(system, `camera-${live}`);
        cameras.push((await firstOf(shopper.page, other, drawn)).at - drawn);
        await firstOf(shopper.page, live, plug(system, `camera-${live}`));
    }
    for (let i = 0; i < TIMES; i++) {
        await firstHeard(shopper.page, 440, now());
        const drawn = draw(system, 'microphone');
        microphones.push((await firstHeard(shopper.page, 660, drawn)).at - drawn);
        await firstHeard(shopper.page, 440, plug(system, 'microphone'));
    }
    await hangUp(system, shopper);
    return { camera_failover_ms: distribution(cameras), microphone_failover_ms: distribution(microphones) };
}

async function deaths(system, browser, tell) {
    tell(`each program is killed ${DEATHS} times in a call`);
    const gaps = [], studios = [];
    for (let i = 0; i < DEATHS; i++) {
        const shopper = await inCall(browser, system);
        for (const name of ['booth-1-agent', 'desk-1', 'nats', 'booth-1-studio']) {
            await system.booth(({ state, link, studio }) => state === 'live' && link.up && studio.up, { what: 'is live and whole' });
            await shopper.goesOn(FURTHER);
            const began = now();
            await system.kill(name);
            await after(GAP_MS);
            await shopper.goesOn(FURTHER);
            (name.endsWith('studio') ? studios : gaps).push([name, await shopper.gap(began)]);
        }
        await hangUp(system, shopper);
    }
    return { killed_gap_ms: worst(gaps), studio_return_ms: worst(studios), deaths: told([...gaps, ...studios]) };
}

async function faults(system, tell) {
    tell(`${FAULTS.length} faults of a booth that is ready`);
    const booth = watchBooth(system.about.booths[0].bus), took = [];
    try {
        for (const { what, problem, begin, end } of FAULTS) {
            await system.booth('ready');
            const spare = problem === 'microphone_missing'; // it has two
            if (spare) draw(system, 'microphone-2');
            const began = now(), left = booth.reached('paused');
            begin(system);
            took.push([what, (await left).at - began]);
            end(system);
            if (spare) plug(system, 'microphone-2');
        }
        await system.booth('ready');
    } finally {
        booth.stop();
    }
    return { leave_ready_ms: worst(took), leave_ready: told(took) };
}

/* Both times are the booth's own: when the call ended, and when the demo display was read back with nothing of it. */
async function blanks(system, browser, tell) {
    tell(`${TIMES} calls with a product on the demo display`);
    await system.booth(({ catalogue }) => catalogue?.state === 'ready' && catalogue.products > 0, { what: 'has its catalogue' });
    const took = [];
    for (let i = 0; i < TIMES; i++) {
        const shopper = await inCall(browser, system), call = await shopper.call();
        await system.boothctl(['show', 'product', 'FV65']);
        const shows = (kind) => system.booth(({ studio: { health: { demo } } }) => demo.shows?.ok === true && demo.shows.kind === kind, { what: `shows ${kind}` });
        await shows('product');
        await system.boothctl(['hangup']);
        const { studio: { health } } = await shows('idle');
        await system.boothctl(['outcome', 'none']);
        took.push(['call', health.demo.shows.since_utc - (await system.boothRecord(call)).ended_utc]);
        await shopper.close();
        await eventually('ready again', async () => (await system.snapshot()).state === 'ready');
    }
    return { display_blank_ms: worst(took) };
}

/* Figures by key. tell(text) says what is being measured. */
export async function measureRecovery(tell) {
    const state = mkdtempSync(join(tmpdir(), 'livebooth-'));
    let system, browser;
    try {
        let figures;
        ({ system, figures } = await warmStarts(state, tell));
        Object.assign(figures, await faults(system, tell));
        browser = await launch();
        Object.assign(figures, await failovers(system, browser, tell));
        Object.assign(figures, await blanks(system, browser, tell));
        Object.assign(figures, await deaths(system, browser, tell));
        return figures;
    } finally {
        await browser?.close();
        await system?.stop();
        rmSync(state, { recursive: true, force: true });
    }
}
