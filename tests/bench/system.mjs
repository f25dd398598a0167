// A whole Livebooth for a measurement: board/local/run on free ports with a state folder of its own, and the booth's snapshot as it changes on its bus.
import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const top = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const build = resolve(process.env.BUILD || join(top, 'build'));

const START_MS = 60000;
const END_MS = 10000;
const COMMAND_MS = 10000;

const run = promisify(execFile);

/* The promise, or an error that says what did not happen in time. */
export function within(ms, what, promise) {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms); });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/* Starts nats-server, desk and that many booths. environment: further variables of the programs. Gives the content of run.json, pid(name) of a program,
 * log(name), boothctl(words), and stop(). */
export async function start({ booths = 1, environment = {} } = {}) {
    const state = mkdtempSync(join(tmpdir(), 'livebooth-bench-'));
    const child = spawn(join(top, 'board/local/run'), { stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, BUILD: build, STATE: state, PORT: '0', BOOTHS: String(booths), ...environment } });
    const said = [];
    const ended = new Promise((done) => child.once('exit', done));
    const ready = new Promise((done, fail) => {
        createInterface({ input: child.stdout }).on('line', (line) => { said.push(line); if (line.startsWith('ready:')) done(); });
        createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
        ended.then((code) => fail(new Error(`board/local/run ended with ${code}: ${said.join('; ')}`)));
    });
    const stop = async () => {
        child.kill('SIGTERM');
        await within(END_MS, 'the end of board/local/run', ended);
        rmSync(state, { recursive: true, force: true });
    };
    try {
        await within(START_MS, `the ready line (said so far: ${said.join('; ')})`, ready);
    } catch (error) {
        await stop().catch(() => {});
        throw error;
    }
    const about = JSON.parse(readFileSync(join(state, 'run.json'), 'utf8'));
    return {
        ...about, stop,
        pid: (name) => Number(readFileSync(join(state, 'run', `${name}.pid`), 'utf8')),
        log: (name) => join(state, 'log', `${name}.log`),
        boothctl: (...words) => run(join(build, 'bin/boothctl'), ['--config', about.booths[0].config, ...words], { timeout: COMMAND_MS }),
    };
}

/* Follows the state of a booth on its bus, as anything else there can: reached(state) resolves with the time (UTC, ms) at which it was seen. */
export function watchBooth({ bus }) {
    const child = spawn('gdbus', ['monitor', '--address', bus, '--dest', 'org.livebooth.Agent1', '--object-path', '/org/livebooth/Agent1'],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    let state = '';
    let waiting = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
        const at = performance.timeOrigin + performance.now();
        const found = /"state": ?"([a-z]+)"/.exec(line);
        if (!found || found[1] === state) return;
        state = found[1];
        waiting = waiting.filter((one) => !(one.states.includes(state) && (one.done({ state, at }), true)));
    });
    return {
        reached: (...states) => within(START_MS, `the booth's state ${states.join(' or ')} (it is ${state || 'unknown'})`,
            new Promise((done) => waiting.push({ states, done }))),
        stop: () => child.kill(),
    };
}

