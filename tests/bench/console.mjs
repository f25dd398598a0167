// The advisor's console as it is used: the studio on an X server without a screen, touched and typed at as through a device, and looked at in the frame that the server
// shows. How soon a touch is seen, with the booth waiting and in a call; what the console costs when nobody touches it; and whether using it delays the call's pictures.
import { launch } from '../e2e/browser.mjs';
import { after, eventually, startSystem } from '../e2e/harness.mjs';
import { advisorsAges, agesLogged, AGES_DOMAIN, newPage, place, end, shopperState } from './calls.mjs';
import { watchBooth } from './booth_states.mjs';
import { distribution, percentile, rounded } from './figures.mjs';
import { threadSeconds } from './process.mjs';
import { startDisplay } from './x_display.mjs';

const TOUCHES = Number(process.env.BENCH_TOUCHES || 60);
const IDLE_S = Number(process.env.BENCH_IDLE_S || 30);
const USE_S = Number(process.env.BENCH_USE_S || 15);
const SETTLE_MS = Number(process.env.BENCH_SETTLE_MS || 8000);
const LIMIT_MS = 2000;
const CONSOLE = [1280, 800], DEMO = [1280, 720];
const LETTERS = [38, 31, 46, 57, 28], RUB_OUT = 22; // key codes of a i l n t

// Where it is touched, and what of the screen that changes: the button's own face when it is pressed, and what it does when it is let go.
const STATE = { x: 590, y: 16, w: 100, h: 32 };
const BUTTONS = {
    state: { x: 704, y: 598, face: { x: 600, y: 600, w: 24, h: 12 }, does: STATE }, // Meeting when ready, Ready when paused
    products: { x: 1146, y: 752, face: { x: 1040, y: 760, w: 16, h: 12 }, does: { x: 40, y: 92, w: 8, h: 8 } },
    mute: { x: 140, y: 690, face: { x: 40, y: 660, w: 12, h: 24 }, does: { x: 60, y: 650, w: 100, h: 44 } },
};
const QUERY = { x: 40, y: 104, w: 200, h: 40 };

/* ms by what was done: {"mute, press": [..]}. */
const add = (took, what, ms) => { (took[what] ??= []).push(ms); };
const all = (...several) => several.flatMap((took) => Object.values(took).flat());
const byKind = (...several) => Object.fromEntries(several.flatMap((took) => Object.entries(took).map(([what, list]) => [what, distribution(list)])));

/* A touch of a button: ms until it is seen to be pressed, and until what it does is seen. */
async function touch(screen, name, took = {}) {
    const button = BUTTONS[name];
    screen.move(button.x, button.y);
    const pressed = await screen.changes(button.face, () => screen.press(), LIMIT_MS, `${name} is pressed`);
    const done = await screen.changes(button.does, () => screen.release(), LIMIT_MS, `${name} is let go`);
    add(took, `${name}, press`, pressed);
    add(took, `${name}, release`, done);
}

/* Not in step with anything that ticks. */
const pause = (i) => after(110 + (i * 37) % 61);

async function touches(screen, names, count) {
    const took = {};
    for (let i = 0; i < count; i++) {
        await touch(screen, names[i % names.length], took);
        await pause(i);
    }
    return took;
}

/* Letters into the search, each until it stands there. */
async function letters(screen, count) {
    const took = {};
    for (let i = 0; i < count; i++) {
        const code = i % 8 < 4 ? LETTERS[i % LETTERS.length] : RUB_OUT;
        add(took, 'key', await screen.changes(QUERY, () => screen.key(code), LIMIT_MS, `key ${code}`));
        await pause(i);
    }
    return took;
}

/* The studio's main thread is the one that draws; it also keeps the bus, and takes the own picture that is shown, eight times a second. */
async function idle(system, tell) {
    tell(`the console when nobody touches it, ${IDLE_S} s`);
    const pid = system.pid('booth-1-studio');
    await after(2000);
    const before = threadSeconds(pid)[pid].seconds, began = process.hrtime.bigint();
    await after(IDLE_S * 1000);
    const used = threadSeconds(pid)[pid].seconds - before;
    return { console_idle_cpu_percent: rounded(100 * used / (Number(process.hrtime.bigint() - began) / 1e9), 2) };
}

