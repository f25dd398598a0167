// A call over a line that gets narrow and lossy, and good again: what the shopper sees of it.
import { after, eventually, now, Shopper } from './harness.mjs';
import { forward, launchThere, narrowTheLine, startThere, widenTheLine } from './networks.mjs';

const NARROW_MS = 12000;
const FPS_WITHIN_MS = 3000; // after that the pictures shall come at MIN_FPS
const GOOD_KBPS = 1200; // more than the narrow line carries, less than the simulated camera's picture takes
const GOOD_MS = 30000;
const RECOVER_MS_MAX = 60000;
export const LINE_KBPS = 1000; // what the narrow line carries
export const MIN_FPS = 20;
export const RECOVER_MS = 15000;

/* The browser's own row of the advisor's picture. */
const videoIn = (shopper) => shopper.page.evaluate(async () => [...(await window.witness.peers.at(-1).getStats()).values()]
    .find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video'));

async function kbps(shopper, ms) {
    const before = await shopper.stats(), began = now();
    await after(ms);
    return ((await shopper.stats()).bytes - before.bytes) * 8 / (now() - began);
}

/* The picture when it is rich, or the last look at one that has not become so: a crowded machine makes none. */
async function untilRich(shopper) {
    const began = now();
    for (;;) {
        const found = { kbps: await kbps(shopper, 1000), fps: await shopper.fps(1000), width: (await shopper.stats()).width };
        found.rich = found.kbps >= GOOD_KBPS && found.fps >= MIN_FPS;
        if (found.rich || now() - began > GOOD_MS) return found;
    }
}

async function onTheNarrowLine(shopper) {
    const start = await videoIn(shopper);
    narrowTheLine();
    await after(FPS_WITHIN_MS);
    const began = now(), from = await videoIn(shopper);
    await after(NARROW_MS - FPS_WITHIN_MS);
    const until = await videoIn(shopper), gap = Math.round(await shopper.gap(began)), seconds = (until.timestamp - from.timestamp) / 1000;
    const last = await eventually('what was lost is asked for and sent again', async () => {
        const seen = await videoIn(shopper);
        return seen.nackCount > (start.nackCount || 0) && seen.retransmittedPacketsReceived > (start.retransmittedPacketsReceived || 0) && seen;
    });
    const more = (name) => (last[name] || 0) - (start[name] || 0);
    return { pictures: until.framesDecoded - from.framesDecoded, fps: (until.framesDecoded - from.framesDecoded) / seconds, gap,
        kbps: (until.bytesReceived - from.bytesReceived) * 8 / 1000 / seconds, width: until.frameWidth, nacks: more('nackCount'),
        retransmitted: more('retransmittedPacketsReceived'), freezes: more('freezeCount'), key_frames: more('keyFramesDecoded') };
}

/* wider_ms: until more comes than the narrow line carries; recovered_ms: until the picture is as large and as rich as before; null: it did not. */
async function recover(shopper, good) {
    widenTheLine();
    const began = now();
    let wider_ms = null;
    while (now() - began < RECOVER_MS_MAX) {
        const rate = await kbps(shopper, 1000);
        if (wider_ms === null && rate > LINE_KBPS) wider_ms = Math.round(now() - began);
        if (rate >= 0.8 * Math.min(good.kbps, 2000) && await shopper.fps(1000) >= MIN_FPS && (await shopper.stats()).width >= good.width)
            return { wider_ms, recovered_ms: Math.round(now() - began) };
        if (!good.rich && wider_ms !== null) break; // there is no better one to come back to
    }
    return { wider_ms, recovered_ms: null };
}

/* Networks must be laid. Gives {good: {kbps, fps, width, rich}, narrow: {fps, gap, kbps, …}, wider_ms, recovered_ms}. */
export async function watchNarrowLine() {
    forward(true);
    const system = await startThere();
    const browser = await launchThere(system.url);
    try {
        const shopper = await Shopper.place(browser, system);
        await shopper.moving();
        const good = await untilRich(shopper), narrow = await onTheNarrowLine(shopper);
        return { good, narrow, ...await recover(shopper, good) };
    } finally {
        await browser.close();
        await system.stop();
    }
}
