// Readiness is proven: each fault of a whole, running booth takes it out of the line within 3 s and is told by name, and when it is mended the booth is back
// by itself. Real desk, agent and studio; the devices are simulated, the disk is the real one under a limit.
// runs: a call at a time
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, eventually, now, startSystem } from '../e2e/harness.mjs';

const LEAVE_MS = 3000;
const BACK_MS = 10000;

let system;
let folder;
before(async () => {
    system = await startSystem({ booth: { sensors: { driver: 'sim' }, advisor: { alert_wait_s: 5 } } });
    folder = join(system.state, 'booth-1');
    mkdirSync(join(folder, 'sim'), { recursive: true });
});
after(async () => { await system?.stop(); });

const file = (name, text = '') => ({
    begin: () => writeFileSync(join(folder, name), text),
    end: () => rmSync(join(folder, name)),
});
const limit = (size) => execFileSync('prlimit', ['--pid', String(system.pid('booth-1-agent')), `--fsize=${size}:unlimited`]);

const faults = [
    ['a frozen picture', 'camera_face_frozen', 'camera_face', file('sim/camera-face.frozen')],
    ['a camera that is unplugged', 'camera_face_missing', 'camera_face', file('sim/camera-face.unplugged')],
    ['a silent microphone', 'microphone_silent', 'microphone', file('sim/microphone.silent')],
    ['a microphone muted in its mixer', 'microphone_silent', 'microphone', file('sim/microphone.muted')],
    ['a microphone that is unplugged', 'microphone_missing', 'microphone', file('sim/microphone.unplugged')],
    ['a speaker that is unplugged', 'speaker_missing', 'speaker', file('sim/speaker.unplugged')],
    ['a pulled product display', 'demo_missing', 'demo', file('sim/demo.unplugged')],
    ['a full disk', 'storage_full', 'storage', file('sensors', 'free 1000\n')],
    ['a disk that refuses', 'storage_failing', 'storage', { begin: () => limit(0), end: () => limit('unlimited') }],
];

const parked = async () => (await (await fetch(`${system.url}api/status`)).json()).parked;
const check = (snapshot, name) => snapshot.checks.find((one) => one.name === name);

for (const [what, problem, name, fault] of faults) {
    test(`${what} takes the booth out of the line within 3 s, and it comes back`, async (t) => {
        await system.booth('ready');
        await eventually('the booth waits for a call', async () => await parked() === 1);
        const began = now();
        fault.begin();
        try {
            const snapshot = await system.booth((seen) => seen.state === 'paused' && seen.problems.some((one) => one.name === problem), { ms: LEAVE_MS + 2000, what: problem });
            const took = Math.round(now() - began);
            t.diagnostic(`${problem} after ${took} ms`);
            assert.ok(took <= LEAVE_MS, `left ready after ${took} ms`);
            assert.equal(snapshot.pause_reason, 'problem');
            assert.equal(check(snapshot, name).state, 'bad');
            assert.equal(check(snapshot, name).problem, problem);
            assert.ok(snapshot.problems.find((one) => one.name === problem).blocks_ready);
            await eventually('no call can come', async () => await parked() === 0, 2000);
        } finally {
            fault.end();
        }
        const back = await system.booth('ready', { ms: BACK_MS });
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
        '--leave', '1', '--patience', '9000-9000', '--seconds', '20'], { stdio: 'ignore' });
    t.after(() => { shopper.kill(); });
    const waiting = await eventually('one waits for phones', async () => {
        const seen = await line();
        return seen.topics.phones?.waiting === 1 && seen;
    });
    assert.equal(waiting.alert, false);
    assert.equal(waiting.topics.tv.waiting, 0);
    const lamps = () => readFileSync(join(folder, 'lamps'), 'utf8');
    await eventually('the alert', async () => (await line()).alert, 8000);
    await eventually('the tones', () => system.log('booth-1-studio').includes('two tones'), 2000);
    await eventually('the lamp lit', () => lamps().includes('ring=1'), 3000);
    await eventually('the lamp dark', () => lamps().includes('ring=0'), 3000);
    await eventually('the alert over, and the one who left counted', async () => {
        const seen = await line();
        return !seen.alert && seen.waiting === 0 && seen.service.n === before + 1 && seen.topics.phones.n === 1;
    }, 10000);
    assert.equal((await line()).service.within_ms, 20000);
    await system.boothctl(['mute', 'off']);
});

test('the console is drawn before anything else is known', (t) => {
    const log = system.log('booth-1-studio');
    const drawn = log.match(/first frame after (\d+) ms/);
    t.diagnostic(`first frame after ${drawn[1]} ms`);
    assert.ok(drawn.index < log.search(/face camera|the bus|speaker/), 'before cameras, sound and the bus');
});
