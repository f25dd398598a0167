// A desk for the shopper's page alone, inside the test's process: serves the pages with the desk's content policy and speaks
// livebooth.shopper.v1 as the test tells it to. It decides nothing by itself but hello and pong.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STEP_MS } from './harness.mjs';

const app = fileURLToPath(new URL('../../app/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; " +
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/* Frames of one socket, as a server sees them: masked text, ping, close. */
class Socket {
    constructor(raw, { text, closed }) {
        this.raw = raw;
        let kept = Buffer.alloc(0);
        raw.on('data', (piece) => {
            kept = Buffer.concat([kept, piece]);
            for (let frame = parseFrame(kept); frame; frame = parseFrame(kept)) {
                kept = kept.subarray(frame.size);
                if (frame.opcode === 1) text(frame.payload.toString('utf8'));
                else if (frame.opcode === 8) this.close();
                else if (frame.opcode === 9) this.frame(10, frame.payload);
            }
        });
        raw.on('error', () => {});
        raw.on('close', closed);
    }

    frame(opcode, payload) {
        const head = payload.length < 126 ? Buffer.from([0x80 | opcode, payload.length])
            : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255]);
        if (!this.raw.destroyed) this.raw.write(Buffer.concat([head, payload]));
    }

    send(message) {
        this.frame(1, Buffer.from(JSON.stringify(message)));
    }

    close(code = 1000) {
        this.frame(8, Buffer.from([code >> 8, code & 255]));
        this.raw.end();
    }
}

function parseFrame(bytes) {
    if (bytes.length < 6) return null;
    let length = bytes[1] & 127;
    let at = 2;
    if (length === 126) {
        length = bytes.readUInt16BE(2);
        at = 4;
    }
    if (bytes.length < at + 4 + length) return null;
    const mask = bytes.subarray(at, at + 4);
    const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
    for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
    return { opcode: bytes[0] & 15, payload, size: at + 4 + length };
}

async function serve(request, response) {
    const path = new URL(request.url, 'http://desk').pathname;
    const file = path === '/' ? 'index.html' : path === '/ops' ? 'ops.html' : normalize(path).slice(1);
    try {
        if (path === '/booth') {
            response.writeHead(200, { 'content-type': types['.html'] });
            response.end('<!doctype html><title>booth</title>');
            return;
        }
        const content = await readFile(file.startsWith('text/') ? join(app, file) : join(app, 'desk/web', file));
        response.writeHead(200, { 'content-type': types[extname(file)] || 'text/plain', 'content-security-policy': policy });
        response.end(content);
    } catch {
        response.writeHead(404);
        response.end();
    }
}

/* Resolves to the desk: origin; hello (what it greets with; change it at will); send(message); next(type) → the next message of that type that was not
 * taken yet; signalled(message), when set, is given every signal at once; drop(code) ends the line, without a close frame if no code is given; away = true takes no new line; close(). */
