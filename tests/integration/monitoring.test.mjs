// /metrics as the real Prometheus reads it: two desks, an agent and shoppers without a browser; the rules and the dashboard of docs/monitoring ask for
// nothing that is not there.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after as afterAll, before, test } from 'node:test';
import { build, eventually, startSystem, top } from '../e2e/harness.mjs';

const SHOPPERS = 6;
const monitoring = join(top, 'docs/monitoring');
const folder = mkdtempSync(join(tmpdir(), 'livebooth-prometheus-'));
const children = [];
let system, token;

function start(program, words, options = {}) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...words], { stdio: ['ignore', 'ignore', 'inherit'], ...options });
    const ended = new Promise((done) => { child.once('close', done); });
    children.push(child);
    return ended;
}

const simulate = (...words) => start(join(build, 'bin/boothctl'), ['simulate', ...words]);

before(async () => {
    system = await startSystem({ desks: 2, desk: { queue: { wrapup_s: 1, leave_s: 2 } }, environment: { BOOTH_PROGRAMS: 'agent', WAIT_READY: 'no', DEMO_FEED: 'no' } });
    token = readFileSync(join(system.state, 'metrics.token'), 'utf8');
    simulate('studio', '--bus', system.about.booths[0].bus, '--advisor', '--talk', '50-100');
    await eventually('the booth is ready', async () => (await system.snapshot()).state === 'ready');
    await simulate('shoppers', ...system.about.desks.flatMap(({ port }) => ['--desk', `ws://localhost:${port}/ws/shopper`]), '--count', String(SHOPPERS), '--over', '100',
        '--patience', '60000', '--talk', '50-100', '--topic', 'phones');
});
afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
});

function ask(desk, headers = {}) {
    return fetch(`http://localhost:${system.about.desks[desk].port}/metrics`, { headers });
}

async function scrape(desk, accept = 'application/openmetrics-text') {
    const answer = await ask(desk, { authorization: `Bearer ${token}`, accept });
    assert.equal(answer.status, 200);
    return { type: answer.headers.get('content-type'), text: await answer.text() };
}

/* The sum of all samples of a name over both desks. */
async function sum(name, labels = '') {
    let total = 0;
    for (const desk of [0, 1]) {
        for (const line of (await scrape(desk)).text.split('\n'))
            if (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) total += line.includes(labels) ? Number(line.split(' ').at(-1)) : 0;
    }
    return total;
}

test('without the token there is nothing to read', async () => {
    for (const headers of [{}, { authorization: 'Bearer 0123456789abcdef0123456789abcdef' }, { authorization: `Basic ${token}` }, { authorization: 'Bearer ' }]) {
        const answer = await ask(0, headers);
        assert.equal(answer.status, 401);
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="metrics"');
        assert.doesNotMatch(await answer.text(), /livebooth_/);
    }
});

test('both formats, each with its own type; promtool finds nothing wrong', async () => {
    const open = await scrape(0), plain = await scrape(0, '*/*');
    assert.equal(open.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.ok(open.text.endsWith('\n# EOF\n'));
    assert.equal(plain.type, 'text/plain; version=0.0.4; charset=utf-8');
    execFileSync('promtool', ['check', 'metrics'], { input: plain.text });
});

test('the desks together count every call once', async () => {
    await eventually('every call has ended', async () => (await sum('livebooth_calls_ended_total')) === SHOPPERS);
    const terminal = (await system.records()).filter(({ subject }) => subject.startsWith('record.call.')).map(({ value }) => value);
    assert.equal(terminal.length, SHOPPERS);
    assert.equal(await sum('livebooth_calls_queued_total', '"phones"'), SHOPPERS);
    assert.equal(await sum('livebooth_calls_answered_total'), terminal.filter(({ accepted_utc }) => accepted_utc).length);
    assert.equal(await sum('livebooth_offers_total'), terminal.reduce((total, { offers }) => total + offers.length, 0));
    assert.equal(await sum('livebooth_wait_seconds_count'), await sum('livebooth_calls_answered_total'));
    assert.equal(await sum('livebooth_calls_ended_total', 'outcome="completed"'), terminal.filter(({ outcome }) => outcome === 'completed').length);
    assert.equal(await sum('livebooth_booth_up'), 1);
    assert.equal(await sum('livebooth_queue_calls'), 0);
    assert.equal(await sum('livebooth_events_lost_total'), 0);
    assert.equal(await sum('livebooth_janitor'), 1);
});

test('Prometheus reads both desks, and takes the rules', async () => {
    const port = await new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => { const own = server.address().port; server.close(() => done(own)); });
    });
    /* The file of the documents, with this test's addresses. */
    const config = readFileSync(join(monitoring, 'prometheus.yml'), 'utf8').replace(/_interval: 15s/g, '_interval: 250ms').replace('scheme: https', 'scheme: http')
        .replace('livebooth.rules.yml', join(monitoring, 'livebooth.rules.yml')).replace('/etc/prometheus/livebooth.token', join(system.state, 'metrics.token'))
        .replace('[desk-1.shop.example, desk-2.shop.example]', JSON.stringify(system.about.desks.map((desk) => `localhost:${desk.port}`)));
    writeFileSync(join(folder, 'prometheus.yml'), config);
    execFileSync('promtool', ['check', 'config', join(folder, 'prometheus.yml')]);
    start('prometheus', [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error']);
    const get = async (path) => (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()).data;
    const value = async (expression) => (await get(`query?query=${encodeURIComponent(expression)}`)).result.map(({ value: [, found] }) => Number(found));
    await eventually('both targets are up', async () => (await get('targets')).activeTargets.filter(({ health }) => health === 'up').length === 2);
    await eventually('every call is counted', async () => (await value('sum(livebooth_calls_ended_total)'))[0] === SHOPPERS);
    assert.deepEqual(await value('count(livebooth_desk_info)'), [2]);
    assert.deepEqual(await value('sum(livebooth_wait_seconds_bucket{le="+Inf"})'), await value('sum(livebooth_calls_answered_total)'));
    const rules = await eventually('every rule was evaluated', async () => {
        const all = (await get('rules')).groups.flatMap((group) => group.rules);
        return all.length > 0 && all.every(({ health }) => health !== 'unknown') && all;
    });
    assert.deepEqual(rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError}`), []);
});

test('the rules wake when they should, and only then', () => {
    execFileSync('promtool', ['check', 'rules', join(monitoring, 'livebooth.rules.yml')]);
    execFileSync('promtool', ['test', 'rules', join(top, 'tests/integration/monitoring.rules.yml')]);
});

test('rules and dashboard ask for nothing that is not there', async () => {
    const there = new Set((await scrape(0)).text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(/[{ ]/)[0]));
    there.add('livebooth_booth_up'); // of the desk that has the booth
    const board = JSON.parse(readFileSync(join(monitoring, 'livebooth.grafana.json'), 'utf8'));
    const asked = [...board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
        ...readFileSync(join(monitoring, 'livebooth.rules.yml'), 'utf8').split(/- alert:/).slice(1).map((rule) => rule.split(/\n +(?:for|labels):/)[0])];
    const names = asked.flatMap((expression) => expression.match(/\b(livebooth|process)_\w+/g) || []);
    assert.ok(names.length > 30);
    assert.deepEqual([...new Set(names)].filter((name) => !there.has(name)), []);
});
