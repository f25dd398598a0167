// An X server without a screen (Xvfb), with a finger and eyes: presses and keys go through its XTEST extension, as from a device, and what is on the screen is read
// from the frame that it holds. Speaks as much of the X protocol (version 11) as that needs.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { after, now, within } from '../e2e/harness.mjs';

const START_MS = 10000, ANSWER_MS = 5000, LOOK_MS = 1, HURRY = -10;
const OP = { configure: 12, geometry: 14, tree: 15, image: 73, extension: 98 };
const KEY_PRESS = 2, KEY_RELEASE = 3, PRESS = 4, RELEASE = 5, MOVE = 6;
const HEAD = 32; // bytes of every answer, event and error

/* Bytes of the connection as the answers to requests, in their order. */
class Answers {
    constructor(socket) {
        Object.assign(this, { bytes: Buffer.alloc(0), waiting: [], is_open: false });
        socket.on('data', (data) => { this.bytes = Buffer.concat([this.bytes, data]); this.read(); });
        socket.on('error', (error) => { for (const { fail } of this.waiting.splice(0)) fail(error); });
    }

    length() {
        if (this.bytes.length < 8) return Infinity;
        if (!this.is_open) return 8 + 4 * this.bytes.readUInt16LE(6);
        return this.bytes.length < HEAD ? Infinity : HEAD + (this.bytes[0] === 1 ? 4 * this.bytes.readUInt32LE(4) : 0);
    }

    read() {
        for (let length = this.length(); this.bytes.length >= length; length = this.length()) {
            const answer = Buffer.from(this.bytes.subarray(0, length));
            this.bytes = this.bytes.subarray(length);
            const is_answer = !this.is_open || answer[0] <= 1;
            this.is_open = true;
            if (!is_answer) continue; // an event, asked for by nobody
            const { done, fail } = this.waiting.shift() ?? {};
            if (answer[0] === 1) done?.(answer);
            else fail?.(new Error(`the X server refuses: error ${answer[1]}`));
        }
    }

    next() {
        return within(ANSWER_MS, 'an answer of the X server', new Promise((done, fail) => { this.waiting.push({ done, fail }); }));
    }
}

function request(opcode, detail, ...words) {
    const bytes = Buffer.alloc(4 + 4 * words.length);
    bytes[0] = opcode;
    bytes[1] = detail;
    bytes.writeUInt16LE(1 + words.length, 2);
    words.forEach((word, i) => bytes.writeUInt32LE(word >>> 0, 4 + 4 * i));
    return bytes;
}

const pair = (low, high) => ((high & 0xffff) << 16 | (low & 0xffff)) >>> 0;

async function open(number) {
    const socket = connect(`/tmp/.X11-unix/X${number}`);
    const answers = new Answers(socket);
    const opened = answers.next();
    socket.write(Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    const setup = await opened;
    const vendor = (setup.readUInt16LE(24) + 3) & ~3;
    const root = setup.readUInt32LE(40 + vendor + 8 * setup[29]);
    return { socket, answers, root };
}

/* What is only there to look must not wait for its turn behind a browser. Who may not say so does without. */
function hurry(pid, nice) {
    try { setPriority(pid, nice); } catch { /* as it is */ }
}

class XDisplay {
    constructor(child, name, { socket, answers, root }) {
        Object.assign(this, { child, name, socket, answers, root });
    }

    ask(...parts) {
        const answer = this.answers.next();
        this.socket.write(request(...parts));
        return answer;
    }

    async findExtension(name) {
        const text = Buffer.alloc((name.length + 3) & ~3);
        text.write(name);
        const words = Array.from({ length: text.length / 4 }, (_, i) => text.readUInt32LE(4 * i));
        const answer = await this.ask(OP.extension, 0, name.length, ...words);
        if (!answer[8]) throw new Error(`the X server has no ${name}`);
        this.test = answer[9];
    }

    /* One event of a device, now. */
    input(type, detail, x = 0, y = 0) {
        this.socket.write(request(this.test, 2, pair(type | detail << 8, 0), 0, this.root, 0, 0, pair(x, y), 0, 0));
    }

    move(x, y) { this.input(MOVE, 0, x, y); }
    press() { this.input(PRESS, 1); }
    release() { this.input(RELEASE, 1); }
    key(code) { this.input(KEY_PRESS, code); this.input(KEY_RELEASE, code); }

    /* Windows of that size, shown without a window manager, are put there. */
    async place(width, height, x, y) {
        const tree = await this.ask(OP.tree, 0, this.root);
        let found = 0;
        for (let i = 0; i < tree.readUInt16LE(16); i++) {
            const window = tree.readUInt32LE(HEAD + 4 * i), shape = await this.ask(OP.geometry, 0, window);
            if (shape.readUInt16LE(16) !== width || shape.readUInt16LE(18) !== height) continue;
            this.socket.write(request(OP.configure, 0, window, pair(3, 0), x, y));
            found++;
        }
        return found;
    }

    /* Pixels of the screen as it is. */
    async look({ x, y, w, h }) {
        const answer = await this.ask(OP.image, 2, this.root, pair(x, y), pair(w, h), 0xffffffff);
        return answer.subarray(HEAD);
    }

    /* Does something and tells after how many ms the area has changed on the screen; looks a thousand times a second, as looking takes processor time from what is
     * looked at. */
    async changes(area, act, limit_ms, what) {
        hurry(0, HURRY);
        try {
            return await this.#changes(area, act, limit_ms, what);
        } finally {
            hurry(0, 0);
        }
    }

    async #changes(area, act, limit_ms, what) {
        const before = await this.look(area), began = now();
        act();
        for (;;) {
            const seen = await this.look(area), at = now();
            if (!seen.equals(before)) return at - began;
            await after(LOOK_MS);
            if (at - began > limit_ms) throw new Error(`${what}: nothing changes on the screen within ${limit_ms} ms`);
        }
    }

    async stop() {
        this.socket.destroy();
        const ended = new Promise((done) => { this.child.once('exit', done); });
        this.child.kill('SIGTERM');
        await ended;
    }
}

/* A server with one screen of that size; name is what goes into DISPLAY. */
export async function startDisplay(width, height) {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'Xvfb', '-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-ac', '-noreset'],
        { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const number = await within(START_MS, 'Xvfb starts', new Promise((done, fail) => {
        createInterface({ input: child.stdio[3] }).once('line', (line) => done(Number(line)));
        child.once('error', fail);
        child.once('exit', (code) => fail(new Error(`Xvfb ended with ${code}`)));
    }));
    const display = new XDisplay(child, `:${number}`, await open(number));
    await display.findExtension('XTEST');
    hurry(child.pid, HURRY);
    return display;
}
