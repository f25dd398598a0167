// A whole Livebooth for a test, started as a person would (board/local/run) on free ports with a state folder of its own, and a shopper's page in the
// browser with the eyes and ears that a test needs. One system and one browser serve all cases of a file.
import { spawn, execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const top = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const build = resolve(process.env.BUILD || join(top, 'build'));

// How long a test waits for an event that has to come. It is no bar: what is slow is slow, and measured by `make bench`.
export const STEP_MS = 30000;
const START_MS = 10 * STEP_MS; // of many programs
const LOOK_MS = 40, LOOKS_MIN = 20;

const run = promisify(execFile);
export const after = (ms) => new Promise((done) => { setTimeout(done, ms); });
export const now = () => performance.timeOrigin + performance.now();

/* The promise, or an error that says what did not happen in time. what may be a function, asked when it is late. The time is counted in pieces: where the whole
 * machine stands still for a while, that is one piece at most. */
export function within(ms, what, promise) {
    const PIECES = 10;
    let timer, pieces = 0;
    const late = new Promise((_, reject) => {
        timer = setInterval(() => {
            if (++pieces >= PIECES) reject(new Error(`not within ${ms} ms: ${typeof what === 'function' ? what() : what}`));
        }, ms / PIECES);
    });
    return Promise.race([promise, late]).finally(() => clearInterval(timer));
}

/* Looks until look() gives something true, and gives that. An error in look() counts as not yet. It looks LOOKS_MIN times at least, however long a look takes. */
export async function eventually(what, look, ms = STEP_MS) {
    const limit = Date.now() + ms;
    let last = '';
    for (let looks = 1; ; looks++) {
        try {
            const found = await look();
            if (found) return found;
            last = '';
        } catch (error) {
            last = ` (${error.message.split('\n')[0]})`;
        }
        if (Date.now() > limit && looks >= LOOKS_MIN) throw new Error(`not within ${ms} ms: ${typeof what === 'function' ? what() : what}${last}`);
        await after(LOOK_MS);
    }
}

/* {section: {key: value}} as the text of a key file. */
const keyFile = (sections) => Object.entries(sections).map(([name, keys]) =>
    `[${name}]\n${Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join('')}`).join('');

const LOCAL = { media: { loopback: true } };
// Limits of the desk's own that a crowded machine must not come to where a test says nothing of them.
const UNHURRIED = { ring_s: 60, setup_s: 120, wrapup_s: 120 };
const withLocal = (sections) => ({ ...sections, media: { ...LOCAL.media, ...(sections.media || {}) } });

/* Starts a nats-server, desks and booths.
 *   desk, booth: settings, {section: {key: value}}; environment: of board/local/run, see there; state: a folder to go on with;
 *   prefix: words before each command that has to reach the centre's network. */
export async function startSystem({ booths = 1, desks = 1, desk = {}, booth = {}, environment = {}, state = null, prefix = [] } = {}) {
    const folder = state || mkdtempSync(join(tmpdir(), 'livebooth-'));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(join(folder, 'desk.conf'))) writeFileSync(join(folder, 'desk.conf'), keyFile({ ...desk, queue: { ...UNHURRIED, ...desk.queue } }));
    for (let n = 1; n <= booths; n++) {
        const conf = join(folder, `booth-${n}.conf`);
        if (!existsSync(conf)) writeFileSync(conf, keyFile(withLocal({ ...booth, booth: { name: `Booth ${n}`, ...(booth.booth || {}) } })));
    }
    const system = new System(folder, { BOOTHS: String(booths), DESKS: String(desks), ...environment }, !state, prefix);
    await system.start();
    return system;
}

class System {
    constructor(state, environment, temporary, prefix) {
        Object.assign(this, { state, environment, temporary, prefix, said: [] });
    }

