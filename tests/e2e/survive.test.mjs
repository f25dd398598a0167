// SIGKILL of each program in each state of a call: what shopper and advisor see, that it ends well, and that exactly one record of it remains. In a live
// call the picture goes on over the death of the agent, the desk and the nats-server, and comes back after that of the studio; how soon, make bench measures
// (killed_gap_ms, studio_return_ms).
// runs: a call at a time
import assert from 'node:assert/strict';
import { after as afterAll, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { eventually, now, Shopper, startSystem } from './harness.mjs';

const PROGRAMS = { agent: 'booth-1-agent', studio: 'booth-1-studio', desk: 'desk-1', nats: 'nats' };
const FURTHER = 60;        // pictures that have to come after a death
const RECOVER_MS = 60000;  // a ring may end and another one begin meanwhile

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

    test(`${program} killed in the call: ${program === 'studio' ? 'pictures come back' : 'the picture goes on, nothing is connected or negotiated anew'}`, async (t) => {
        await system.settle();
        const shopper = await newCall();
        await answerUntilLive(shopper);
        await shopper.moving();
        const connections = await shopper.connections(), studio = system.pid(PROGRAMS.studio), began = now();
        await system.kill(name);
        await system.booth(({ state, link, studio: { up } }) => state === 'live' && link.up && up, { what: 'is live, linked and has its studio', ms: RECOVER_MS });
        await shopper.goesOn(FURTHER);
        await shopper.moving();
        t.diagnostic(`the longest time without a new picture was ${Math.round(await shopper.gap(began))} ms`);
        if (program !== 'studio') {
            assert.deepEqual(await shopper.connections(), connections);
            assert.equal(system.pid(PROGRAMS.studio), studio);
        }
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
