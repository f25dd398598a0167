// Booths that take calls while their agents, the desks and the nats-server are killed at random (SIGKILL), KILLS times. At the end the centre has every record
// that any booth ever had committed, once, in order, with the same content and so the same sums. `make soak KILLS=1000` is the long form.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { after as afterAll, before, test } from 'node:test';
import { promisify } from 'node:util';
import { after, build, eventually, startSystem } from '../e2e/harness.mjs';

const KILLS = Number(process.env.KILLS || 30);
const BOOTHS = KILLS > 100 ? 8 : 4;
const DESKS = 2;
const PAUSE_MS = [100, 400]; // between two kills
const LOOK_MS = 500;         // between two looks at what is committed
const SHOPPERS_PER_S = 2;
const QUIET_MS = 180000;
const run = promisify(execFile);

let system;
const children = [];

before(async () => {
    system = await startSystem({ booths: BOOTHS, desks: DESKS, desk: { queue: { ring_s: 3, setup_s: 20, wrapup_s: 5, leave_s: 4, asks_per_minute: 1000000 } },
        environment: { BOOTH_PROGRAMS: 'agent', WAIT_READY: 'no', DEMO_FEED: 'no' } });
});
afterAll(async () => {
    for (const child of children) child.kill('SIGTERM');
    await system?.stop();
});

function simulate(words) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', join(build, 'bin/boothctl'), 'simulate', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    return child;
}

const between = ([from, to]) => from + Math.random() * (to - from);
const ids = () => system.about.booths.map(({ id }) => id);

async function sql(booth, statement) {
    const { stdout } = await run('sqlite3', ['-json', '-cmd', '.timeout 5000', join(system.state, booth, 'records.sqlite'), statement], { maxBuffer: 256 << 20 });
    return stdout.trim() ? JSON.parse(stdout) : [];
}

/* What another program sees is committed: from then on it must not be lost. */
async function look(seen) {
    for (const booth of ids()) {
        for (const { epoch, seq } of await sql(booth, 'SELECT epoch, seq FROM record').catch(() => [])) seen.add(`${booth} ${epoch} ${seq}`);
    }
}

/* How many calls the booths have on record. */
async function calls() {
    let sum = 0;
    for (const booth of ids()) sum += (await sql(booth, "SELECT count(*) AS n FROM record WHERE json_extract(body, '$.kind') = 'call'").catch(() => [{ n: 0 }]))[0].n;
    return sum;
}

async function killAtRandom(seen) {
    const killed = { agent: 0, desk: 0, nats: 0 };
    let looked = Date.now();
    for (let count = 0; count < KILLS;) {
        await after(between(PAUSE_MS));
        const dice = Math.random();
        const name = dice < 0.75 ? `${ids()[Math.floor(Math.random() * BOOTHS)]}-agent` : dice < 0.93 ? `desk-${1 + Math.floor(Math.random() * DESKS)}` : 'nats';
        try {
            process.kill(system.pid(name), 'SIGKILL');
            killed[name.replace(/^booth-\d+-/, '').replace(/-\d$/, '')]++;
            count++;
        } catch {
            // It was dead already.
        }
        if (Date.now() - looked > LOOK_MS) {
            await look(seen);
            looked = Date.now();
        }
    }
    return killed;
}

/* What a figure at the centre may be made of. */
function sums(records) {
    const sum = { n: 0 };
    for (const record of records) {
        sum.n++;
        sum[record.kind] = (sum[record.kind] || 0) + 1;
        for (const name of ['waited_ms', 'ring_ms', 'setup_ms', 'talk_ms', 'muted_ms', 'wrapup_ms']) sum[name] = (sum[name] || 0) + (record[name] || 0);
        for (const [state, ms] of Object.entries(record.ms || {})) sum[state] = (sum[state] || 0) + ms;
    }
    return sum;
}

