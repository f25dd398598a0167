// What a record costs: one commit beside a bare SQLite loop on the same disk, and a month's backlog on its way to the centre.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rounded } from './figures.mjs';
import { build, eventually, startSystem } from '../e2e/harness.mjs';

const BACKLOG = 10000;
const COMMITS = 400;
const LIMIT_MS = 60000;
const program = join(build, 'tests/bench/bench_records');
const run = promisify(execFile);

/* Figures of the records by key. tell(text) says what is being measured. */
export async function measureRecords(tell) {
    const folder = mkdtempSync(join(tmpdir(), 'livebooth-'));
    let system;
    try {
        tell(`records: ${COMMITS} commits, in turns with a bare loop`);
        const commit = JSON.parse((await run(program, ['commit', folder, String(COMMITS)])).stdout);
        tell(`records: a backlog of ${BACKLOG}`);
        const state = join(folder, 'state'), booth = join(state, 'booth-1');
        mkdirSync(booth, { recursive: true, mode: 0o700 });
        const filled = JSON.parse((await run(program, ['fill', booth, String(BACKLOG)])).stdout);
        system = await startSystem({ state, environment: { BOOTH_PROGRAMS: 'agent', WAIT_READY: 'no', DEMO_FEED: 'no' } });
        await eventually('nothing waits', async () => (await system.snapshot()).records.waiting === 0, LIMIT_MS);
        const landed = (await system.records()).filter(({ value }) => value.boot_id === '00000000-0000-4000-8000-000000000000');
        const keys = landed.map(({ value }) => value.seq);
        if (landed.length !== BACKLOG || keys.some((seq, i) => seq !== i + 1)) throw new Error(`${landed.length} landed, or not in order`);
        return { records_commit_ratio: commit.ratio, records_backlog_s: rounded((landed.at(-1).time_utc - landed[0].time_utc) / 1000, 2),
            records: { ...commit, backlog: filled.waiting, bytes_per_record: Math.round(statSync(join(booth, 'records.sqlite')).size / BACKLOG) } };
    } finally {
        await system?.stop();
        rmSync(folder, { recursive: true, force: true });
    }
}