    async start() {
        const began = now();
        // Dies with the test, however that ends.
        this.child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...this.prefix, join(top, 'board/local/run')], { stdio: ['ignore', 'pipe', 'pipe'],
            env: { ...process.env, BUILD: build, STATE: this.state, PORT: '0', START_S: String(START_MS / 1000), ...this.environment } });
        this.ended = new Promise((done) => { this.child.once('exit', (code, signal) => done(code ?? signal)); });
        const ready = new Promise((done, fail) => {
            createInterface({ input: this.child.stdout }).on('line', (line) => { this.said.push(line); if (line.startsWith('ready:')) done(line); });
            createInterface({ input: this.child.stderr }).on('line', (line) => this.said.push(line));
            this.ended.then((code) => fail(new Error(`board/local/run ended with ${code}: ${this.said.join('; ')}`)));
        });
        try {
            this.ready_line = await within(START_MS + STEP_MS, () => `the ready line (said so far: ${this.said.join('; ')})`, ready);
        } catch (error) {
            await this.stop().catch(() => {});
            throw error;
        }
        this.start_ms = now() - began;
        Object.assign(this, { about: JSON.parse(readFileSync(join(this.state, 'run.json'), 'utf8')) });
        this.port = this.about.port;
        this.url = `http://localhost:${this.port}/`;
    }

    async stop() {
        this.child.kill('SIGTERM');
        const code = await within(STEP_MS, 'the end of board/local/run', this.ended);
        if (this.temporary && !process.env.KEEP_STATE) rmSync(this.state, { recursive: true, force: true });
        return code;
    }

    log(name) {
        try {
            return readFileSync(join(this.state, 'log', `${name}.log`), 'utf8');
        } catch {
            return '';
        }
    }

    pid(name) {
        return Number(readFileSync(join(this.state, 'run', `${name}.pid`), 'utf8'));
    }

    /* SIGKILL; resolves when it runs again, with the new process. */
    async kill(name) {
        const before = this.pid(name);
        process.kill(before, 'SIGKILL');
        return eventually(`${name} is started again`, () => {
            const pid = this.pid(name);
            return pid !== before && pid;
        });
    }

    async boothctl(words, booth = 1) {
        const { stdout } = await run(join(build, 'bin/boothctl'), ['--config', this.about.booths[booth - 1].config, ...words], { timeout: STEP_MS });
        return stdout;
    }

    /* What the booth's agent publishes. */
    async snapshot(booth = 1) {
        return JSON.parse(await this.boothctl(['status', '--json'], booth));
    }

    /* Until the booth's snapshot is as wanted: a state, several, or a function of the snapshot. */
    async booth(wanted, { booth = 1, ms = STEP_MS, what = '' } = {}) {
        const fits = typeof wanted === 'function' ? wanted : ({ state }) => [wanted].flat().includes(state);
        let last = null;
        return eventually(() => `booth-${booth} ${what || wanted}; it is ${JSON.stringify(last)}`, async () => {
            last = await this.snapshot(booth);
            return fits(last) && last;
        }, ms);
    }

    /* A method of the studio or the agent on the booth's bus; words as gdbus takes them. */
    async bus(name, method, words = [], booth = 1) {
        const { stdout } = await run('gdbus', ['call', '--address', this.about.booths[booth - 1].bus, '--dest', `org.livebooth.${name}`,
            '--object-path', `/org/livebooth/${name}`, '--method', `org.livebooth.${name}.${method}`, ...words], { timeout: STEP_MS });
        return stdout;
    }

    /* Lines of the studio's signals; stop() ends the listening. */
    listen(booth = 1) {
        const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'gdbus', 'monitor', '--address', this.about.booths[booth - 1].bus,
            '--dest', 'org.livebooth.Studio1', '--object-path', '/org/livebooth/Studio1'], { stdio: ['ignore', 'pipe', 'ignore'] });
        const lines = [];
        const started = new Promise((done) => {
            createInterface({ input: child.stdout }).on('line', (line) => { lines.push({ at: now(), line }); done(); });
        });
        return { lines, started, stop: () => child.kill() };
    }

    async screenshot(screen, path, booth = 1) {
        await this.bus('Studio1', 'Screenshot', [screen, path], booth);
    }

    /* Records at the centre, all or of one call: [{subject, time_utc, value}]. */
    async records(call = null) {
        const words = [join(build, 'bin/desk'), 'records', '--config', join(this.state, 'desk.conf'), ...(call ? ['--call', call] : [])];
        const [program, ...rest] = [...this.prefix, ...words];
        const { stdout } = await run(program, rest, { timeout: STEP_MS, maxBuffer: 256 << 20 });
        return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
    }

    /* The call's terminal record, when there is one, and exactly one. */
    async terminal(call, ms = STEP_MS) {
        const found = await eventually(`the terminal record of ${call}`, async () => {
            const rows = (await this.records(call)).filter(({ subject }) => subject === `record.call.${call}`);
            return rows.length > 0 && rows;
        }, ms);
        if (found.length !== 1) throw new Error(`${call} has ${found.length} terminal records`);
        return found[0].value;
    }

    /* What the booth itself recorded of the call, as it landed. */
    async boothRecord(call, ms = STEP_MS) {
        return eventually(`the booth's record of ${call}`, async () =>
            (await this.records(call)).filter(({ subject }) => subject.startsWith('record.booth.')).map(({ value }) => value).at(-1), ms);
    }

    /* The booth back to ready, wherever a case has left it. */
    async settle(booth = 1) {
        await eventually(`booth-${booth} is ready again`, async () => {
            const { state } = await this.snapshot(booth);
            if (state === 'ready') return true;
            const words = { ringing: ['decline'], connecting: ['hangup'], live: ['hangup'], wrapup: ['outcome', 'none'], paused: ['ready'] }[state];
            if (words) await this.boothctl(words, booth).catch(() => {});
            return false;
        });
    }
}

