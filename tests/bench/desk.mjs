// The desk alone, with a nats-server: 200 ready booths and 1,000 shoppers who arrive, all of them in one load process.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuSeconds, pssMegabytes, watchPss } from './process.mjs';
import { rounded } from './figures.mjs';
import { build, startSystem } from '../e2e/harness.mjs';

const BOOTHS = 200;
const SHOPPERS = 1000;
const SHOPPERS_PER_S = 150;
const TALK_MS = '100-500';
const LIMIT_S = 120;

/* Figures of the desk by key. tell(text) says what is being measured. */
export async function measureDesk(tell) {
    tell(`the desk: ${BOOTHS} booths, ${SHOPPERS} shoppers, ${SHOPPERS_PER_S} a second`);
    // All shoppers come from one address, which no real ones do.
    const system = await startSystem({ booths: 0, desk: { queue: { asks_per_minute: 1000000 } } });
    try {
        const desk = system.pid('desk-1'), nats = system.pid('nats');
        const memory = watchPss(desk), used = cpuSeconds(desk), natsUsed = cpuSeconds(nats);
        // Its exit status tells whether all calls were completed; here it is the times that count, and the table's reader sees the rest.
        const { stdout } = await promisify(execFile)(join(build, 'bin/boothctl'), ['simulate', 'load',
            '--desk', `wss://localhost:${system.about.booth_port}/ws/booth`, '--door', `ws://localhost:${system.port}/ws/shopper`,
            '--authority', join(system.state, 'tls'), '--booths', String(BOOTHS), '--shoppers', String(SHOPPERS), '--rate', String(SHOPPERS_PER_S),
            '--talk', TALK_MS, '--seconds', String(LIMIT_S), '--json'], { timeout: (LIMIT_S + 30) * 1000 }).catch((error) => {
            if (!error.stdout) throw error;
            return error;
        });
        const load = JSON.parse(stdout);
        return { desk_claims_per_s: load.claims_per_s, desk_request_to_offer_ms: load.request_to_offer_ms, desk_pss_mb: rounded(memory.stop()),
            desk_load: { ...load, desk_cpu_s: rounded(cpuSeconds(desk) - used, 2), nats_cpu_s: rounded(cpuSeconds(nats) - natsUsed, 2),
                nats_pss_mb: rounded(pssMegabytes(nats)) } };
    } finally {
        await system.stop();
    }
}
