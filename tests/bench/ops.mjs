// The ops page and the statuses of 2,000 booths: real mutual-TLS links from one process (boothctl simulate fleet), a snapshot each 10 s and
// on change. Counted are the bytes that the desk's sockets received, TLS and pings included.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cpuSeconds, watchPss } from './process.mjs';
import { distribution, rounded } from './figures.mjs';
import { launch } from '../e2e/browser.mjs';
import { after, build, startSystem, within } from '../e2e/harness.mjs';

const BOOTHS = Number(process.env.BENCH_FLEET || 2000);
const SPAN_S = 20;
const LOADS = 7;
const LINK_MS = 240000; /* each booth gets its certificate and makes its handshake, all in one process */
const SCROLL_FRAMES = 240;

/* Bytes that came in on the established connections of a local port, by the kernel's count. */
function receivedOn(port) {
    const told = execFileSync('ss', ['-tinH', 'state', 'established', `( sport = :${port} )`], { maxBuffer: 64 * 2 ** 20 }).toString();
    return [...told.matchAll(/bytes_received:(\d+)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

async function startFleet(system) {
    const fleet = spawn(join(build, 'bin/boothctl'), ['simulate', 'fleet', '--desk', `wss://localhost:${system.about.booth_port}/ws/booth`,
        '--authority', join(system.state, 'tls'), '--booths', String(BOOTHS)], { stdio: ['ignore', 'pipe', 'ignore'] });
    await within(LINK_MS, 'all booths are linked', new Promise((done, failed) => {
        createInterface(fleet.stdout).on('line', (line) => line === 'linked' && done());
        fleet.on('exit', (code) => failed(new Error(`simulate fleet ended with ${code}`)));
    }));
    return fleet;
}

async function logIn(browser, system) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(`${system.url}ops`);
    await page.fill('input[name=name]', 'admin');
    await page.fill('input[name=password]', readFileSync(join(system.state, 'ops-admin'), 'utf8').trim());
    await page.click('button[type=submit]');
    await page.waitForSelector('.row a');
    return page;
}

/* Until every booth is counted and the first rows are there. */
async function firstContent(page, system) {
    await page.goto('about:blank');
    const began = performance.now();
    await page.goto(`${system.url}ops`, { waitUntil: 'commit' });
    await page.waitForFunction((n) => document.querySelector('.row a') && Number(document.querySelector('.list')?.getAttribute('aria-rowcount')) > n, BOOTHS, { polling: 'raf' });
    return performance.now() - began;
}

/* Scrolls the list frame by frame, while statuses come in: how long each frame took, ms, and the tasks of 50 ms and more. */
const scroll = (page) => page.evaluate((most) => new Promise((done) => {
    const list = document.querySelector('.scroll'), frames = [], long = [];
    let last = performance.now();
    new PerformanceObserver((told) => long.push(...told.getEntries().map((entry) => Math.round(entry.duration)))).observe({ entryTypes: ['longtask'] });
    const step = (now) => {
        frames.push(now - last);
        last = now;
        list.scrollTop += 150;
        if (frames.length < most) requestAnimationFrame(step);
        else done({ frames: frames.slice(1), long });
    };
    requestAnimationFrame(step);
}), SCROLL_FRAMES);

/* Figures of the ops page and of statuses by key. */
export async function measureOps(tell) {
    tell(`the ops page: ${BOOTHS} booths send their status, for ${SPAN_S} s`);
    const system = await startSystem({ booths: 0 });
    let fleet, browser;
    try {
        const desk = system.pid('desk-1'), nats = system.pid('nats'), memory = watchPss(desk);
        fleet = await startFleet(system);
        await after(12000); // until each has sent its second status: the handshakes are over
        const used = cpuSeconds(desk), natsUsed = cpuSeconds(nats), received = receivedOn(system.about.booth_port), began = performance.now();
        await after(SPAN_S * 1000);
        const seconds = (performance.now() - began) / 1000;
        const figures = { status_bytes_per_s: rounded((receivedOn(system.about.booth_port) - received) / seconds / BOOTHS, 0),
            status_desk_cpu_percent: rounded((cpuSeconds(desk) - used) / seconds * 100), status_nats_cpu_percent: rounded((cpuSeconds(nats) - natsUsed) / seconds * 100) };
        browser = await launch({ media: 'none' });
        const page = await logIn(browser, system), samples = [];
        for (let i = 0; i < LOADS; i++) samples.push(await firstContent(page, system));
        const { frames, long } = await scroll(page);
        tell(`scrolling: ${frames.length} frames, ${long.length} long tasks ${JSON.stringify(long)}`);
        return { ...figures, ops_first_content_ms: distribution(samples), ops_scroll_frame_ms: distribution(frames), ops_scroll_long_tasks: long.length,
            status_desk_pss_mb: rounded(memory.stop()) };
    } finally {
        await browser?.close();
        fleet?.kill();
        await system.stop();
    }
}
