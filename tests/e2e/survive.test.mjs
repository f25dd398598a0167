// SIGKILL of each program in each state of a call: what shopper and advisor see, that it ends well, and that exactly one record of it remains. In a live
// call the picture goes on over the death of the agent, the desk and the nats-server, and is back soon after that of the studio.
// runs: a call at a time
import assert from 'node:assert/strict';
import { after as afterAll, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { after, eventually, now, Shopper, startSystem } from './harness.mjs';

const PROGRAMS = { agent: 'booth-1-agent', studio: 'booth-1-studio', desk: 'desk-1', nats: 'nats' };
const BREAK_MS = 500;         // longest time without a new picture that is no break
const BUSY = 3;               // where the machine drops pictures by itself: so many times its longest gap just before
const QUIET_MS = 2000;
const STUDIO_BACK_MS = 3000;   // on a machine with nothing else to do
const WATCH_MS = 4000;
const RECOVER_MS = 30000;

let system, browser;

before(async () => {
    [system, browser] = await Promise.all([startSystem({ desk: { queue: { ring_s: 20, wrapup_s: 60 } } }), launch()]);
});
afterAll(async () => {
    await browser?.close();
    await system?.stop();
});

/* The advisor answers what rings, and says ready again should the booth have paused, until the shopper sees the call live. */
async function answerUntilLive(shopper) {
    const seen = [];
    await eventually(() => `the shopper's page is live; the booth was ${seen.join(', ')}`, async () => {
        if (await shopper.state() === 'live') return true;
        const { state } = await system.snapshot();
        if (seen.at(-1) !== state) seen.push(state);
        if (state === 'ringing') await system.boothctl(['accept']).catch(() => {});
        if (state === 'paused') await system.boothctl(['ready']).catch(() => {});
        return false;
    }, RECOVER_MS);
    return seen;
}

/* The rest of a good call; gives its terminal record, of which there is exactly one. */
async function endWell(shopper) {
    const call = await shopper.call();
    await system.booth(({ state, call: held }) => state === 'live' && held.id === call, { what: `is live with ${call}`, ms: RECOVER_MS });
    await shopper.moving();
    await eventually('the hang-up is taken', async () => { await system.boothctl(['hangup']); return true; });
    await shopper.until('ended');
    return wrapUp(call);
}

async function wrapUp(call) {
    await system.booth('wrapup', { ms: RECOVER_MS });
    await eventually('the outcome is taken', async () => { await system.boothctl(['outcome', 'advice']); return true; });
    await system.booth(['ready', 'paused'], { ms: RECOVER_MS });
    const record = await system.terminal(call, RECOVER_MS);
    assert.equal(record.outcome, 'completed');
    const booth = await system.boothRecord(call, RECOVER_MS);
    assert.equal(booth.outcome, 'advice');
    const rows = await system.records(call);
    assert.equal(rows.filter(({ subject }) => subject === `record.call.${call}`).length, 1);
    assert.equal(rows.filter(({ subject, value }) => subject === 'record.booth.booth-1' && value.result === 'accepted').length, 1);
    return record;
}

async function newCall() {
    const shopper = await Shopper.open(browser, system);
    await shopper.ask();
    return shopper;
}

for (const [program, name] of Object.entries(PROGRAMS)) {
    test(`${program} killed while ready: the booth is ready again by itself, and takes the next call`, async () => {
        await system.settle();
        await system.kill(name);
        await system.booth(({ state, link, studio }) => state === 'ready' && link.up && studio.up, { what: 'is ready, linked and has its studio', ms: RECOVER_MS });
        const shopper = await newCall();
        await answerUntilLive(shopper);
        await endWell(shopper);
        await shopper.close();
    });

    test(`${program} killed while it rings: the shopper keeps the place, it rings on or again, and the call comes`, async () => {
        await system.settle();
        const shopper = await newCall();
        await system.booth('ringing');
        const call = await shopper.call();
        await system.kill(name);
        assert.ok(['queued', 'ringing', 'connecting'].includes(await shopper.state()), await shopper.state());
        await answerUntilLive(shopper);
        assert.equal(await shopper.call(), call);
        const record = await endWell(shopper);
        assert.equal(record.offers.at(-1).result, 'accepted');
        await shopper.close();
    });

    test(`${program} killed in the call: ${program === 'studio' ? 'pictures are back soon' : 'no break in the picture'}`, async () => {
        await system.settle();
        const shopper = await newCall();
        await answerUntilLive(shopper);
        await shopper.moving();
        await after(QUIET_MS);
        const quiet = await shopper.gap(now() - QUIET_MS);
        const peers = () => shopper.page.evaluate(() => window.witness.peers.length);
        const connections = await peers();
        const began = now();
        await system.kill(name);
        await after(WATCH_MS);
        const gap = await shopper.gap(began);
        console.log(`${program}: the longest time without a new picture was ${Math.round(gap)} ms, before that ${Math.round(quiet)} ms`);
        const limit = program === 'studio' ? BUSY * STUDIO_BACK_MS : Math.max(BREAK_MS, BUSY * quiet);
        assert.ok(gap < limit, `no new picture for ${Math.round(gap)} ms`);
        if (program !== 'studio') assert.equal(await peers(), connections, 'the peer connection stayed');
        assert.equal(await shopper.state(), 'live');
        const record = await endWell(shopper);
        assert.equal(record.offers.length, 1, 'it stayed one call');
        await shopper.close();
    });

    test(`${program} killed in the wrap-up: the outcome is still taken and recorded once`, async () => {
        await system.settle();
        const shopper = await newCall();
        await answerUntilLive(shopper);
        const call = await shopper.call();
        await system.booth('live');
        await system.boothctl(['hangup']);
        await shopper.until('ended');
        await system.booth('wrapup');
        await system.kill(name);
        await wrapUp(call);
        await shopper.close();
    });
}
