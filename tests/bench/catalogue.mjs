// The catalogue: a feed of 50,000 products into JetStream, onto a booth, and searched as an advisor types, over the booth's own bus.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { product, randomNumbers, writeFeed } from './feed.mjs';
import { distribution, rounded } from './figures.mjs';
import { build, startSystem } from '../e2e/harness.mjs';

const PRODUCTS = 50000;
const SEARCHES = 300; // words or two that are typed, letter by letter
const READY_S = 240;
const run = promisify(execFile);

/* One mistake in a word, of the kinds that fingers make. */
function mistyped(word, random) {
    const letters = [...word], at = 1 + Math.floor(random() * (letters.length - 2));
    const kind = Math.floor(random() * 4);
    if (kind === 0) letters.splice(at, 1);
    else if (kind === 1) letters.splice(at, 0, letters[at]);
    else if (kind === 2) [letters[at], letters[at + 1]] = [letters[at + 1], letters[at]];
    else letters[at] = 'aeioklnrst'[Math.floor(random() * 10)];
    return letters.join('');
}

/* What advisors type, each beginning of it from two letters on: titles, model numbers, every fourth with a mistake. */
export function queries(count = SEARCHES, products = PRODUCTS) {
    const random = randomNumbers(42), lines = [];
    for (let i = 0; i < count; i++) {
        const { brand, mpn, title } = product(Math.floor(random() * products));
        const noun = title.slice(brand.length + mpn.length + 2).split(/[ ,]/)[0];
        let text = [noun, mpn, `${brand} ${noun}`, `${noun} ${brand}`, mpn.replace('-', ''), title.split(' ').slice(1, 4).join(' ')][i % 6];
        if (i % 4 === 0 && noun.length > 4) text = mistyped(text, random);
        for (let length = 2; length <= text.length; length++) lines.push(text.slice(0, length));
    }
    return lines;
}

/* boothctl's answers to lines: [{ms, found}]. */
function search(config, lines) {
    return new Promise((resolve, reject) => {
        const child = spawn(join(build, 'bin/boothctl'), ['--config', config, 'products', 'search', '--stdin'], { stdio: ['pipe', 'pipe', 'inherit'] });
        let out = '';
        child.stdout.on('data', (data) => { out += data; });
        child.on('error', reject);
        child.on('close', (code) => {
            if (code) reject(new Error(`boothctl products search ended with ${code}`));
            else resolve(out.trim().split('\n').map((line) => line.split('\t')).map(([ms, found]) => ({ ms: Number(ms), found: Number(found) })));
        });
        child.stdin.end(`${lines.join('\n')}\n`);
    });
}

async function untilReady(config) {
    for (const until = Date.now() + READY_S * 1000; Date.now() < until;) {
        const { stdout } = await run(join(build, 'bin/boothctl'), ['--config', config, 'status', '--json']);
        const { catalogue } = JSON.parse(stdout);
        if (catalogue.state === 'ready' && catalogue.products === PRODUCTS) return;
        await new Promise((resolve) => { setTimeout(resolve, 200); });
    }
    throw new Error(`the booth has no catalogue after ${READY_S} s`);
}

const folderBytes = (folder) => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);

/* Figures of the catalogue by key. tell(text) says what is being measured. */
export async function measureCatalogue(tell) {
    tell(`the catalogue: a feed of ${PRODUCTS} products`);
    const folder = mkdtempSync(join(tmpdir(), 'livebooth-bench-'));
    const system = await startSystem({ booths: 1, environment: { BOOTH_PROGRAMS: 'agent', WAIT_READY: 'no' } });
    try {
        const [booth] = system.about.booths, seconds = {};
        let onBooth;
        for (const format of ['xml', 'tsv']) {
            const feed = join(folder, `feed.${format}`);
            writeFeed(feed, { products: PRODUCTS, format });
            const began = performance.now();
            await run(join(build, 'bin/desk'), ['--config', join(system.state, 'desk.conf'), 'import', feed], { timeout: 120000 });
            const imported = performance.now();
            seconds[format] = rounded((imported - began) / 1000, 2);
            tell(`${format}: imported in ${seconds[format]} s`);
            await untilReady(booth.config);
            /* The second one has the same products, which the booth sees. */
            onBooth ??= rounded((performance.now() - imported) / 1000);
        }
        const lines = queries();
        tell(`${lines.length} searches as one types`);
        const answers = await search(booth.config, lines);
        const empty = answers.filter((one) => !one.found).length;
        return { catalogue_import_s: seconds.xml, catalogue_search_ms: distribution(answers.map((one) => one.ms)),
            catalogue_disk_mb: rounded(folderBytes(join(system.state, booth.id, 'catalogue')) / 1e6),
            catalogue: { import_tsv_s: seconds.tsv, on_booth_s: onBooth, searches: answers.length, empty } };
    } finally {
        await system.stop();
        rmSync(folder, { recursive: true, force: true });
    }
}
