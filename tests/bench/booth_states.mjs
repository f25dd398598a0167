// The state of a booth as it changes on its bus, with the time at which anything else there would see it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { now, within } from '../e2e/harness.mjs';

const STEP_MS = 30000;

/* bus: its address. reached(state, …) resolves with {state, at} when the booth next comes to it; at is UTC in ms. */
export function watchBooth(bus) {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'gdbus', 'monitor', '--address', bus, '--dest', 'org.livebooth.Agent1',
        '--object-path', '/org/livebooth/Agent1'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let state = '';
    let waiting = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
        const at = now();
        const found = /"state": ?"(starting|paused|ready|ringing|connecting|live|wrapup)"/.exec(line);
        if (!found || found[1] === state) return;
        state = found[1];
        const met = waiting.filter(({ states }) => states.includes(state));
        waiting = waiting.filter(({ states }) => !states.includes(state));
        for (const { done } of met) done({ state, at });
    });
    return {
        reached: (...states) => within(STEP_MS, () => `the booth is ${states.join(' or ')}; it is ${state || 'unknown'}`,
            new Promise((done) => { waiting.push({ states, done }); })),
        stop: () => child.kill(),
    };
}