/* Types, opens and closes the products until the time is over, five things a second, and looks at nothing. */
async function use(screen, seconds) {
    const until = Date.now() + seconds * 1000;
    for (let i = 0; Date.now() < until; i++) {
        if (i % 12 === 11) {
            screen.move(BUTTONS.products.x, BUTTONS.products.y);
            for (let twice = 0; twice < 2; twice++) {
                screen.press(); screen.release();
                await after(200);
            }
        }
        screen.key(i % 8 < 4 ? LETTERS[i % LETTERS.length] : RUB_OUT);
        await after(200);
    }
}

async function pictureAges(system, page, seconds, meanwhile) {
    const logged = system.log('booth-1-studio').length;
    const [seen] = await Promise.all([advisorsAges(page, seconds * 1000), meanwhile(seconds)]);
    return { advisor: seen.ages, shopper: agesLogged(system.log('booth-1-studio').slice(logged)) };
}

async function inCall(system, booth, screen, page, tell) {
    await place(page, system, booth, { show_me: true });
    await shopperState(page, 'live');
    await page.waitForTimeout(SETTLE_MS);
    tell(`a call, pictures both ways: their ages with the console left alone and in use, ${USE_S} s each, twice`);
    await touch(screen, 'products');
    const alone = { advisor: [], shopper: [] }, used = { advisor: [], shopper: [] };
    for (let i = 0; i < 2; i++) {
        for (const [into, meanwhile] of [[alone, (seconds) => after(seconds * 1000)], [used, (seconds) => use(screen, seconds)]]) {
            const found = await pictureAges(system, page, USE_S, meanwhile);
            into.advisor.push(...found.advisor);
            into.shopper.push(...found.shopper);
        }
    }
    tell(`${TOUCHES} touches and ${TOUCHES} keys in the call`);
    const took = [await letters(screen, TOUCHES), await touches(screen, ['mute', 'products'], TOUCHES)];
    await end(system, booth);
    const late = (who) => percentile(used[who], 0.95) - percentile(alone[who], 0.95);
    return {
        touch_in_call_ms: distribution(all(...took)),
        console_in_use_advisor_ms: distribution(used.advisor), console_in_use_shopper_ms: distribution(used.shopper),
        drawing_delays_video_ms: rounded(Math.max(late('advisor'), late('shopper'))),
        console_in_call: { touches: byKind(...took), alone: { advisor: distribution(alone.advisor), shopper: distribution(alone.shopper) }, advisor_delay_ms: rounded(late('advisor')),
            shopper_delay_ms: rounded(late('shopper')) },
    };
}

/* Figures of the console by key. tell(text) says what is being measured. */
export async function measureConsole(tell) {
    const screen = await startDisplay(CONSOLE[0] + DEMO[0], CONSOLE[1]);
    let system, browser, booth;
    try {
        system = await startSystem({ booth: { display: { driver: 'x11', console_size: CONSOLE.join('x'), demo_size: DEMO.join('x') } },
            environment: { DISPLAY: screen.name, SDL_RENDER_DRIVER: 'software', SDL_FRAMEBUFFER_ACCELERATION: '0', G_MESSAGES_DEBUG: AGES_DOMAIN } });
        booth = watchBooth(system.about.booths[0].bus);
        await eventually('both windows', async () => await screen.place(...CONSOLE, 0, 0) && screen.place(...DEMO, CONSOLE[0], 0));
        screen.move(10, 10);
        const figures = await idle(system, tell);
        tell(`${TOUCHES} touches with the booth waiting`);
        const took = await touches(screen, ['state', 'products', 'products'], TOUCHES);
        Object.assign(figures, { touch_to_screen_ms: distribution(all(took)), console_touches: byKind(took) });
        if ((await system.snapshot()).state === 'paused') await system.boothctl(['ready']);
        browser = await launch({ media: 'fake' });
        return { ...figures, ...await inCall(system, booth, screen, await newPage(browser, { width: 1280, height: 720, fps: 30 }), tell) };
    } finally {
        if (process.env.PICTURES) await system?.screenshot('console', `${process.env.PICTURES}/bench.png`).catch(() => {});
        if (browser) await browser.close();
        booth?.stop();
        await system?.stop();
        await screen.stop();
    }
}
