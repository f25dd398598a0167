// A line of 1 Mbit/s that loses 3 %, and a wide one after it: how many pictures the shopper sees, and how soon they are good again.
import { layNetworks, removeNetworks, whyNot } from '../e2e/networks.mjs';
import { watchNarrowLine } from '../e2e/narrow_line.mjs';
import { percentile, rounded } from './figures.mjs';

const TIMES = Number(process.env.BENCH_LINES || 3);

/* The middle one of a few calls, as one packet that is lost twice decides over a second of a call. */
export async function measureLine(tell) {
    const why = whyNot();
    if (why) throw new Error(why);
    const found = [];
    layNetworks();
    try {
        for (let i = 0; i < TIMES; i++) {
            tell(`a call over a narrow line, ${i + 1} of ${TIMES}`);
            const line = await watchNarrowLine();
            if (line.recovered_ms === null) throw new Error(`the picture was not good again: ${JSON.stringify(line)}`);
            found.push(line);
        }
    } finally {
        removeNetworks();
    }
    const middle = (each) => rounded(percentile(found.map(each), 0.5));
    return { narrow_line_fps: middle(({ narrow }) => narrow.fps), narrow_line_recovery_s: middle(({ recovered_ms }) => recovered_ms / 1000), narrow_line: found };
}