export async function startDesk() {
    const desk = {
        hello: { t: 'hello', open: true, staff: true, topics: ['tv', 'computers', 'phones', 'appliances', 'other'].map((id) => ({ id, staff: true })),
            langs: ['en', 'nb', 'sv', 'da', 'fi'], leave_after_ms: 10000 },
        away: false, lines: 0,
    };
    let current = null;
    let received = [];
    const waiting = [];
    const deliver = () => {
        for (const one of [...waiting]) {
            const at = received.findIndex((message) => message.t === one.type);
            if (at < 0) continue;
            waiting.splice(waiting.indexOf(one), 1);
            one.resolve(received.splice(at, 1)[0]);
        }
    };
    const server = createServer(serve);
    server.on('upgrade', (request, raw) => {
        if (desk.away || request.headers['sec-websocket-protocol'] !== 'livebooth.shopper.v1') {
            raw.destroy();
            return;
        }
        const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        raw.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n` +
            'Sec-WebSocket-Protocol: livebooth.shopper.v1\r\n\r\n');
        const socket = new Socket(raw, {
            text: (text) => {
                const message = JSON.parse(text);
                if (message.t === 'ping') socket.send({ t: 'pong' });
                else if (message.t === 'signal' && desk.signalled) desk.signalled(message);
                else received.push(message);
                deliver();
            },
            closed: () => { if (current === socket) current = null; },
        });
        current = socket;
        desk.lines++;
        socket.send(desk.hello);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    desk.origin = `http://localhost:${server.address().port}`;
    desk.send = (message) => current.send(message);
    desk.next = (type, limit = STEP_MS) => new Promise((resolve, reject) => {
        const one = { type, resolve: (message) => { clearTimeout(timer); resolve(message); } };
        const timer = setTimeout(() => {
            waiting.splice(waiting.indexOf(one), 1);
            reject(new Error(`the page did not send ${type} within ${limit} ms; it did send ${received.map(({ t }) => t).join() || 'nothing'}`));
        }, limit);
        waiting.push(one);
        deliver();
    });
    desk.forget = () => { received = []; };
    desk.drop = (code) => (code ? current.close(code) : current.raw.destroy());
    desk.close = () => new Promise((resolve) => {
        if (current) current.raw.destroy();
        server.close(resolve);
        server.closeAllConnections?.();
    });
    return desk;
}

/* Makes a page (at desk.origin/booth) play the booth's end: offer(pc, codec) → sdp, with a moving picture, a tone and the chat channel. What it has to
 * signal is handed to signal(message); received() tells what came from the shopper. */
export async function playBooth(page, desk, signal) {
    await page.goto(`${desk.origin}/booth`);
    await page.exposeFunction('signal', signal);
    await page.evaluate(() => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
        document.body.append(canvas);
        const pen = canvas.getContext('2d');
        let turn = 0;
        const draw = () => {
            pen.fillStyle = `hsl(${turn++ % 360} 60% 45%)`;
            pen.fillRect(0, 0, 640, 360);
            pen.fillStyle = '#fff';
            pen.fillRect((turn * 7) % 640, 150, 60, 60);
            requestAnimationFrame(draw);
        };
        draw();
        const tone = new AudioContext();
        const oscillator = new OscillatorNode(tone, { frequency: 440 });
        const out = tone.createMediaStreamDestination();
        oscillator.connect(out);
        oscillator.start();
        const stream = canvas.captureStream(30);
        const booth = { peers: new Map(), said: [] };
        window.booth = booth;
        booth.offer = async (pc, codec) => {
            const peer = new RTCPeerConnection();
            booth.peers.set(pc, peer);
            peer.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendrecv' });
            const video = peer.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendrecv' });
            if (codec) video.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter(({ mimeType }) => mimeType.toUpperCase() === `VIDEO/${codec}`));
            // Sound that nobody plays is not decoded either.
            peer.ontrack = ({ track }) => { if (track.kind === 'audio') (peer.sound = new Audio()).srcObject = new MediaStream([track]), peer.sound.play(); };
            peer.chat = peer.createDataChannel('chat');
            peer.chat.onmessage = ({ data }) => booth.said.push(data);
            peer.onicecandidate = ({ candidate }) => candidate && candidate.candidate &&
                window.signal({ pc, kind: 'candidate', candidate: candidate.candidate, mline: candidate.sdpMLineIndex });
            await peer.setLocalDescription();
            return peer.localDescription.sdp;
        };
        booth.take = async ({ pc, kind, sdp, candidate, mline }) => {
            const peer = booth.peers.get(pc);
            if (!peer) return;
            if (kind === 'answer') {
                await peer.setRemoteDescription({ type: 'answer', sdp });
                for (const early of (peer.early || []).splice(0)) await peer.addIceCandidate(early);
            } else if (peer.remoteDescription) await peer.addIceCandidate({ candidate, sdpMLineIndex: mline });
            else (peer.early ||= []).push({ candidate, sdpMLineIndex: mline });
        };
        booth.received = async (pc) => {
            const found = { frames: 0, energy: 0, audio_bytes: 0 };
            (await booth.peers.get(pc).getStats()).forEach((row) => {
                if (row.type !== 'inbound-rtp') return;
                if (row.kind === 'video') found.frames = row.framesDecoded || 0;
                else Object.assign(found, { energy: row.totalAudioEnergy || 0, audio_bytes: row.bytesReceived || 0 });
            });
            return found;
        };
    });
}
