// Readiness is proven: each fault of a whole, running booth takes it out of the line and is told by name, and when it is mended the booth is back by itself; how
// soon, make bench measures (leave_ready_ms). Real desk, agent and studio; the devices are simulated, the disk is the real one under a limit.
// runs: a call at a time
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FAULTS } from '../e2e/faults.mjs';
import { build, eventually, now, startSystem } from '../e2e/harness.mjs';

let system;
let folder;
before(async () => {
    system = await startSystem({ desk: { queue: { leave_s: 2 } }, booth: { sensors: { driver: 'sim' }, advisor: { alert_wait_s: 5 } } });
    folder = join(system.state, 'booth-1');
});
after(async () => { await system?.stop(); });

const parked = async () => (await (await fetch(`${system.url}api/status`)).json()).parked;
const check = (snapshot, name) => snapshot.checks.find((one) => one.name === name);

for (const { what, problem, check: name, begin, end } of FAULTS) {
    test(`${what} takes the booth out of the line, and it comes back`, async (t) => {
        await system.booth('ready');
        await eventually('the booth waits for a call', async () => await parked() === 1);
        const began = now();
        begin(system);
        try {
            const snapshot = await system.booth((seen) => seen.state === 'paused' && seen.problems.some((one) => one.name === problem), { what: problem });
            t.diagnostic(`${problem} after ${Math.round(now() - began)} ms (bar of make bench: 3000)`);
            assert.equal(snapshot.pause_reason, 'problem');
            assert.equal(check(snapshot, name).state, 'bad');
            assert.equal(check(snapshot, name).problem, problem);
            assert.ok(snapshot.problems.find((one) => one.name === problem).blocks_ready);
            await eventually('no call can come', async () => await parked() === 0);
        } finally {
            end(system);
        }
        const back = await system.booth('ready');
        assert.ok(['ok', 'simulated'].includes(check(back, name).state));
    });
}

test('a practice call rings, is live and is wrapped up in the booth alone', async () => {
    await system.boothctl(['pause', 'training']);
    const before = (await system.snapshot()).records;
    await system.boothctl(['practice']);
    const ringing = await system.booth('ringing');
    assert.equal(ringing.practice, true);
    assert.equal(ringing.call.id, 'practice');
    await system.boothctl(['accept']);
    const live = await system.booth(({ state, studio }) => state === 'live' && studio.health.media.state === 'connected');
    assert.equal(live.practice, true);
    const told = await (await fetch(`${system.url}api/status`)).text();
    assert.ok(!told.includes('"practice","gen"'));
    await system.boothctl(['hangup']);
    await system.booth('wrapup');
    await system.boothctl(['note', '--outcome', 'sale', '--order', 'A-1', '--value', '129900', '--currency', 'NOK', '--tags', 'delivery']);
    await system.boothctl(['extend']);
    await assert.rejects(system.boothctl(['extend']));
    const noted = (await system.snapshot()).wrapup;
    assert.deepEqual({ ...noted, until_mono: 0 }, { until_mono: 0, extended: true, outcome: 'sale', order: 'A-1', value_minor: 129900, currency: 'NOK', tags: ['delivery'] });
    await system.boothctl(['outcome', 'sale']);
    const over = await system.booth('paused');
    assert.equal(over.pause_reason, 'training');
    assert.deepEqual({ ...over.records, bytes: 0 }, { ...before, bytes: 0 }); // the state of the booth takes room, too
    await system.boothctl(['ready']);
    await system.booth('ready');
});

test('who waits too long is told by topic, by the lamp and by sound, whatever is muted; and counts in the hour', async (t) => {
    await system.boothctl(['pause', 'lunch']);
    await system.boothctl(['mute', 'on']);
    const line = () => system.snapshot().then(({ queue }) => queue);
    const before = (await line()).service.n;
    const shopper = spawn(join(build, 'bin/boothctl'), ['simulate', 'shoppers', '--desk', `ws://localhost:${system.port}/ws/shopper`, '--count', '1', '--topic', 'phones',
        '--patience', '600000-600000', '--seconds', '600'], { stdio: 'ignore' });
    t.after(() => { shopper.kill(); });
    const waiting = await eventually('one waits for phones', async () => {
        const seen = await line();
        return seen.topics.phones?.waiting === 1 && seen;
    });
    assert.equal(waiting.alert, false);
    assert.equal(waiting.topics.tv.waiting, 0);
    const lamps = () => readFileSync(join(folder, 'lamps'), 'utf8');
    await eventually('the alert', async () => (await line()).alert);
    await eventually('the tones', () => system.log('booth-1-studio').includes('two tones'));
    await eventually('the lamp lit', () => lamps().includes('ring=1'));
    await eventually('the lamp dark', () => lamps().includes('ring=0'));
    shopper.kill();
    await eventually('the alert over, and the one who left counted', async () => {
        const seen = await line();
        return !seen.alert && seen.waiting === 0 && seen.service.n === before + 1 && seen.topics.phones.n === 1;
    });
    assert.equal((await line()).service.within_ms, 20000);
    await system.boothctl(['mute', 'off']);
});

test('the console is drawn before anything else is known', (t) => {
    const log = system.log('booth-1-studio');
    const drawn = log.match(/first frame after (\d+) ms/);
    t.diagnostic(`first frame after ${drawn[1]} ms (bar of make bench: 1000)`);
    assert.ok(drawn.index < log.search(/face camera|the bus|speaker/), 'before cameras, sound and the bus');
});
