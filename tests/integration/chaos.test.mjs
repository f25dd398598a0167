// 20 booths, 300 shoppers and two desks, while booths' agents, desks and the nats-server are killed at random and shoppers leave at random. At the end
// every call that a shopper was told of has exactly one terminal record, and no two booths have held one call at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after as afterAll, before, test } from 'node:test';
import { after, build, eventually, startSystem, within } from '../e2e/harness.mjs';

const BOOTHS = 20;
const SHOPPERS = 300;
const ARRIVE_MS = 30000;
const CHAOS_MS = Number(process.env.CHAOS_MS || 35000);
const QUIET_MS = 180000; // until all calls are over
const LATE_MS = 30000;  // for a simulation that gives up to say so
const OPEN = 'open';

let system;
const children = [];

before(async () => {
    system = await startSystem({ booths: BOOTHS, desks: 2, desk: { queue: { ring_s: 3, setup_s: 20, wrapup_s: 5, leave_s: 4, asks_per_minute: 1000000 } },
        environment: { BOOTH_PROGRAMS: 'agent', WAIT_READY: 'no' } });
});
afterAll(async () => {
    for (const child of children) child.kill('SIGTERM');
    await system?.stop();
});

/* boothctl simulate; lines(text) gets what it prints. */
function simulate(words, lines = () => {}) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', join(build, 'bin/boothctl'), 'simulate', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    createInterface({ input: child.stdout }).on('line', lines);
    return { child, ended: new Promise((done) => { child.once('close', (code) => done(code)); }) };
}

function shoppers(count, desks, seen) {
    return simulate(['shoppers', ...desks.flatMap(({ port }) => ['--desk', `ws://localhost:${port}/ws/shopper`]), '--count', String(count), '--over', String(ARRIVE_MS),
        '--leave', '0.15', '--lose', '0.2', '--hang-up', '0.3', '--patience', '0-8000', '--talk', '200-2000', '--seconds', String((CHAOS_MS + QUIET_MS) / 1000)],
    (line) => {
        const said = JSON.parse(line);
        if (said.called) seen.calls.add(said.called);
        else seen.ends.push(said);
    });
}

async function killAtRandom(until) {
    const killed = { agent: 0, desk: 0, nats: 0 };
    while (Date.now() < until) {
        await after(200 + Math.random() * 800);
        const dice = Math.random();
        const name = dice < 0.6 ? `booth-${1 + Math.floor(Math.random() * BOOTHS)}-agent` : dice < 0.85 ? `desk-${1 + Math.floor(Math.random() * 2)}` : 'nats';
        try {
            process.kill(system.pid(name), 'SIGKILL');
            killed[name.replace(/^booth-\d+-/, '').replace(/-\d$/, '')]++;
        } catch {
            // It was dead already.
        }
    }
    return killed;
}

/* What is wrong with the offers of a call's record, or ''. */
function wrongOffers({ offers }) {
    for (let i = 0; i < offers.length; i++) {
        const offer = offers[i], later = offers[i + 1];
        if (offer.result === OPEN) return `offer ${offer.gen} has no result`;
        if (later && later.gen <= offer.gen) return `generation ${later.gen} after ${offer.gen}`;
        if (later && later.offered_utc < offer.ended_utc) return `offer ${later.gen} began before ${offer.gen} ended`;
    }
    if (offers.filter(({ result }) => result === 'accepted').length > 1) return 'accepted twice, without having been lost between';
    return '';
}

test('exactly one terminal record a call, and no call with two booths', async () => {
    const studios = system.about.booths.flatMap(({ bus }) => ['--bus', bus]);
    await new Promise((done) => { simulate(['studio', ...studios, '--advisor', '--decline', '0.05', '--ignore', '0.03', '--talk', '200-2000'], done); });
    await eventually('the first booth is ready', async () => (await system.snapshot()).state === 'ready');
    const seen = { calls: new Set(), ends: [] };
    const [one, other] = system.about.desks;
    const crowds = [shoppers(SHOPPERS / 2, [one, other], seen), shoppers(SHOPPERS / 2, [other, one], seen)];
    const killed = await killAtRandom(Date.now() + CHAOS_MS);
    await within(QUIET_MS + LATE_MS, () => `all shoppers' ends; ${seen.ends.length} of ${SHOPPERS} so far`, Promise.all(crowds.map(({ ended }) => ended)));
    const count = (list, key) => list.reduce((all, one_) => ({ ...all, [one_[key]]: (all[one_[key]] || 0) + 1 }), {});
    console.log(`killed ${JSON.stringify(killed)}; shoppers ended ${JSON.stringify(count(seen.ends, 'end'))}`);
    // A page is only told unknown_call of a call that ended in nobody's sight.
    for (const { call, end } of seen.ends) if (['setup_failed', 'unknown', 'time_up'].includes(end)) console.log(`${call}: ${end}`);
    assert.deepEqual(seen.ends.filter(({ end }) => end === 'time_up'), [], 'never told how the call ended');

    const rows = await eventually('a terminal record of every call', async () => {
        const all = await system.records();
        const told = new Set(all.filter(({ subject }) => subject.startsWith('record.call.')).map(({ subject }) => subject.slice('record.call.'.length)));
        const missing = [...seen.calls].filter((call) => !told.has(call));
        if (missing.length) throw new Error(`${missing.length} of ${seen.calls.size} are missing: ${missing.slice(0, 5)}`);
        return all;
    }, QUIET_MS);
    const terminal = rows.filter(({ subject }) => subject.startsWith('record.call.'));
    assert.equal(new Set(terminal.map(({ subject }) => subject)).size, terminal.length, 'a call has two terminal records');
    const records = terminal.map(({ value }) => value);
    console.log(`${seen.calls.size} calls told, ${records.length} on record, outcomes ${JSON.stringify(count(records, 'outcome'))}`);
    // By the shopper: left when the advisor had just accepted, before a picture could come. By anyone else it would be ours.
    for (const record of records.filter(({ outcome }) => outcome === 'setup_failed')) {
        console.log(`${record.id}: setup_failed by ${record.ended_by}, ${record.ended_utc - record.accepted_utc} ms after the accept`);
    }
    assert.ok(seen.calls.size >= SHOPPERS / 2, `only ${seen.calls.size} shoppers were told of a call`);
    for (const record of records) {
        assert.equal(wrongOffers(record), '', JSON.stringify(record));
        assert.ok(record.outcome && record.enqueued_utc > 0 && record.ended_utc >= record.enqueued_utc, JSON.stringify(record));
        assert.equal(record.cause === '', ['completed', 'callback'].includes(record.outcome), JSON.stringify(record));
    }
    const held = new Map(); // call and generation, to the booth that had it
    for (const { subject, value } of rows.filter((row) => row.subject.startsWith('record.booth.') && row.value.result === 'accepted')) {
        const key = `${value.call} ${value.gen}`, booth = subject.slice('record.booth.'.length);
        assert.ok(!held.has(key) || held.get(key) === booth, `${key} was accepted by ${held.get(key)} and ${booth}`);
        held.set(key, booth);
    }
});
