// A studio on a bus of its own, driven as the agent drives it, and a bare page with an RTCPeerConnection as its shopper. For the tests of the studio.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { STEP_MS } from '../e2e/harness.mjs';

const BUILD = path.resolve(process.env.BUILD || 'build');
const NAME = 'org.livebooth.Studio1', OBJECT = '/org/livebooth/Studio1';

/* Resolves with the first true value of look(), asked again whenever changed is called; rejects after limit_ms. */
function waiting() {
    const waits = new Set();
    return {
        changed() { for (const wait of waits) wait(); },
        until(look, what, limit_ms = STEP_MS) {
            return new Promise((resolve, reject) => {
                const timer = setTimeout(() => { waits.delete(check); reject(new Error(`waited ${limit_ms} ms for ${what}`)); }, limit_ms);
                const check = () => {
                    const found = look();
                    if (!found) return;
                    clearTimeout(timer); waits.delete(check); resolve(found);
                };
                waits.add(check); check();
            });
        },
    };
}

// gdbus prints a string with ' or " around it, quotes and backslashes inside escaped.
function unquote(text) {
    const quote = text[0];
    let out = '';
    for (let i = 1; i < text.length && text[i] !== quote; i++) {
        if (text[i] !== '\\') { out += text[i]; continue; }
        i++;
        if (text[i] === 'u') { out += String.fromCharCode(parseInt(text.slice(i + 1, i + 5), 16)); i += 4; }
        else out += { n: '\n', r: '\r', t: '\t' }[text[i]] ?? text[i];
    }
    return out;
}

