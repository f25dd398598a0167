// board/local/run as a person meets it: what it says when it cannot start, what it leaves behind, and that it goes on where it was.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after as afterAll, test } from 'node:test';
import { build, eventually, startSystem, STEP_MS, top } from '../e2e/harness.mjs';

const state = mkdtempSync(join(tmpdir(), 'livebooth-run-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

/* Runs it to its end: for when it cannot start. */
function runToEnd(environment) {
    const { status, stdout, stderr } = spawnSync(join(top, 'board/local/run'), { encoding: 'utf8', timeout: 4 * STEP_MS,
        env: { ...process.env, BUILD: build, STATE: state, PORT: '0', ...environment } });
    return { status, text: stdout + stderr };
}

/* Processes that have the folder in their command line or environment. */
function processesOf(folder) {
    return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid).filter((pid) => {
        try {
            return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
        } catch {
            return false;
        }
    });
}

function assertNothingLeft(folder) {
    assert.deepEqual(processesOf(folder), []);
    if (!existsSync(folder)) return;
    const odd = execFileSync('find', [folder, '-type', 's', '-o', '-type', 'p', '-o', '-name', '*.pid'], { encoding: 'utf8' });
    assert.equal(odd, '');
}

test('a taken port: one sentence with what to do', async () => {
    const server = createServer();
    const port = await new Promise((done) => { server.listen(0, () => done(server.address().port)); });
    const { status, text } = runToEnd({ PORT: String(port) });
    server.close();
    assert.notEqual(status, 0);
    assert.match(text, new RegExp(`^run: port ${port} is taken by .*make run PORT=\\d+\\n$`));
    assertNothingLeft(state);
});

test('a port or a number of booths that is none', () => {
    for (const environment of [{ PORT: 'http' }, { PORT: '70000' }, { BOOTHS: 'many' }]) {
        const { status, text } = runToEnd(environment);
        assert.notEqual(status, 0);
        assert.match(text, /^run: (PORT|BOOTHS)=\S+ is not a .*\n$/);
    }
});

test('a state folder that cannot be made or written', () => {
    const file = join(state, 'file');
    writeFileSync(file, '');
    for (const folder of [file, join(file, 'below'), '/proc/livebooth']) {
        const { status, text } = runToEnd({ STATE: folder });
        assert.notEqual(status, 0);
        assert.match(text, /^run: the state folder .* cannot be .*STATE=folder\n$/);
    }
    rmSync(file);
});

test('ready, with what is real and what is simulated; a second run on the same state is refused; Ctrl-C leaves nothing', async () => {
    const system = await startSystem({ state });
    try {
        assert.match(system.ready_line, /^ready: shopper page http:\/\/localhost:\d+\/ +ops page http:\/\/localhost:\d+\/ops +booths: booth-1 \(camera: .+, microphone: .+, speaker: .+, screens: .+\)$/);
        const page = await fetch(system.url);
        assert.equal(page.status, 200);
        assert.equal((await fetch(`${system.url}ops`)).status, 200);
        const { status, text } = runToEnd({});
        assert.notEqual(status, 0);
        assert.match(text, /^run: another run \(process \d+\) uses .*STATE=folder\n$/);
    } finally {
        system.child.kill('SIGINT');
        await system.ended;
    }
    assertNothingLeft(state);
});

test('the next start goes on with the same state', async (t) => {
    const system = await startSystem({ state });
    const files = ['tls/authority.crt', 'nats', 'booth-1'].filter((name) => existsSync(join(state, name)));
    await system.stop();
    t.diagnostic(`ready after ${Math.round(system.start_ms)} ms (bar of make bench: 5000)`);
    assert.equal(files.length, 3);
    assertNothingLeft(state);
});

test('what is killed is started again; what kills the run itself ends all', async () => {
    const system = await startSystem({ state });
    for (const name of ['booth-1-agent', 'booth-1-studio', 'desk-1', 'nats']) await system.kill(name);
    system.child.kill('SIGKILL');
    await system.ended;
    await eventually('nothing is left', () => processesOf(state).length === 0);
});

for (const [name, line] of [['desk.conf', '[desk]\nprot = 8080\n'], ['booth-1.conf', '[camera]\nfps = fast\n']]) {
    test(`a broken line in ${name}: its number and what is wrong`, () => {
        const path = join(state, name), before = readFileSync(path, 'utf8');
        appendFileSync(path, line);
        const { status, text } = runToEnd({});
        writeFileSync(path, before);
        assert.notEqual(status, 0);
        assert.match(text, new RegExp(`${name}, line \\d+: .*\\n$`));
        assert.equal(text.trim().split('\n').length, 1, text);
        assertNothingLeft(state);
    });
}

test('three booths, on a long path', async () => {
    const long = join(state, 'a'.repeat(60), 'b'.repeat(60));
    const system = await startSystem({ state: long, booths: 3 });
    assert.equal((system.ready_line.match(/booth-\d \(/g) || []).length, 3);
    await system.stop();
    assertNothingLeft(long);
});