/* --- a shopper ---------------------------------------------------------------------------------------------------------------------------- */

// In the page, before its own scripts: notes each state with its time and every frame of the advisor's picture that comes to the screen.
function installWitness() {
    const witness = { states: [], frames: [], negotiated: 0, called: '' };
    window.witness = witness;
    document.addEventListener('livebooth:state', ({ detail }) => {
        witness.states.push({ state: detail.state, at: performance.timeOrigin + performance.now() });
        if (detail.call) witness.called = detail.call;
    });
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        if (typeof data === 'string' && data.includes('"t":"ask"') && !witness.asked) witness.asked = performance.timeOrigin + performance.now();
        return send.call(this, data);
    };
    witness.peers = [];
    const Peer = window.RTCPeerConnection;
    window.RTCPeerConnection = function (...words) {
        const peer = new Peer(...words);
        witness.peers.push(peer);
        peer.addEventListener('signalingstatechange', () => { if (peer.signalingState === 'stable') witness.negotiated++; });
        return peer;
    };
    window.RTCPeerConnection.prototype = Peer.prototype;
    let followed = null;
    const follow = () => {
        const element = document.querySelector('livebooth-call');
        const video = element && element.video;
        if (video && video !== followed) {
            followed = video;
            const seen = () => {
                witness.frames.push(performance.timeOrigin + performance.now());
                if (witness.frames.length > 20000) witness.frames.splice(0, 10000);
                if (followed === video) video.requestVideoFrameCallback(seen);
            };
            video.requestVideoFrameCallback(seen);
        }
        setTimeout(follow, 10);
    };
    follow();
    // A small grey copy of the picture, to tell whether it moves.
    witness.look = () => {
        const { video } = document.querySelector('livebooth-call');
        if (!video || !video.videoWidth) return null;
        const canvas = new OffscreenCanvas(64, 36), context = canvas.getContext('2d');
        context.drawImage(video, 0, 0, 64, 36);
        return [...context.getImageData(0, 0, 64, 36).data].filter((_, i) => i % 4 === 1);
    };
}

export class Shopper {
    constructor(page, system) {
        Object.assign(this, { page, system });
    }

    /* Opens the shop's page. attributes: of the element, such as {codecs: 'VP8'}; context: of the browser; scripts: further ones of the page,
       [[function, argument]]. */
    static async open(browser, system, { attributes = {}, url = system.url, context = {}, scripts = [] } = {}) {
        const own = await browser.newContext(context);
        const page = await own.newPage();
        await page.addInitScript(installWitness);
        for (const [script, argument] of scripts) await page.addInitScript(script, argument);
        await page.goto(url);
        const shopper = new Shopper(page, system);
        await page.waitForFunction(() => document.querySelector('livebooth-call')?.getAttribute('data-call-state') === 'idle', null, { timeout: STEP_MS });
        await page.evaluate((set) => {
            for (const [name, value] of Object.entries(set)) document.querySelector('livebooth-call').setAttribute(name, value);
        }, attributes);
        return shopper;
    }

