// bench: measures what a call costs and how long it takes, on this computer, against the bars of figures.mjs. Prints a table and writes
// BUILD/bench.json. A figure over its bar is no failure; a figure that could not be taken is.
//
//   bench.mjs [calls] [console] [line] [desk] [catalogue] [records] [ops] [recovery]       those parts only, the figures of the others stay as bench.json has them
//   BENCH_CALLS, BENCH_CALL_S, BENCH_IDLE_S, BENCH_USE_S, BENCH_SETTLE_MS, BENCH_TOUCHES, BENCH_FAILOVERS     how many calls, touches and faults, and how long
//       the parts are
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureCalls } from './calls.mjs';
import { measureCatalogue } from './catalogue.mjs';
import { measureConsole } from './console.mjs';
import { measureDesk } from './desk.mjs';
import { measureLine } from './line.mjs';
import { measureOps } from './ops.mjs';
import { measureRecords } from './records.mjs';
import { measureRecovery } from './recovery.mjs';
import { machine, provenance, table } from './figures.mjs';
import { build, top } from '../e2e/harness.mjs';

const PARTS = { calls: measureCalls, console: measureConsole, line: measureLine, desk: measureDesk, catalogue: measureCatalogue,
    records: measureRecords, ops: measureOps, recovery: measureRecovery };
const file = join(build, 'bench.json');

function before() {
    try {
        return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
        return {};
    }
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !PARTS[name]);
if (unknown) {
    console.error(`bench: no part "${unknown}"; there are ${Object.keys(PARTS).join(' and ')}`);
    process.exit(2);
}
const results = { ...(asked.length ? before() : {}), machine: machine(), ...provenance(top) };
console.log(`${results.machine.cores} × ${results.machine.cpu}, ${results.machine.memory_mb} MB, Linux ${results.machine.kernel}; ` +
    `load average before: ${results.load_average.join(' ')}; version ${results.version}`);
let failed = 0;
for (const name of asked.length ? asked : Object.keys(PARTS)) {
    try {
        Object.assign(results, await PARTS[name]((what) => console.log(`  ${what}`)));
    } catch (error) {
        console.error(`bench: ${name}: ${error.stack}`);
        failed = 1;
    }
}
mkdirSync(build, { recursive: true });
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\n${table(results)}\n\n${file}`);
process.exit(failed);