async function startBus(folder) {
    const bus = spawn('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address=1', `--address=unix:dir=${folder}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(readline.createInterface({ input: bus.stdout }), 'line');
    return { bus, address: line.trim() };
}

/* Starts a bus and a studio with simulated devices; settings: further lines of booth.conf by section, { media: 'prefer = VP8' }. */
export async function startStudio(settings = {}) {
    const folder = mkdtempSync(path.join(tmpdir(), 'livebooth-studio-'));
    mkdirSync(path.join(folder, 'state', 'sim'), { recursive: true });
    const { bus, address } = await startBus(folder);
    const sections = { booth: `id = b1\nstate = ${folder}/state\nshare = ${BUILD}/share\nbus = ${address}`, desk: 'address = wss://localhost:1/ws/booth',
        tls: 'authority = a\ncertificate = c\nkey = k', camera: 'face = sim\nproduct = sim', audio: 'microphone = sim\nspeaker = sim',
        media: 'loopback = true', display: 'driver = offscreen' };
    for (const [section, lines] of Object.entries(settings)) sections[section] = `${sections[section] ?? ''}\n${lines}`;
    const file = path.join(folder, 'booth.conf');
    writeFileSync(file, Object.entries(sections).map(([name, lines]) => `[${name}]\n${lines}\n`).join('\n'));

    const { changed, until } = waiting();
    const seen = { signals: [], states: [], chats: [], pictures: [], health: null, log: '' };
    const monitor = spawn('gdbus', ['monitor', '--address', address, '--dest', NAME, '--object-path', OBJECT], { stdio: ['ignore', 'pipe', 'ignore'] });
    readline.createInterface({ input: monitor.stdout }).on('line', (line) => {
        const at = performance.now();
        const text = (from) => unquote(line.slice(line.indexOf(from) + from.length));
        const member = /org\.livebooth\.Studio1\.(\w+) \(uint32 (\d+)(?:, )?/.exec(line);
        if (line.includes('PropertiesChanged') && line.includes("'Health': <")) seen.health = JSON.parse(text("'Health': <"));
        else if (member?.[1] === 'LocalSignal') seen.signals.push({ pc: +member[2], at, ...JSON.parse(text(member[0])) });
        else if (member?.[1] === 'MediaState') seen.states.push({ pc: +member[2], at, state: text(member[0]) });
        else if (member?.[1] === 'ChatReceived') seen.chats.push({ pc: +member[2], text: text(member[0]) });
        else if (member?.[1] === 'ShopperPicture') seen.pictures.push({ pc: +member[2], at });
        changed();
    });
    const studio = spawn(process.env.STUDIO || path.join(BUILD, 'bin', 'studio'), ['--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [studio.stdout, studio.stderr]) stream.on('data', (data) => { seen.log += data; if (process.env.STUDIO_LOG) process.stderr.write(data); });
    studio.on('error', (error) => { seen.exit = error.message; changed(); });
    studio.on('exit', (code, signal) => { seen.exit = code ?? signal; changed(); });

    const call = (method, ...args) => new Promise((resolve, reject) => {
        execFile('gdbus', ['call', '--address', address, '--dest', NAME, '--object-path', OBJECT, '--method', `${NAME}.${method}`, ...args],
            (error, out, err) => (error ? reject(new Error(`${method}: ${err}`)) : resolve(out)));
    });
    const stop = async () => {
        for (const child of [studio, monitor, bus]) {
            if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
            child.kill('SIGTERM');
            const hard = setTimeout(() => child.kill('SIGKILL'), STEP_MS);
            await once(child, 'exit');
            clearTimeout(hard);
        }
        rmSync(folder, { recursive: true, force: true });
        return seen.exit;
    };
    await until(() => seen.health || seen.exit !== undefined, 'the studio on the bus');
    if (seen.exit !== undefined) { await stop(); throw new Error(`the studio ended with ${seen.exit}: ${seen.log}`); }
    return { call, until, changed, seen, stop, folder, pid: studio.pid };
}

/* An empty page of a secure origin: localhost. */
export async function startPage(browser, script, argument) {
    const server = createServer((request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><video autoplay playsinline></video>'));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = await browser.newPage();
    if (script) await page.addInitScript(script, argument);
    await page.goto(`http://localhost:${server.address().port}/`);
    return { page, close: async () => { await page.close(); server.close(); } };
}

/* The shopper: answers the studio's offer; answer may change its SDP. processing: of the voice, by the browser. Everything that is awaited is an event. */
export async function shopper(page, studio, pc, { answer = (sdp) => sdp, video = true, processing = true } = {}) {
    let handed = 0;
    await page.exposeFunction(`toStudio${pc}`, (signal) => {
        if (signal.kind === 'answer') signal.sdp = answer(signal.sdp);
        return studio.call('RemoteSignal', String(pc), JSON.stringify(JSON.stringify(signal))).catch(() => {});
    });
    await page.evaluate(async ({ number, withVideo, withProcessing }) => {
        const connection = new RTCPeerConnection();
        const shop = (window.shop = { connection, chats: [], opened: null });
        const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
        const stream = await navigator.mediaDevices.getUserMedia({ audio: withProcessing || raw,
            video: withVideo && { width: 640, height: 480, frameRate: 30 } });
        const incoming = new MediaStream();
        connection.ontrack = ({ track }) => { incoming.addTrack(track); document.querySelector('video').srcObject = incoming; };
        connection.ondatachannel = ({ channel }) => {
            shop.channel = channel;
            channel.onmessage = ({ data }) => { shop.chats.push(data); };
        };
        shop.first = new Promise((resolve) => document.querySelector('video').requestVideoFrameCallback(() => resolve(Date.now())));
        connection.onicecandidate = ({ candidate }) => candidate?.candidate
            && window[`toStudio${number}`]({ kind: 'candidate', candidate: candidate.candidate, mline: candidate.sdpMLineIndex });
        let described = null;
        shop.take = async (signal) => {
            if (signal.kind === 'candidate') { await described; return connection.addIceCandidate({ candidate: signal.candidate, sdpMLineIndex: signal.mline }); }
            described = connection.setRemoteDescription({ type: 'offer', sdp: signal.sdp });
            await described;
            for (const transceiver of connection.getTransceivers()) {
                const track = stream.getTracks().find((each) => each.kind === transceiver.receiver.track.kind);
                if (!track) continue;
                await transceiver.sender.replaceTrack(track);
                transceiver.direction = 'sendrecv';
            }
            await connection.setLocalDescription();
            window[`toStudio${number}`]({ kind: 'answer', sdp: connection.localDescription.sdp });
        };
        shop.stats = async () => {
            const out = {};
            for (const each of (await connection.getStats()).values())
                if (each.type === 'inbound-rtp') Object.assign(out, { [each.kind]: { ...each } });
                else if (each.type === 'codec') (out.codecs ??= []).push(each.mimeType);
            return out;
        };
    }, { number: pc, withVideo: video, withProcessing: processing });
    const handOver = async () => {
        while (handed < studio.seen.signals.length) {
            const signal = studio.seen.signals[handed++];
            if (signal.pc === pc) page.evaluate((each) => window.shop.take(each), signal).catch((error) => { studio.seen.error = error; studio.changed(); });
        }
        return false;
    };
    studio.until(() => { handOver(); return studio.seen.exit !== undefined; }, 'the end', 600000).catch(() => {});
}