test('what was committed reaches the centre once, whoever is killed', async () => {
    const come_s = Math.ceil((KILLS * (PAUSE_MS[0] + PAUSE_MS[1])) / 2000 + QUIET_MS / 1000); // until they are told to stop
    simulate(['studio', ...system.about.booths.flatMap(({ bus }) => ['--bus', bus]), '--advisor', '--decline', '0.1', '--ignore', '0.03', '--talk', '100-1000']);
    await eventually('the first booth is ready', async () => (await system.snapshot()).state === 'ready');
    const crowd = simulate(['shoppers', ...system.about.desks.flatMap(({ port }) => ['--desk', `ws://localhost:${port}/ws/shopper`]), '--count',
        String(come_s * SHOPPERS_PER_S), '--over', String(come_s * 1000), '--leave', '0.1', '--lose', '0.2', '--hang-up', '0.3', '--patience', '1000-9000', '--talk',
        '100-1500', '--seconds', String(come_s + 30)]);
    const seen = new Set();
    const killed = await killAtRandom(seen);
    await eventually('there have been calls', async () => await calls() >= KILLS / 10, QUIET_MS);
    crowd.kill('SIGTERM');
    await look(seen);
    console.log(`killed ${JSON.stringify(killed)}; ${seen.size} records seen committed meanwhile`);

    // Paused, so that no call comes after the last look.
    const local = new Map();
    await eventually('every booth rests and has nothing waiting', async () => {
        for (const [i, booth] of ids().entries()) {
            const { state } = await system.snapshot(i + 1);
            if (['ringing', 'connecting', 'live', 'wrapup'].includes(state)) throw new Error(`${booth} is ${state}`);
            const [{ n }] = await sql(booth, 'SELECT count(*) AS n FROM outbox');
            if (n) throw new Error(`${booth} has ${n} waiting`);
        }
        return true;
    }, QUIET_MS);
    for (const booth of ids()) {
        const rows = await sql(booth, 'SELECT epoch, seq, body FROM record ORDER BY epoch, seq');
        local.set(booth, rows.map(({ epoch, seq, body }) => ({ ...JSON.parse(body), booth, epoch, seq })));
    }
    const rows = (await eventually('the records of the centre', () => system.records(), QUIET_MS)).filter(({ subject }) => subject.startsWith('record.booth.'));
    let lost = 0, twice = 0, differs = 0, total = 0;
    for (const booth of ids()) {
        const landed = rows.filter(({ subject }) => subject === `record.booth.${booth}`).map(({ value }) => value);
        const keys = landed.map(({ epoch, seq }) => `${epoch} ${seq}`), at = new Map(landed.map((record) => [`${record.epoch} ${record.seq}`, record]));
        twice += keys.length - new Set(keys).size;
        for (let i = 1; i < landed.length; i++) {
            const [one, two] = [landed[i - 1], landed[i]];
            assert.ok(two.epoch > one.epoch || (two.epoch === one.epoch && two.seq > one.seq), `${booth}: ${two.epoch}/${two.seq} after ${one.epoch}/${one.seq}`);
        }
        const own = local.get(booth).filter(({ epoch, seq }) => at.has(`${epoch} ${seq}`));
        for (const record of own) differs += JSON.stringify(at.get(`${record.epoch} ${record.seq}`), Object.keys(record).sort()) !== JSON.stringify(record, Object.keys(record).sort());
        lost += [...seen].filter((key) => key.startsWith(`${booth} `) && !at.has(key.slice(booth.length + 1))).length;
        // A quarter of an hour may have ended since.
        assert.deepEqual(sums(own), sums(landed), booth);
        lost += local.get(booth).filter(({ kind, epoch, seq }) => kind !== 'state' && !at.has(`${epoch} ${seq}`)).length;
        total += landed.length;
    }
    const all = rows.map(({ value }) => value);
    console.log(`${total} records at the centre (${JSON.stringify(sums(all))}); ${lost} lost, ${twice} twice, ${differs} not the same`);
    assert.deepEqual({ lost, twice, differs }, { lost: 0, twice: 0, differs: 0 });
    assert.ok(all.filter(({ kind }) => kind === 'call').length >= KILLS / 10, 'hardly any calls');
    assert.equal(all.filter(({ kind }) => kind === 'refused').length, 0, JSON.stringify(all.find(({ kind }) => kind === 'refused')));
    const ofCalls = all.filter(({ kind }) => kind !== 'state').length, lines = (text) => text.split('\r\n').filter(Boolean).length - 1;
    const words = ['--config', join(system.state, 'desk.conf'), 'calls', '--since', '2020-01-01', '--csv'];
    assert.equal(lines((await run(join(build, 'bin/desk'), words, { maxBuffer: 256 << 20 })).stdout), ofCalls);
    const own = local.get(ids()[0]).filter(({ kind }) => kind !== 'state').length;
    assert.equal(lines(await system.boothctl(['calls', '--since', '2020-01-01', '--csv'])), own);
    const told = (await system.boothctl(['calls', '--since', '2020-01-01', '--json'])).split('\n').filter(Boolean).map((line) => JSON.parse(line).kind);
    assert.deepEqual([told.length, told.filter((kind) => !kind)], [own, []]);
    assert.match(await system.boothctl(['stats']), /^waiting  0 not at the centre yet$/m);
    for (const record of all) {
        for (const [name, value] of Object.entries(record)) if (name.endsWith('_ms') && typeof value === 'number') assert.ok(value >= 0 && value < 600000, JSON.stringify(record));
    }
});
