// Calls over networks of their own: once with nothing but a real coturn between booth and shopper; once over a line that gets narrow and lossy, and good
// again. Needs root; skipped, saying so, where it may not.
// runs: a call at a time
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { after as afterAll, before, test } from 'node:test';
import { eventually, Shopper } from './harness.mjs';
import { CENTRE, forward, inside, launchThere, layNetworks, ns, removeNetworks, startThere, whyNot } from './networks.mjs';
import { LINE_KBPS, MIN_FPS, RECOVER_MS, watchNarrowLine } from './narrow_line.mjs';

const TURN_PORT = 3478;
const SECRET = 'only-of-this-test';
const skip = whyNot();
let folder, turn;

before(() => {
    if (skip) return;
    folder = layNetworks();
    writeFileSync(join(folder, 'secret'), SECRET, { mode: 0o600 });
});
afterAll(() => {
    if (skip) return;
    if (turn) turn.kill('SIGTERM');
    removeNetworks();
});

async function startTurn() {
    turn = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'ip', 'netns', 'exec', ns.centre, 'turnserver', '-n', '--listening-ip', CENTRE, '--listening-port',
        String(TURN_PORT), '--relay-ip', CENTRE, '--use-auth-secret', `--static-auth-secret=${SECRET}`, '--realm', 'livebooth', '--no-tls', '--no-dtls',
        '--no-cli', '--log-file', 'stdout', '--simple-log', '--pidfile', join(folder, 'turn.pid'), '--userdb', join(folder, 'turn.db')], { stdio: 'ignore', cwd: folder });
    await eventually('coturn listens', () => inside('centre', 'ss', '-lunH', `sport = :${TURN_PORT}`).includes(String(TURN_PORT)));
}

/* Types of the two ends of the path in use. */
const path = (shopper) => shopper.page.evaluate(async () => {
    const rows = await window.witness.peers.at(-1).getStats();
    const transport = [...rows.values()].find(({ type }) => type === 'transport');
    const pair = rows.get(transport.selectedCandidatePairId);
    return { local: rows.get(pair.localCandidateId).candidateType, remote: rows.get(pair.remoteCandidateId).candidateType,
        remote_address: rows.get(pair.remoteCandidateId).address };
});

test('no way but the relay: the call works through coturn, with credentials that the desk made', { skip }, async () => {
    forward(false);
    await startTurn();
    const system = await startThere({ relay_only: true }, { turn: `turn:${CENTRE}:${TURN_PORT}?transport=udp`, turn_secret_file: join(folder, 'secret') });
    const browser = await launchThere(system.url);
    try {
        const shopper = await Shopper.place(browser, system);
        await shopper.moving();
        await shopper.hears();
        await system.booth(({ studio: { health: { media } } }) => media.received_fps > 0, { what: "receives the shopper's picture" });
        const used = await path(shopper);
        assert.equal(used.remote, 'relay');
        assert.equal(used.remote_address, CENTRE);
        const call = await shopper.call();
        await system.boothctl(['hangup']);
        assert.equal((await system.terminal(call)).outcome, 'completed');
    } finally {
        await browser.close();
        await system.stop();
    }
});

/* How many pictures and how soon are figures of the machine and its load: they are printed beside their bars, and measured by make bench. */
test('1 Mbit/s and 3 % loss: pictures go on within what the line carries, and are good again after it', { skip }, async (t) => {
    const { good, narrow, wider_ms, recovered_ms } = await watchNarrowLine();
    t.diagnostic(`load ${loadavg()[0].toFixed(1)}; good ${JSON.stringify(good)}; narrow ${JSON.stringify(narrow)}`);
    t.diagnostic(`${narrow.fps.toFixed(1)} pictures a second on the narrow line (bar ${MIN_FPS}), wider after ${wider_ms} ms, recovered after ${recovered_ms} ms (bar ${RECOVER_MS})`);
    assert.ok(narrow.pictures > 0, 'pictures go on');
    assert.ok(narrow.kbps < 1.1 * LINE_KBPS, 'no more comes than the line carries');
    assert.ok(narrow.nacks > 0 && narrow.retransmitted > 0, 'what was lost is sent again');
    if (good.rich) assert.ok(wider_ms !== null, 'more comes again than the narrow line carried');
    else t.diagnostic('this machine made no rich picture before, so that there was none to come back to');
});