    /* A shopper in a call that the advisor accepted. */
    static async place(browser, system, options) {
        const shopper = await Shopper.open(browser, system, options);
        await shopper.ask();
        await system.booth('ringing');
        await system.boothctl(['accept']);
        await shopper.until('live');
        return shopper;
    }

    async ask({ show_me = true } = {}) {
        await this.page.click('#do-start_button');
        if (show_me !== await this.page.isChecked('#show_me')) await this.page.click('#show_me');
        await this.page.check('#terms');
        await this.page.click('#do-ask');
    }

    state() {
        return this.page.getAttribute('livebooth-call', 'data-call-state');
    }

    until(states, ms = STEP_MS) {
        const wanted = [states].flat();
        return eventually(async () => '', async () => wanted.includes(await this.state()), ms).catch(async () => {
            throw new Error(`not within ${ms} ms: the shopper's page is ${wanted.join(' or ')}; it is ${await this.state().catch(() => 'gone')}, after ` +
                JSON.stringify(await this.witness('states').catch(() => [])));
        });
    }

    text() {
        return this.page.evaluate(() => document.querySelector('livebooth-call').shadowRoot.textContent);
    }

    witness(member) {
        return this.page.evaluate((name) => window.witness[name], member);
    }

    async call() {
        return eventually('the page knows its call', async () => (await this.witness('called')) || this.page.evaluate(() => {
            for (let i = 0; i < sessionStorage.length; i++) {
                try {
                    const kept = JSON.parse(sessionStorage.getItem(sessionStorage.key(i)));
                    if (kept && kept.call) return kept.call;
                } catch { /* not ours */ }
            }
            return '';
        }));
    }

    stats() {
        return this.page.evaluate(() => document.querySelector('livebooth-call').stats());
    }

    /* Until the advisor's picture has changed. */
    async moving() {
        const before = await eventually("the advisor's picture", () => this.page.evaluate(() => window.witness.look()));
        const frames = (await this.witness('frames')).length;
        await eventually("the advisor's picture moves", async () => {
            const later = await this.page.evaluate(() => window.witness.look());
            return later && later.some((value, i) => Math.abs(value - before[i]) > 16) && (await this.witness('frames')).length > frames + 5;
        });
    }

    /* Until so many more pictures have come. */
    async goesOn(pictures = 30) {
        const before = await this.witness('frames').then((frames) => frames.at(-1) ?? 0);
        await eventually(() => `${pictures} more pictures of the advisor`, async () => (await this.witness('frames')).filter((at) => at > before).length >= pictures);
    }

    /* What must not change when nothing is to be connected or negotiated anew: the connections that were made, what was negotiated, and the states since then. */
    connections() {
        return this.page.evaluate(() => ({ made: window.witness.peers.length, negotiated: window.witness.negotiated,
            signalling: window.witness.peers.map(({ signalingState }) => signalingState), states: window.witness.states.map(({ state }) => state) }));
    }

    /* The longest time without a new frame from one time to another, UTC ms; to: now when left out. */
    async gap(from, to = null) {
        const end = to || now();
        const frames = (await this.witness('frames')).filter((at) => at >= from && at <= end);
        const marks = [from, ...frames, end];
        return Math.max(...marks.slice(1).map((at, i) => at - marks[i]));
    }

    /* Frames a second over the last so many ms. */
    async fps(ms) {
        const from = now() - ms;
        return (await this.witness('frames')).filter((at) => at >= from).length / (ms / 1000);
    }

    /* Energy of what is heard from the advisor over so many ms, per second; silence is 0. */
    async heard(ms = 1500) {
        const before = await this.stats();
        await after(ms);
        const later = await this.stats();
        return (later.audio_energy - before.audio_energy) / (ms / 1000);
    }

    /* Until the advisor is heard, or is not. */
    hears(sound = true) {
        return eventually(() => `the shopper hears ${sound ? 'the advisor' : 'nothing'}`, async () => {
            const energy = await this.heard(500);
            return sound ? energy > 1e-6 : energy < 1e-7;
        });
    }

    async write(text) {
        if (!(await this.page.isVisible('#message'))) await this.page.click('#do-chat');
        await this.page.fill('#message', text);
        await this.page.click('#do-chat_send');
    }

    async close() {
        await this.page.context().close();
    }
}
