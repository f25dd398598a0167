/* <livebooth-call>: help by live video, for a web shop. One script, no dependency:
 *
 *     <script src="https://desk.example/livebooth-call.js" defer></script>
 *     <livebooth-call topic="tv" product="https://shop.example/p/1" product-title="A television"></livebooth-call>
 *
 * Attributes: desk (origin of the call desk; where this script came from), lang (else that of the page), topic (chosen beforehand), product (address),
 * product-title, terms (address of the shop's terms), callback (token of a call that we promised).
 * For diagnosis: codecs="VP8" asks for these only, refuses="H264" rejects an offer of these.
 * State: the attribute data-call-state, `idle`, `queued`, `ringing`, `connecting`, `live` or `ended`, and an event `livebooth:state` for each change
 * with detail {state, previous, call}, and reference (the token for `callback`) at the end of one who asked to be called back. data-view says in
 * more detail what is shown.
 * Looks: custom properties --livebooth-accent, -on-accent, -background, -text, -muted, -border, -danger, -radius, -font, and ::part(card), (button),
 * (primary), (field), (notice), (stage), (video), (self), (toolbar), (chat), (products), (basket).
 * An event `livebooth:basket` tells what the shopper and the advisor have in their basket, at each change: detail {items: [{id, title, price, currency,
 * quantity}], checkout}, price in the currency's smallest unit.
 * Methods: stats() promises {fps, frames, bytes, rtt, …} of the call, or null; video is the element that shows the advisor, or null.
 *
 * Everything that comes from the desk or the advisor is shown as text, never as markup. */
(() => {
'use strict';

const SUBPROTOCOL = 'livebooth.shopper.v1';
const LANGUAGES = ['en', 'nb', 'sv', 'da', 'fi'];
const TOPICS = ['tv', 'computers', 'phones', 'appliances', 'other'];
const CODECS = ['H264', 'VP8'];
const PING_MS = 5000;
const PONG_MS = 5000;
const CONNECT_MS = 8000;
const RETRY_FIRST_MS = 250;
const RETRY_MOST_MS = 5000;
const AGAIN_MS = 2000;          // before words that could not be stored are sent again
const AGAIN_SLOWER_MS = 6000;
const NO_PICTURE_MS = 5000;
const PICTURE_STALLED_MS = 2500;
const UNDECODED_MS = 2000;      // whole frames came for so long, and none was decoded
const TICK_MS = 1000;
const CHAT_CHARS_MAX = 2000;
const CHAT_LINES_MAX = 200;
const CHAT_UNSENT_MAX = 20;
const EARLY_CANDIDATES_MAX = 64;
const UNSIGNALLED_MAX = 64;
const CONTACT_CHARS_MAX = 200;
const RATING_CHARS_MAX = 600;
const ADDRESS_CHARS_MAX = 2000; // of the product; a longer one is left out
const NAME_CHARS_MAX = 200;
const REPLACED = 4001;          // close code: another tab has this call now
const CALL_PROTOCOL = 'livebooth.call.v1'; // of a data channel that speaks in messages
const LAST_TALK_MS = 90 * 24 * 3600 * 1000; // for so long the next advisor is told that there was one
const PRODUCTS_MAX = 4;
const QUANTITY_MAX = 99;

const script = document.currentScript;
const scriptOrigin = script && script.src ? new URL(script.src).origin : location.origin;

/* --- texts and formats ------------------------------------------------------------------------------------------------------------------- */

const catalogues = new Map(); // "origin lang" -> promise of the texts

function languageOf(tag) {
    const primary = String(tag || '').toLowerCase().split(/[-_]/)[0];
    if (primary === 'no' || primary === 'nn') return 'nb';
    return LANGUAGES.includes(primary) ? primary : null;
}

function loadTexts(origin, lang) {
    const key = `${origin} ${lang}`;
    if (!catalogues.has(key)) {
        const loading = fetch(`${origin}/text/${lang}.json`, { credentials: 'omit' }).then((answer) => {
            if (!answer.ok) throw new Error(`texts: ${answer.status}`);
            return answer.json();
        }).then((all) => all.shopper);
        loading.catch(() => catalogues.delete(key));
        catalogues.set(key, loading);
    }
    return catalogues.get(key);
}

const locale = (lang) => (lang === 'en' ? 'en-GB' : lang);

function minutesRange(lang, from, to) {
    const format = new Intl.NumberFormat(locale(lang), { style: 'unit', unit: 'minute', unitDisplay: 'long' });
    if (from >= to) return format.format(to);
    return format.formatRange ? format.formatRange(from, to) : `${from}–${format.format(to)}`;
}

/* What may be said of the wait: null is unknown, and is said so. */
function waitText(texts, lang, wait) {
    if (!wait || !Number.isFinite(wait.p50_ms) || !Number.isFinite(wait.p90_ms)) return texts.wait_unknown;
    if (wait.p90_ms < 60000) return texts.wait_short;
    const range = minutesRange(lang, Math.max(1, Math.floor(wait.p50_ms / 60000)), Math.ceil(wait.p90_ms / 60000));
    return fill(texts.wait_range, { range });
}

function openingText(lang, utc, now = Date.now()) {
    const when = new Date(utc);
    const today = when.toDateString() === new Date(now).toDateString();
    const time = { hour: '2-digit', minute: '2-digit' };
    const day = utc - now < 6 * 86400e3 ? { weekday: 'long' } : { weekday: 'long', day: 'numeric', month: 'long' };
    return new Intl.DateTimeFormat(locale(lang), today ? time : { ...day, ...time }).format(when);
}

/* What a person can read out of a reference: the start of the call's id, which is enough to find it by. */
const shortReference = (reference) => reference.replace(/^(c[0-9a-f]{8})[0-9a-f]{24}\..*$/, '$1');

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

function languageName(code) {
    try {
        const name = new Intl.DisplayNames([code], { type: 'language' }).of(code);
        return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
    } catch {
        return code;
    }
}

/* --- products ---------------------------------------------------------------------------------------------------------------------------- */

/* minor: in the smallest unit of the currency. What is no amount is an empty text. */
function price(lang, minor, currency) {
    if (!Number.isSafeInteger(minor) || !/^[A-Z]{3}$/.test(currency)) return '';
    const digits = new Intl.NumberFormat(locale(lang), { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
    const whole = minor % 10 ** digits === 0;
    return new Intl.NumberFormat(locale(lang), { style: 'currency', currency, minimumFractionDigits: whole ? 0 : digits, maximumFractionDigits: digits })
        .format(minor / 10 ** digits);
}

function webAddress(text) {
    try {
        return /^https?:$/.test(new URL(text).protocol) ? text : null;
    } catch {
        return null;
    }
}

const textOf = (value) => (typeof value === 'string' ? value : '');
const listOf = (value) => (Array.isArray(value) ? value : []);

/* What a booth told of a product, with every member of the kind that the page goes on to use. */
function readProduct(told) {
    return { id: textOf(told.id), title: textOf(told.title), brand: textOf(told.brand), link: webAddress(told.link), description: textOf(told.description),
        images: listOf(told.images).filter(webAddress), price: told.price_minor, sale: told.sale_price_minor, currency: textOf(told.currency),
        availability: textOf(told.availability), in_store: told.in_store, rating: told.rating, ratings: told.ratings, feed_utc: told.feed_utc,
        highlights: listOf(told.highlights).filter((text) => typeof text === 'string'),
        details: listOf(told.details).filter((detail) => detail && textOf(detail.name) && textOf(detail.value)) };
}

function readItem(told) {
    return { id: textOf(told.id), title: textOf(told.title), price: told.price, currency: textOf(told.currency), image: webAddress(told.image),
        quantity: Number.isInteger(told.quantity) ? told.quantity : 0 };
}

const isObject = (value) => value !== null && typeof value === 'object';

/* The details of several products, a row a name: {name, values, differ}. */
function comparison(products) {
    const names = [...new Set(products.flatMap((product) => product.details.map((detail) => detail.name)))];
    return names.map((name) => {
        const values = products.map((product) => (product.details.find((detail) => detail.name === name) || { value: '' }).value);
        return { name, values, differ: new Set(values).size > 1 };
    });
}

/* --- small parts of pages ---------------------------------------------------------------------------------------------------------------- */

function h(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
        if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
        else if (value === true) node.setAttribute(name, '');
        else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return node;
}

const ICONS = {
    camera: 'M3 7a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v2.5l5-3v11l-5-3V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
    microphone: 'M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11h2a5 5 0 0 0 10 0h2a7 7 0 0 1-6 6.9V21h-2v-3.1A7 7 0 0 1 5 11z',
    silent: 'M4.3 3 21 19.7 19.7 21 15.6 16.900A7 7 0 0 1 13 17.900V21h-2v-3.100A7 7 0 0 1 5 11h2a5 5 0 0 0 7 4.400l-1.6-1.600A3 3 0 0 1 9 12V10.300L3 4.300zM12 3a3 3 0 0 1 3 3v5.500L9.2 5.300A3 3 0 0 1 12 3zm5 8h2a7 7 0 0 1-.8 3.200l-1.5-1.500c.2-.5.3-1.1.3-1.700z',
    chat: 'M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z',
    sound: 'M4 9v6h4l5 5V4L8 9zm12-1.500v9a5 5 0 0 0 0-9zm0-4.200v2.100a7 7 0 0 1 0 13.200v2.100a9 9 0 0 0 0-17.400z',
    screen: 'M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z',
    end: 'M12 9c3.9 0 7.4 1.6 10 4.100l-3 3.3-3.5-2v-2.600a12 12 0 0 0-7 0v2.600L5 16.4 2 13.100A14.3 14.3 0 0 1 12 9z',
    check: 'M9.500 16.600 4.900 12l-1.500 1.500 6.100 6.100L21 8l-1.500-1.500z',
    cross: 'M6.400 5 5 6.400 10.600 12 5 17.600 6.400 19 12 13.400 17.600 19 19 17.600 13.400 12 19 6.400 17.600 5 12 10.600z',
    basket: 'M7.500 4 4 9H2v2h1.300l1.800 8a2 2 0 0 0 2 1.500h9.800a2 2 0 0 0 2-1.500l1.800-8H22V9h-2l-3.500-5-1.700 1L17.600 9H6.400l2.800-4z',
    out: 'M14 3v2h3.600l-8.300 8.300 1.400 1.400L19 6.400V10h2V3zM5 5a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-6h-2v6H5V7h6V5z',
    clock: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 3v6l5 3 1-1.700-4-2.300V7z',
    previous: 'M15.500 4.500 14 3l-9 9 9 9 1.500-1.500L8 12z',
    next: 'M8.500 4.500 10 3l9 9-9 9-1.500-1.500L16 12z',
    star: 'M12 2.500l2.9 6.2 6.8.8-5 4.6 1.3 6.7-6-3.3-6 3.3 1.3-6.7-5-4.6 6.8-.8z',
};

function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', ICONS[name]);
    svg.append(path);
    return svg;
}

function textField(id, label, { area = false, ...attributes } = {}) {
    const field = h(area ? 'textarea' : 'input', { id, part: 'field', ...attributes });
    return [h('label', { for: id }, label), field];
}

/* --- the line to the desk ---------------------------------------------------------------------------------------------------------------- */

/* One WebSocket that comes back by itself: full jitter, doubling up to RETRY_MOST_MS. The next ping is timed from the answer to the last one: a timer
 * started by a message is not slowed down to one a minute in a tab in the background, an interval is. */
class Line {
    #url;
    #on;
    #socket = null;
    #tries = 0;
    #retry = 0;
    #ping = 0;
    #wanted = false;

    /* on: {up(), down(), received(message), replaced()} */
    constructor(url, on) {
        this.#url = url;
        this.#on = on;
        this.online = () => this.#wanted && !this.up && this.#connect();
    }

    get up() {
        return this.#socket !== null && this.#socket.readyState === WebSocket.OPEN;
    }

    open() {
        if (this.#wanted) return;
        this.#wanted = true;
        this.#tries = 0;
        window.addEventListener('online', this.online);
        this.#connect();
    }

    close() {
        this.#wanted = false;
        window.removeEventListener('online', this.online);
        this.#drop();
    }

    send(message) {
        if (!this.up) return false;
        this.#socket.send(JSON.stringify(message));
        return true;
    }

    #drop() {
        clearTimeout(this.#retry);
        clearTimeout(this.#ping);
        const socket = this.#socket;
        this.#socket = null;
        if (socket) socket.close();
    }

    #connect() {
        this.#drop();
        const socket = new WebSocket(this.#url, SUBPROTOCOL);
        this.#socket = socket;
        const mine = (then) => (event) => this.#socket === socket && then(event);
        socket.onopen = mine(() => {
            clearTimeout(this.#retry);
            this.#tries = 0;
            this.#beat();
            this.#on.up();
        });
        socket.onmessage = mine((event) => this.#take(event.data));
        socket.onclose = mine((event) => this.#lost(event.code));
        this.#retry = setTimeout(mine(() => this.#lost(0)), CONNECT_MS);
    }

    #take(data) {
        let message;
        try {
            message = JSON.parse(data);
        } catch {
            return;
        }
        if (message === null || typeof message !== 'object') return;
        if (message.t === 'pong') this.#beat();
        else this.#on.received(message);
    }

    #beat() {
        clearTimeout(this.#ping);
        this.#ping = setTimeout(() => {
            this.send({ t: 'ping' });
            this.#ping = setTimeout(() => this.#lost(0), PONG_MS);
        }, PING_MS);
    }

    #lost(code) {
        this.#drop();
        if (code === REPLACED) {
            this.close();
            this.#on.replaced();
            return;
        }
        const most = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** this.#tries++);
        this.#retry = setTimeout(() => this.#connect(), 50 + Math.random() * most);
        this.#on.down();
    }
}

/* --- one peer connection ----------------------------------------------------------------------------------------------------------------- */

function receivable() {
    const capabilities = window.RTCRtpReceiver && RTCRtpReceiver.getCapabilities && RTCRtpReceiver.getCapabilities('video');
    const names = new Set((capabilities ? capabilities.codecs : []).map((codec) => codec.mimeType.slice('video/'.length).toUpperCase()));
    return CODECS.filter((codec) => names.has(codec));
}

/* The codecs of the element's own choice, and what comes with every one of them (retransmission and the like). */
function preferences(codecs) {
    const all = RTCRtpReceiver.getCapabilities('video').codecs;
    return all.filter(({ mimeType }) => {
        const name = mimeType.slice('video/'.length).toUpperCase();
        return codecs.includes(name) || ['RTX', 'RED', 'ULPFEC', 'FLEXFEC-03'].includes(name);
    });
}

/* Answers one offer of the booth, shows its picture in `video` and plays its sound in `audio`; the two are apart so that sound which may not start yet
 * never holds up the picture. Own tracks are put into place whenever there are any: nothing is negotiated again for them. */
class Peer {
    #pc;
    #on;
    #settled = false;      // the remote description is in place
    #early = [];
    #tracks = { audio: null, video: null };
    #decoded = 0;
    #arriving = 0;         // since when frames come of which none was decoded
    #doubted = false;
    #closed = false;

    /* on: {signal(message), picture(peer), undecoded(peer, codec), channel(channel), sound(peer, plays)} */
    constructor(id, iceServers, on) {
        this.id = id;
        this.#on = on;
        this.pictured = false;
        this.seen = performance.now(); // when the last picture came
        this.video = h('video', { part: 'video', class: 'advisor coming', autoplay: true, playsinline: true });
        this.video.muted = true;
        this.audio = h('audio', { autoplay: true });
        this.#pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
        this.#pc.ontrack = (event) => this.#track(event);
        this.#pc.ondatachannel = (event) => event.channel.label === 'chat' && on.channel(event.channel);
        this.#pc.onicecandidate = ({ candidate }) => {
            if (!candidate || !candidate.candidate) return;
            on.signal({ pc: id, kind: 'candidate', candidate: candidate.candidate, mline: candidate.sdpMLineIndex });
        };
    }

    /* Answers, or refuses a picture that this browser cannot decode: then false. */
    async answer(sdp, offered, { codecs, refuses }) {
        const accepted = codecs.filter((codec) => !refuses.includes(codec));
        await this.#pc.setRemoteDescription({ type: 'offer', sdp });
        for (const transceiver of this.#pc.getTransceivers()) this.#prepare(transceiver, accepted);
        this.#settled = true;
        for (const candidate of this.#early.splice(0)) this.#add(candidate);
        const answer = await this.#pc.createAnswer();
        if (/^m=video 0 /m.test(answer.sdp) || !/^m=video /m.test(answer.sdp)) {
            const codec = accepted.find((name) => name !== offered) || accepted[0] || CODECS.find((name) => name !== offered);
            this.#on.signal({ pc: this.id, kind: 'refused', codec });
            return false;
        }
        this.#on.signal({ pc: this.id, kind: 'answer', sdp: await this.#settle(answer.sdp) });
        return true;
    }

    /* The booth shall begin the DTLS handshake: this browser's first message would come before the booth listens, and be repeated only 50 ms later.
       Where the browser does not take that from us, it begins. Gives the answer as it was taken. */
    async #settle(sdp) {
        const waits = sdp.replaceAll('a=setup:active', 'a=setup:passive');
        try {
            await this.#pc.setLocalDescription({ type: 'answer', sdp: waits });
            return waits;
        } catch {
            await this.#pc.setLocalDescription({ type: 'answer', sdp });
            return sdp;
        }
    }

    #prepare(transceiver, accepted) {
        const kind = transceiver.receiver.track.kind;
        if (kind === 'video' && accepted.length < receivable().length) transceiver.setCodecPreferences(preferences(accepted));
        if (transceiver.direction === 'recvonly') transceiver.direction = 'sendrecv';
        if (this.#tracks[kind]) transceiver.sender.replaceTrack(this.#tracks[kind]);
    }

    take(candidate) {
        if (this.#settled) this.#add(candidate);
        else if (this.#early.length < EARLY_CANDIDATES_MAX) this.#early.push(candidate);
    }

    #add({ candidate, mline }) {
        // A candidate of a kind that this browser does not know is no reason to give up the others.
        this.#pc.addIceCandidate({ candidate, sdpMLineIndex: mline }).catch(() => {});
    }

    /* kind: "audio" or "video"; track: null sends nothing. */
    use(kind, track) {
        this.#tracks[kind] = track;
        if (!this.#settled || this.#closed) return;
        const transceiver = this.#pc.getTransceivers().find((one) => one.receiver.track.kind === kind);
        if (transceiver) transceiver.sender.replaceTrack(track).catch(() => {});
    }

    #track({ track, receiver }) {
        // As little delay as the line allows: a talk, not a film.
        if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
        else if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
        if (track.kind === 'video') {
            this.video.srcObject = new MediaStream([track]);
            this.video.play().catch(() => {});
            this.#watch();
        } else {
            this.audio.srcObject = new MediaStream([track]);
            this.play();
        }
    }

    play() {
        if (!this.audio.srcObject) return;
        this.audio.play().then(() => this.#on.sound(this, true), (error) => error.name === 'NotAllowedError' && this.#on.sound(this, false));
    }

    #watch() {
        if (!this.video.requestVideoFrameCallback) return;
        const frame = () => {
            if (this.#closed) return;
            this.#seen();
            this.video.requestVideoFrameCallback(frame);
        };
        this.video.requestVideoFrameCallback(frame);
    }

    #seen() {
        this.seen = performance.now();
        if (this.pictured) return;
        this.pictured = true;
        this.#on.picture(this);
    }

    /* Pictures are not drawn in a tab that nobody sees, but they are decoded: what was decoded counts too. */
    async check() {
        const report = await this.stats();
        if (!report) return;
        if (report.frames <= this.#decoded) {
            this.#doubt(report);
            return;
        }
        this.#decoded = report.frames;
        this.#seen();
    }

    /* A browser may agree to a codec that it then cannot decode. The first frame that comes whole is a key frame: what follows it must make pictures. */
    #doubt({ codec, received }) {
        if (this.pictured || this.#doubted || !received) return;
        this.#arriving ||= performance.now();
        if (performance.now() - this.#arriving < UNDECODED_MS) return;
        this.#doubted = true;
        this.#on.undecoded(this, codec.toUpperCase());
    }

    async stats() {
        if (this.#closed) return null;
        const all = await this.#pc.getStats();
        const found = { pc: this.id, connection: this.#pc.connectionState, fps: 0, frames: 0, received: 0, bytes: 0, width: 0, height: 0, codec: '', rtt: null,
            loss: 0, dropped: 0, jitter_buffer_ms: null, audio_level: 0, audio_energy: 0, audio_bytes: 0, sent_frames: 0, sent_bytes: 0, sent_audio_bytes: 0 };
        all.forEach((row) => summarize(found, row, all));
        return found;
    }

    close() {
        this.#closed = true;
        this.#pc.ontrack = this.#pc.ondatachannel = this.#pc.onicecandidate = null;
        this.#pc.close();
        for (const element of [this.video, this.audio]) {
            element.srcObject = null;
            element.remove();
        }
    }
}

/* One row of getStats() into the summary. rtt: milliseconds. */
function summarize(found, row, all) {
    if (row.type === 'inbound-rtp' && row.kind === 'video') {
        const codec = all.get(row.codecId);
        Object.assign(found, { fps: row.framesPerSecond || 0, frames: row.framesDecoded || 0, received: row.framesReceived || 0,
            bytes: row.bytesReceived || 0, width: row.frameWidth || 0, height: row.frameHeight || 0, dropped: row.framesDropped || 0, loss: row.packetsLost || 0,
            codec: codec ? codec.mimeType.slice('video/'.length) : '',
            jitter_buffer_ms: row.jitterBufferEmittedCount ? (row.jitterBufferDelay / row.jitterBufferEmittedCount) * 1000 : null });
    } else if (row.type === 'inbound-rtp' && row.kind === 'audio') {
        Object.assign(found, { audio_level: row.audioLevel || 0, audio_energy: row.totalAudioEnergy || 0, audio_bytes: row.bytesReceived || 0 });
    } else if (row.type === 'outbound-rtp') {
        if (row.kind === 'video') Object.assign(found, { sent_frames: row.framesSent || 0, sent_bytes: row.bytesSent || 0 });
        else found.sent_audio_bytes = row.bytesSent || 0;
    } else if (row.type === 'candidate-pair' && row.nominated && row.currentRoundTripTime !== undefined) {
        found.rtt = row.currentRoundTripTime * 1000;
    }
}

/* --- looks ------------------------------------------------------------------------------------------------------------------------------- */

// The underscore: a shop's own --accent on the element must not meet ours.
const STYLE = `
:host { --_accent: var(--livebooth-accent, #0b5c4a); --_on-accent: var(--livebooth-on-accent, #fff); --_ground: var(--livebooth-background, #fff);
    --_ink: var(--livebooth-text, #16211e); --_soft: var(--livebooth-muted, #51605b); --_line: var(--livebooth-border, #c9d3cf);
    --_danger: var(--livebooth-danger, #b3261e); --_round: var(--livebooth-radius, 14px); display: block; container-type: inline-size;
    font: 400 1rem/1.5 var(--livebooth-font, inherit); color: var(--_ink); text-align: start; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.card { background: var(--_ground); border: 1px solid var(--_line); border-radius: var(--_round); padding: 1.25rem; display: grid; gap: 1rem; overflow-wrap: anywhere; }
.card[data-view=launcher] { border: 0; padding: 0; background: none; }
.card[data-view=call] { padding: 0; gap: 0; overflow: hidden; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 0; letter-spacing: -.01em; }
h2:focus { outline: none; }
h2:focus-visible { outline: 3px solid var(--_accent); outline-offset: 3px; border-radius: 4px; }
p { margin: 0; }
.soft { color: var(--_soft); font-size: .925rem; }
form { display: grid; gap: 1rem; margin: 0; }
.pair { display: grid; gap: 1rem; }
@container (min-width: 520px) { .pair { grid-template-columns: 1fr 1fr; } }
.labelled { display: grid; gap: .3rem; align-content: start; }
label, legend { font-weight: 600; font-size: .95rem; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; }
input:not([type=checkbox], [type=radio]), select, textarea { font: inherit; color: var(--_ink); background: var(--_ground); width: 100%; min-height: 2.75rem;
    padding: .5rem .75rem; border: 1px solid var(--_soft); border-radius: calc(var(--_round) * .6); }
textarea { min-height: 5rem; resize: vertical; }
.check { display: grid; grid-template-columns: auto 1fr; gap: .65rem; align-items: start; font-weight: 400; font-size: 1rem; padding: .25rem 0; cursor: pointer; }
.check input { width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; accent-color: var(--_accent); }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.1rem; border-radius: 999px; border: 1px solid var(--_soft); background: var(--_ground);
    color: var(--_ink); cursor: pointer; display: inline-flex; align-items: center; justify-content: center; gap: .5rem; text-align: center; }
button:hover { border-color: var(--_ink); }
button.primary { background: var(--_accent); color: var(--_on-accent); border-color: var(--_accent); }
button.danger { background: var(--_danger); border-color: var(--_danger); color: #fff; }
button:hover:is(.primary, .danger) { filter: brightness(.92); }
button[aria-pressed=true], button[aria-expanded=true] { background: var(--_ink); border-color: var(--_ink); color: var(--_ground); }
.launch { width: 100%; min-height: 3.25rem; font-size: 1.05rem; }
svg { width: 1.25rem; height: 1.25rem; fill: currentColor; flex: none; }
:is(button, input, select, textarea, a, .lines):focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.stage :focus-visible { outline-color: #fff; }
a { color: var(--_accent); }
.row { display: flex; flex-wrap: wrap; gap: .65rem; }
.notice { border-inline-start: 4px solid var(--_accent); background: color-mix(in srgb, var(--_accent) 9%, var(--_ground)); padding: .6rem .85rem; border-radius: 6px; }
.error { color: var(--_danger); font-weight: 600; }
.place { font-size: 1.5rem; font-weight: 700; line-height: 1.25; }
.wait { display: flex; gap: 1rem; align-items: center; }
.pulse { width: 2.75rem; height: 2.75rem; border-radius: 50%; flex: none; background: var(--_accent); opacity: .9; animation: breathe 2.4s ease-in-out infinite; }
[data-state=ringing] .pulse { animation-duration: .8s; }
@keyframes breathe { 50% { transform: scale(.72); opacity: .45; } }
.stage { position: relative; background: #0d1412; color: #fff; aspect-ratio: 16 / 9; overflow: hidden; display: grid; place-items: center; }
.stage video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.stage video.coming { opacity: 0; }
.stage .self { inset: .75rem .75rem auto auto; width: clamp(84px, 22%, 220px); height: auto; aspect-ratio: 16 / 9; object-fit: cover; border-radius: 8px;
    border: 2px solid #fff; background: #000; transform: scaleX(-1); }
.over { position: relative; z-index: 1; display: grid; justify-items: center; gap: .75rem; padding: .9rem 1.2rem; max-width: 90%; background: rgb(13 20 18 / .86); border-radius: 12px; text-align: center; }
.over p { font-size: 1.1rem; font-weight: 600; }
.turn-on { position: absolute; z-index: 2; top: .75rem; left: .75rem; }
.called { padding: .9rem 1.1rem 0; display: grid; gap: .6rem; }
.toolbar { padding: .9rem 1.1rem 1.1rem; display: flex; flex-wrap: wrap; gap: .6rem; }
.toolbar button { padding: .5rem .9rem; gap: .4rem; overflow-wrap: normal; }
.toolbar .danger { margin-inline-start: auto; }
.talk { border-top: 1px solid var(--_line); padding: 1rem 1.1rem; display: grid; gap: .75rem; }
.lines { display: grid; gap: .5rem; max-height: 15rem; overflow-y: auto; }
.lines .line { max-width: 85%; padding: .45rem .8rem; border-radius: 12px; background: color-mix(in srgb, var(--_ink) 8%, var(--_ground)); justify-self: start; white-space: pre-wrap; }
.lines .line.mine { justify-self: end; background: color-mix(in srgb, var(--_accent) 16%, var(--_ground)); }
.lines b { display: block; font-size: .8rem; color: var(--_soft); }
.talk form { grid-template-columns: 1fr auto; align-items: end; gap: .6rem; }
.shelf { border-top: 1px solid var(--_line); padding: 1.1rem; display: grid; gap: 1.1rem; }
.shelf h3, .basket h3 { font-size: 1.15rem; line-height: 1.3; margin: 0; }
.product { display: grid; gap: 1.1rem; }
@container (min-width: 620px) { .product { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); } }
.figure { position: relative; display: grid; gap: .5rem; align-content: start; margin: 0; }
.figure > img, .blank { width: 100%; aspect-ratio: 1; max-height: 26rem; object-fit: contain; background: #fff; border: 1px solid var(--_line); border-radius: calc(var(--_round) * .7); }
.blank { background: color-mix(in srgb, var(--_ink) 5%, var(--_ground)); }
.turn { display: flex; align-items: center; justify-content: space-between; gap: .5rem; }
.turn button { padding: .5rem .8rem; }
.facts { display: grid; gap: .6rem; align-content: start; }
.price { font-size: 1.5rem; font-weight: 700; line-height: 1.2; display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: baseline; }
.price s { font-size: 1rem; font-weight: 400; color: var(--_soft); }
.fact { display: flex; gap: .5rem; align-items: center; }
.fact svg { color: var(--_accent); }
.fact.no svg { color: var(--_soft); }
.facts ul { margin: 0; padding-inline-start: 1.2rem; }
.small { font-size: .875rem; color: var(--_soft); }
.go { display: inline-flex; align-items: center; gap: .4rem; min-height: 2.75rem; font-weight: 600; }
a.primary { background: var(--_accent); color: var(--_on-accent); border-radius: 999px; padding: .5rem 1.3rem; text-decoration: none; justify-content: center; }
a.primary:hover { filter: brightness(.92); }
.side { display: grid; gap: .7rem; min-width: 0; }
.compared thead td > * { margin-block: 0 .4rem; }
.compared { overflow-x: auto; border: 1px solid var(--_line); border-radius: calc(var(--_round) * .7); }
.compared:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: start; vertical-align: top; padding: .6rem .8rem; min-width: 8.5rem; border-top: 1px solid var(--_line); }
thead th, thead td { border-top: 0; font-weight: 400; }
tbody th { font-weight: 600; min-width: 7.5rem; }
thead img, thead .blank { max-width: 11rem; display: block; aspect-ratio: 4 / 3; object-fit: contain; background: #fff; width: 100%; border: 1px solid var(--_line); border-radius: 8px; margin-bottom: .5rem; }
thead .title { font-weight: 700; display: block; }
.compared .price { font-size: 1.15rem; }
tbody tr.differs { background: color-mix(in srgb, var(--_accent) 9%, var(--_ground)); }
tr.differs td { font-weight: 600; }
.compared :is(button, a) { overflow-wrap: normal; }
tbody tr { background: var(--_ground); }
@container (max-width: 620px) { .compared td { min-width: 12.5rem; } .compared :is(tbody th, thead td:first-child) { position: sticky; inset-inline-start: 0; min-width: 7rem;
    max-width: 7.5rem; background: inherit; hyphens: auto; padding-inline: .6rem; } .compared thead td:first-child { background: var(--_ground); } }
.mark { display: inline-block; font-size: .78rem; font-weight: 700; border: 1px solid currentColor; border-radius: 999px; padding: 0 .5rem; color: var(--_accent); margin-top: .2rem; }
.basket { display: grid; gap: .7rem; border: 1px solid var(--_line); border-radius: calc(var(--_round) * .7); padding: 1rem; }
.basket ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .7rem; }
.basket li { display: grid; grid-template-columns: 3.5rem minmax(0, 1fr) auto; gap: .3rem .8rem; align-items: center; }
.basket li > img, .basket li > .blank { width: 3.5rem; height: 3.5rem; aspect-ratio: 1; object-fit: contain; background: #fff; border: 1px solid var(--_line); border-radius: 8px; }
.basket .sum { font-weight: 600; white-space: nowrap; text-align: end; }
.count { grid-column: 2 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: .35rem; }
.count button { padding: .3rem .8rem; min-width: 2.75rem; }
.count b { min-width: 2rem; text-align: center; }
@container (min-width: 620px) { .basket li { grid-template-columns: 3.5rem minmax(0, 1fr) auto 9rem; } .basket li > .count { grid-column: 3; grid-row: 1; }
    .basket li > .sum { grid-column: 4; grid-row: 1; } }
.total { display: flex; justify-content: space-between; gap: 1rem; font-weight: 700; font-size: 1.1rem; border-top: 1px solid var(--_line); padding-top: .7rem; }
.stars { display: flex; gap: .25rem; }
.stars label { position: relative; width: 2.9rem; height: 2.9rem; display: grid; place-items: center; cursor: pointer; border-radius: 8px; }
.stars input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.stars svg { width: 2.2rem; height: 2.2rem; fill: none; stroke: var(--_soft); stroke-width: 1.5; }
.stars .lit svg { fill: var(--_accent); stroke: var(--_accent); }
.stars label:has(:focus-visible), .scale label:has(:focus-visible) { outline: 3px solid var(--_accent); }
.scale { display: grid; grid-template-columns: repeat(11, minmax(1.5rem, 1fr)); gap: 2px; margin-top: .4rem; }
.scale label { position: relative; height: 2.4rem; display: grid; place-items: center; cursor: pointer; border: 1px solid var(--_soft); border-radius: 6px; font-weight: 400; }
.scale label:has(:checked) { outline: 2px solid; font-weight: 700; }
.scale input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.ends { display: flex; justify-content: space-between; gap: 1rem; font-size: .85rem; color: var(--_soft); }
.quiet { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.card:fullscreen { border-radius: 0; border: 0; height: 100%; grid-template-rows: 1fr auto auto auto; overflow-y: auto; }
.card:fullscreen .stage { aspect-ratio: auto; min-height: 40vh; }
@container (min-width: 860px) {
    .card.talking { grid-template-columns: 1fr 18rem; }
    .card.talking > :not(.talk) { grid-column: 1; }
    .card.talking .talk { grid-column: 2; grid-row: 1 / span 4; contain: size; border-top: 0; border-inline-start: 1px solid var(--_line);
        grid-template-rows: minmax(0, 1fr) auto; }
    .card.talking .lines { max-height: none; align-content: start; }
}
@container (max-width: 460px) { .toolbar { padding: .75rem; gap: .5rem; } .toolbar button { flex: 1 1 46%; padding: .5rem .4rem; font-size: .95rem; } .toolbar .danger { margin: 0; } .row button { flex: 1 1 100%; } .stage:has(.over:not([hidden])) { min-height: 13rem; aspect-ratio: auto; } }
@media (prefers-reduced-motion: reduce) { .pulse { animation: none; } * { scroll-behavior: auto !important; } }
@media (forced-colors: active) { .stars .lit svg { fill: Highlight; } .pulse { background: Highlight; } }
`;

/* --- the element ------------------------------------------------------------------------------------------------------------------------- */

class LiveboothCall extends HTMLElement {
    static observedAttributes = ['lang', 'desk', 'topic', 'product-title'];

    static #holder = null;

    #card = h('section', { class: 'card', part: 'card' });
    #status = h('div', { class: 'quiet', role: 'status', 'aria-live': 'polite' });
    #refs = {};                 // what of the view that is shown changes by itself
    #view = 'launcher';
    #state = 'idle';
    #lang = '';
    #texts = null;
    #line = null;
    #hello = null;
    #choice = { topic: '', lang: '', terms: false, show_me: false };
    #note = '';                 // a text's name, shown above the form
    #words = null;              // what the desk has not answered yet: ask, callback or rate
    #again = 0;
    #resuming = false;          // the desk has not said yet how the call stands
    #call = null;               // {call, key, gen, …}: what survives a reload
    #queue = null;              // last `queued`
    #parting = null;            // leave or hangup that the desk has not confirmed
    #outcome = '';
    #reference = '';
    #stars = 0;
    #recommend = -1;            // 0 to 10; -1: not said
    #iceServers = [];
    #booth = '';
    #peer = null;               // shows the picture
    #next = null;               // replaces it as soon as it has one
    #undecodable = new Set();   // codecs of the call that were not decoded
    #microphone = null;
    #camera = null;
    #denied = { audio: false, video: false };
    #soundless = false;
    #channel = null;
    #unsent = [];
    #speaks = false;            // the booth understands messages on the channel
    #shown = null;              // {kind, products, index}
    #picture = 0;               // of the product that is shown
    #basket = { items: [], checkout: null };
    #order = null;              // the basket of the call that is over
    #chatShown = false;
    #since = 0;                 // when a picture was last seen, or was first due
    #stalled = false;
    #tick = 0;
    #down = 0;
    #bell = null;

    constructor() {
        super();
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
        this.shadowRoot.append(this.#card, this.#status);
        this.#card.addEventListener('fullscreenchange', () => this.#refresh());
    }

    connectedCallback() {
        this.setAttribute('data-call-state', this.#state);
        this.#restore();
        this.#speak(this.#choice.lang || this.#ownLanguage());
    }

    disconnectedCallback() {
        queueMicrotask(() => !this.isConnected && this.#stop());
    }

    attributeChangedCallback(name, before, now) {
        if (!this.isConnected || before === now) return;
        if (name === 'lang') this.#speak(this.#ownLanguage());
        else if (name === 'desk' && this.#line) this.#stop();
        else if (this.#texts) {
            if (name === 'topic') this.#choice.topic = '';
            this.#render();
        }
    }

    get desk() {
        return new URL(this.getAttribute('desk') || scriptOrigin, location.href).origin;
    }

    get video() {
        return this.#peer ? this.#peer.video : null;
    }

    async stats() {
        const peer = this.#peer || this.#next;
        return peer ? peer.stats() : null;
    }

    /* --- what it says --- */

    #ownLanguage() {
        const near = this.closest('[lang]');
        return languageOf(near && near.lang) || languageOf(navigator.language) || 'en';
    }

    async #speak(lang, tries = 0) {
        this.#lang = lang;
        try {
            const texts = await loadTexts(this.desk, lang);
            if (this.#lang !== lang) return;
            this.#texts = texts;
            this.#card.lang = lang;
            this.#status.lang = lang;
            this.#render();
        } catch {
            // A shop whose call desk is down shows nothing of it, and shows it later.
            setTimeout(() => this.isConnected && this.#lang === lang && this.#speak(lang, tries + 1), Math.min(30000, 500 * 2 ** tries));
        }
    }

    #say(name, values = {}) {
        return this.#texts ? fill(this.#texts[name], values) : '';
    }

    #announce(text) {
        if (this.#status.textContent !== text) this.#status.textContent = text;
    }

    /* --- states and views --- */

    #enter(state) {
        if (state === this.#state) return;
        const previous = this.#state;
        this.#state = state;
        this.setAttribute('data-call-state', state);
        if (this.#call) this.#keep({ state });
        const detail = { state, previous, call: this.#call ? this.#call.call : null };
        if (state === 'ended' && this.#reference) detail.reference = this.#reference;
        this.dispatchEvent(new CustomEvent('livebooth:state', { bubbles: true, composed: true, detail }));
    }

    #show(view) {
        const same = this.#view === view;
        this.#view = view;
        if (same) this.#refresh();
        else this.#render(true);
    }

    /* moved: another view than before, so whoever was in the old one by keyboard is taken to the top of the new one. */
    #render(moved = false) {
        if (!this.#texts) return;
        const focused = this.shadowRoot.activeElement;
        const views = { launcher: this.#launcher, form: this.#form, asking: this.#asking, queue: this.#waiting, call: this.#calling, rate: this.#rating,
            done: this.#done, callback: this.#callback, elsewhere: this.#elsewhere };
        this.#refs = {};
        this.#card.className = 'card';
        this.#card.dataset.view = this.#view;
        this.setAttribute('data-view', this.#view);
        this.#card.replaceChildren(...views[this.#view].call(this).filter(Boolean));
        const title = this.#card.querySelector('h2');
        if (title) this.#card.setAttribute('aria-labelledby', title.id);
        else this.#card.removeAttribute('aria-labelledby');
        this.#refresh();
        if (!focused) return;
        const again = !moved && focused.id && this.shadowRoot.getElementById(focused.id);
        (again || title || this.#card.querySelector('button')).focus({ preventScroll: !moved });
    }

    #refresh() {
        if (!this.#texts) return;
        const refreshing = { form: this.#refreshForm, asking: this.#refreshAsking, queue: this.#refreshWaiting, call: this.#refreshCall };
        this.#card.dataset.state = this.#state;
        if (refreshing[this.#view]) refreshing[this.#view].call(this);
    }

    #title(name, values) {
        return h('h2', { id: 'title', tabindex: '-1' }, this.#say(name, values));
    }

    #button(name, onclick, kind = '', picture = null) {
        return h('button', { type: 'button', id: `do-${name}`, class: kind, part: kind === 'primary' ? 'button primary' : 'button', onclick },
            picture && icon(picture), h('span', {}, this.#say(name)));
    }

    #launcher() {
        return [this.#button('start_button', () => this.#openForm(), 'primary launch', 'camera')];
    }

    #openForm() {
        this.#connect();
        this.#show('form');
    }

    /* --- before the line --- */

    #closed() {
        return this.#hello !== null && this.#hello.open === false;
    }

    #form() {
        if (this.#closed()) return this.#callback();
        const notice = h('p', { class: 'notice', part: 'notice', role: 'status' });
        const error = h('p', { class: 'error', id: 'terms-error', hidden: true }, this.#say('terms_missing'));
        const choice = this.#choice;
        const checkbox = (name, label, more = {}) => h('label', { class: 'check' },
            h('input', { type: 'checkbox', id: name, checked: choice[name], onchange: (event) => { choice[name] = event.target.checked; }, ...more }), label);
        const termsUrl = this.#webAddress('terms');
        Object.assign(this.#refs, { notice, error });
        const form = h('form', { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.#submit(); } },
            h('div', { class: 'pair' }, this.#topicField(), this.#languageField()),
            checkbox('show_me', this.#say('show_me_choice')),
            h('p', { class: 'soft' }, this.#say('microphone_hint')),
            h('div', {}, checkbox('terms', this.#say('terms'), { 'aria-describedby': 'terms-error privacy' }), error),
            h('p', { class: 'soft', id: 'privacy' }, this.#say('privacy'), termsUrl && ' ',
                termsUrl && h('a', { href: termsUrl, target: '_blank', rel: 'noopener' }, this.#say('terms_link'))),
            h('div', { class: 'row' }, h('button', { id: 'do-ask', class: 'primary', part: 'button primary' }, this.#say('ask')),
                this.#button('callback_instead', () => this.#show('callback')), this.#button('close', () => this.#shut())));
        const about = this.getAttribute('product-title');
        return [this.#title('title'), h('p', {}, this.#say('intro')), about && h('p', { class: 'soft' }, this.#say('about', { product: about })), notice, form];
    }

    #webAddress(attribute) {
        try {
            const address = new URL(this.getAttribute(attribute), location.href);
            return this.hasAttribute(attribute) && /^https?:$/.test(address.protocol) ? address.href : null;
        } catch {
            return null;
        }
    }

    #topicField() {
        const topics = this.#hello ? this.#hello.topics.map((topic) => topic.id) : TOPICS;
        if (!topics.includes(this.#choice.topic)) {
            const given = this.getAttribute('topic');
            this.#choice.topic = topics.includes(given) ? given : topics[0];
        }
        const change = (event) => { this.#choice.topic = event.target.value; this.#refresh(); };
        return h('div', { class: 'labelled' }, h('label', { for: 'topic' }, this.#say('topic')), h('select', { id: 'topic', part: 'field', onchange: change },
            ...topics.map((id) => h('option', { value: id, selected: id === this.#choice.topic }, this.#texts[`topic_${id}`] || id))));
    }

    #languageField() {
        const langs = this.#hello && this.#hello.langs.length ? this.#hello.langs : LANGUAGES;
        if (!langs.includes(this.#choice.lang)) this.#choice.lang = langs.includes(this.#lang) ? this.#lang : langs[0];
        const change = (event) => {
            this.#choice.lang = event.target.value;
            if (languageOf(event.target.value)) this.#speak(languageOf(event.target.value));
        };
        return h('div', { class: 'labelled' }, h('label', { for: 'language' }, this.#say('language')), h('select', { id: 'language', part: 'field', onchange: change },
            ...langs.map((code) => h('option', { value: code, lang: code, selected: code === this.#choice.lang }, languageName(code)))));
    }

    #refreshForm() {
        if (this.#closed()) return;
        const topic = this.#hello && this.#hello.topics.find(({ id }) => id === this.#choice.topic);
        let name = this.#note;
        if (!name && this.#down) name = 'desk_away';
        else if (!name && this.#hello && !this.#hello.staff) name = 'no_staff';
        else if (!name && topic && !topic.staff) name = 'topic_no_staff';
        this.#refs.notice.textContent = name ? this.#say(name) : '';
        this.#refs.notice.hidden = !name;
    }

    #submit() {
        this.#refs.error.hidden = this.#choice.terms;
        const box = this.shadowRoot.getElementById('terms');
        box.setAttribute('aria-invalid', String(!this.#choice.terms));
        if (!this.#choice.terms) {
            box.focus();
            this.#announce(this.#say('terms_missing'));
            return;
        }
        const product = this.#webAddress('product');
        const about = this.getAttribute('product-title');
        const token = this.getAttribute('callback');
        const words = { t: 'ask', topic: this.#choice.topic, lang: this.#choice.lang, terms: true, codecs: this.#codecs() };
        if (product && product.length <= ADDRESS_CHARS_MAX) words.product = product;
        if (about) words.product_title = about.slice(0, NAME_CHARS_MAX);
        if (token) words.callback = token;
        const before = this.#lastTalk();
        if (before) words.before = before;
        this.#note = '';
        // A call that was left while the line was down: the desk ends it when nobody comes back to it.
        if (this.#parting) this.#forget();
        this.#parting = null;
        this.#prepareBell();
        this.#show('asking');
        this.#utter(words);
    }

    #codecs() {
        const only = (this.getAttribute('codecs') || '').toUpperCase().split(/[\s,]+/).filter(Boolean);
        return receivable().filter((codec) => only.length === 0 || only.includes(codec));
    }

    #refuses() {
        return (this.getAttribute('refuses') || '').toUpperCase().split(/[\s,]+/);
    }

    #asking() {
        this.#refs.text = h('p', {});
        return [this.#title('asking_title'), this.#refs.text, h('div', { class: 'row' }, this.#button('cancel', () => this.#shut('form')))];
    }

    #refreshAsking() {
        const name = this.#note || (this.#down ? 'desk_away' : '');
        this.#refs.text.textContent = name ? this.#say(name) : '';
        this.#refs.text.hidden = !name;
        this.#announce(name ? this.#say(name) : this.#say('asking_title'));
    }

    /* Back to the button, or to the form; whatever was asked is taken back. */
    #shut(view = 'launcher') {
        this.#words = null;
        this.#note = '';
        clearTimeout(this.#again);
        if (this.#line) this.#line.close();
        this.#line = null;
        this.#hello = null;
        this.#down = 0;
        if (view === 'form') this.#connect();
        this.#enter('idle');
        this.#show(view);
    }

    /* --- in line --- */

    #waiting() {
        const ringing = this.#state === 'ringing';
        Object.assign(this.#refs, { place: h('p', { class: 'place' }), wait: h('p', {}), notice: h('p', { class: 'notice', part: 'notice' }),
            microphone: h('p', { class: 'soft' }), heading: this.#title(ringing ? 'ringing_title' : 'queue_title'), callback: this.#button('callback_instead', () => this.#show('callback')) });
        return [this.#refs.heading, h('div', { class: 'wait' }, h('span', { class: 'pulse', 'aria-hidden': 'true' }), h('div', {}, this.#refs.place, this.#refs.wait)),
            this.#refs.notice, this.#refs.microphone, h('div', { class: 'row' }, this.#button('leave', () => this.#leave()), this.#refs.callback)];
    }

    #refreshWaiting() {
        const { heading, place, wait, notice, microphone, callback } = this.#refs;
        const ringing = this.#state === 'ringing';
        const queue = this.#queue;
        heading.textContent = this.#say(ringing ? 'ringing_title' : 'queue_title');
        callback.hidden = ringing;
        if (ringing) {
            place.textContent = this.#say('ringing_text');
            wait.textContent = '';
        } else if (queue) {
            place.textContent = queue.place === 1 ? this.#say('place_next') : this.#say('place', { place: queue.place });
            wait.textContent = waitText(this.#texts, this.#lang, queue.wait);
        }
        let name = '';
        if (this.#down) name = 'reconnecting';
        else if (!ringing && queue && queue.requeued) name = this.#call && this.#call.talked ? 'requeued' : 'requeued_unanswered';
        else if (!ringing && queue && !queue.staff) name = 'no_staff';
        notice.textContent = name ? this.#say(name) : '';
        notice.hidden = !name;
        microphone.textContent = this.#denied.audio ? this.#say('microphone_denied') : ringing ? '' : this.#say('keep_open');
        microphone.hidden = !microphone.textContent;
        this.#announce([ringing ? heading.textContent : '', place.textContent, wait.textContent, notice.textContent].filter(Boolean).join(' '));
    }

    #leave() {
        this.#part({ t: 'leave' });
        this.#finish('abandoned');
    }

    /* Gone at once here; the desk is told as soon as it can be. */
    #part(message) {
        this.#parting = message;
        this.#keep({ parting: message });
        this.#line.send(message);
    }

    /* --- in the call --- */

    #calling() {
        const refs = { stage: h('div', { class: 'stage', part: 'stage' }), over: h('div', { class: 'over' }), heading: this.#title('live_title'),
            notice: h('p', { class: 'notice', part: 'notice' }), hints: h('p', { class: 'soft' }),
            sound: this.#button('sound_on', () => this.#playAll(), 'primary turn-on', 'sound'),
            self: h('video', { class: 'self', part: 'self', autoplay: true, playsinline: true, 'aria-label': this.#say('own_picture') }) };
        refs.self.muted = true;
        this.#refs = refs;
        refs.stage.append(refs.over, refs.self, refs.sound);
        for (const peer of [this.#peer, this.#next]) if (peer) this.#mount(peer);
        refs.shelf = h('div', { class: 'shelf', part: 'products', hidden: true });
        const parts = [refs.stage, h('div', { class: 'called' }, refs.heading, refs.notice, refs.hints), this.#toolbar(), refs.shelf, this.#talk()];
        this.#fillShelf();
        return parts;
    }

    #toolbar() {
        const refs = this.#refs;
        refs.mute = this.#button('mute', () => this.#toggleMute(), '', 'microphone');
        refs.show_me = this.#button('show_me', () => this.#toggleCamera(), '', 'camera');
        refs.chat = this.#button('chat', () => this.#toggleChat(), '', 'chat');
        refs.chat.setAttribute('aria-controls', 'talk');
        refs.full = this.#button('full_screen', () => this.#toggleFull(), '', 'screen');
        refs.full.hidden = !this.#card.requestFullscreen;
        return h('div', { class: 'toolbar', part: 'toolbar', role: 'group', 'aria-label': this.#say('controls') },
            refs.mute, refs.show_me, refs.chat, refs.full, this.#button('end', () => this.#hangUp(), 'danger', 'end'));
    }

    #talk() {
        const refs = this.#refs;
        const [label, input] = textField('message', this.#say('chat_label'), { maxlength: CHAT_CHARS_MAX, autocomplete: 'off' });
        refs.message = input;
        refs.empty = h('p', { class: 'soft' }, this.#say('chat_empty'));
        refs.lines = h('div', { class: 'lines', tabindex: '0', role: 'log', 'aria-label': this.#say('chat') }, refs.empty);
        refs.talk = h('div', { id: 'talk', class: 'talk', part: 'chat' }, refs.lines,
            h('form', { onsubmit: (event) => { event.preventDefault(); this.#write(); } }, h('div', { class: 'labelled' }, label, input),
                h('button', { part: 'button', id: 'do-chat_send' }, this.#say('chat_send'))));
        for (const line of this.#call ? this.#call.chat : []) this.#append(line);
        return refs.talk;
    }

    #refreshCall() {
        const refs = this.#refs;
        const connecting = this.#state === 'connecting';
        const named = this.#booth ? ['live_title_named', { booth: this.#booth }] : ['live_title', {}];
        refs.heading.textContent = connecting ? this.#say('connecting_title') : this.#say(...named);
        const over = connecting ? [h('p', {}, this.#say('connecting_text'))]
            : this.#stalled ? [h('p', {}, this.#say('picture_lost'))] : [];
        refs.over.hidden = over.length === 0;
        refs.over.replaceChildren(...over);
        refs.sound.hidden = !this.#soundless;
        refs.notice.textContent = this.#down ? this.#say('reconnecting_live') : '';
        refs.notice.hidden = !this.#down;
        const hints = [this.#denied.audio && this.#say('microphone_denied'), this.#denied.video && this.#say('camera_denied')].filter(Boolean).join(' ');
        refs.hints.textContent = hints;
        refs.hints.hidden = !hints;
        this.#refreshToolbar();
        this.#announce([...over.map((part) => part.textContent), connecting || over.length ? '' : refs.heading.textContent, refs.notice.textContent, hints].filter(Boolean).join(' '));
    }

    #refreshToolbar() {
        const refs = this.#refs;
        const label = (button, name, picture) => {
            button.lastChild.textContent = this.#say(name);
            if (picture) button.firstChild.replaceWith(icon(picture));
        };
        const muted = this.#microphone && !this.#microphone.enabled;
        label(refs.mute, this.#microphone ? (muted ? 'unmute' : 'mute') : 'use_microphone', this.#microphone && !muted ? 'microphone' : 'silent');
        label(refs.show_me, this.#camera ? 'hide_me' : 'show_me');
        label(refs.chat, this.#chatShown ? 'chat_hide' : 'chat');
        label(refs.full, this.shadowRoot.fullscreenElement ? 'full_screen_leave' : 'full_screen');
        refs.chat.setAttribute('aria-expanded', String(this.#chatShown));
        refs.talk.hidden = !this.#chatShown;
        refs.empty.hidden = refs.lines.childElementCount > 1;
        this.#card.classList.toggle('talking', this.#chatShown);
        refs.self.hidden = !this.#camera;
        if (this.#camera && !refs.self.srcObject) refs.self.srcObject = new MediaStream([this.#camera]);
        if (!this.#camera) refs.self.srcObject = null;
    }

    #mount(peer) {
        if (!this.#refs.stage) return;
        peer.video.setAttribute('aria-label', this.#say('advisor_picture'));
        this.#refs.over.before(peer.video);
        this.shadowRoot.append(peer.audio);
        peer.video.play().catch(() => {});
    }

    #playAll() {
        for (const peer of [this.#peer, this.#next]) if (peer) peer.play();
    }

    #toggleFull() {
        if (this.shadowRoot.fullscreenElement) document.exitFullscreen();
        else this.#card.requestFullscreen().catch(() => {});
    }

    #hangUp() {
        this.#part({ t: 'hangup', gen: this.#call.gen });
        this.#finish('completed');
    }

    /* --- own sound and picture --- */

    /* constraints: {audio} or {video}. Null when there is none or the shopper says no, which is noted. */
    async #device(kind, constraints) {
        try {
            const stream = await navigator.mediaDevices.getUserMedia(constraints);
            this.#denied[kind] = false;
            return stream.getTracks()[0];
        } catch {
            this.#denied[kind] = true;
            this.#refresh();
            return null;
        }
    }

    #openMicrophone() {
        return this.#device('audio', { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
    }

    /* While there is time, in line: settles whether there may be sound, and lets go of the microphone again. */
    async #askMicrophone() {
        if (this.#microphone || this.#call.asked) return;
        this.#call.asked = true;
        const track = await this.#openMicrophone();
        if (track) track.stop();
        this.#refresh();
    }

    async #startSound() {
        if (this.#microphone || this.#opening) return;
        this.#opening = true;
        const track = await this.#openMicrophone();
        this.#opening = false;
        if (!track) return;
        if (!this.#inCall()) {
            track.stop();
            return;
        }
        track.enabled = !this.#call.muted;
        track.onended = () => this.#lostDevice('audio');
        this.#microphone = track;
        this.#useTracks();
    }
    #opening = false;

    #lostDevice(kind) {
        this.#denied[kind] = true;
        if (kind === 'audio') this.#microphone = null;
        else this.#camera = null;
        this.#useTracks();
    }

    #toggleMute() {
        if (!this.#microphone) {
            this.#startSound();
            return;
        }
        this.#microphone.enabled = !this.#microphone.enabled;
        this.#keep({ muted: !this.#microphone.enabled });
        this.#refresh();
    }

    async #toggleCamera() {
        const wanted = !this.#camera;
        this.#keep({ show_me: wanted });
        if (wanted) await this.#startCamera();
        else this.#stopCamera();
    }

    async #startCamera() {
        const track = await this.#device('video', { video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } });
        if (!track) return;
        if (!this.#inCall() || !this.#call.show_me || this.#camera) {
            track.stop();
            return;
        }
        track.contentHint = 'motion';
        track.onended = () => this.#lostDevice('video');
        this.#camera = track;
        this.#useTracks();
    }

    #stopCamera() {
        if (this.#camera) this.#camera.stop();
        this.#camera = null;
        this.#useTracks();
    }

    #useTracks() {
        for (const peer of [this.#peer, this.#next]) {
            if (!peer) continue;
            peer.use('audio', this.#microphone);
            peer.use('video', this.#camera);
        }
        this.#refresh();
    }

    #inCall() {
        return ['ringing', 'connecting', 'live'].includes(this.#state);
    }

    /* Two soft tones for whoever waits in another tab; the press of the button has allowed it. */
    #prepareBell() {
        if (!this.#bell && window.AudioContext) this.#bell = new AudioContext();
    }

    #ring() {
        const bell = this.#bell;
        if (!bell || bell.state !== 'running') return;
        [[660, 0], [880, 0.22]].forEach(([frequency, after]) => {
            const tone = new OscillatorNode(bell, { frequency });
            const volume = new GainNode(bell, { gain: 0 });
            const start = bell.currentTime + after;
            volume.gain.setValueAtTime(0, start);
            volume.gain.linearRampToValueAtTime(0.12, start + 0.03);
            volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
            tone.connect(volume).connect(bell.destination);
            tone.start(start);
            tone.stop(start + 0.55);
        });
    }

    /* --- chat --- */

    #toggleChat() {
        this.#chatShown = !this.#chatShown;
        this.#refresh();
        if (this.#chatShown) this.#refs.message.focus();
    }

    #openChannel(channel) {
        const speaks = channel.protocol === CALL_PROTOCOL;
        channel.onmessage = ({ data }) => {
            if (typeof data !== 'string') return;
            if (speaks) this.#told(data);
            else this.#chatted({ mine: false, text: data.slice(0, CHAT_CHARS_MAX) });
        };
        const opened = () => {
            this.#channel = channel;
            this.#speaks = speaks;
            if (speaks) channel.send(JSON.stringify({ t: 'hello', v: 1 }));
            for (const text of this.#unsent.splice(0)) this.#sendChat(text);
            this.#fillShelf();
        };
        if (channel.readyState === 'open') opened();
        else channel.onopen = opened;
        channel.onclose = () => {
            if (this.#channel === channel) this.#channel = null;
            this.#fillShelf();
        };
    }

    #sendChat(text) {
        this.#channel.send(this.#speaks ? JSON.stringify({ t: 'chat', text }) : text);
    }

    #told(data) {
        let message;
        try {
            message = JSON.parse(data);
        } catch {
            return;
        }
        if (!isObject(message)) return;
        if (message.t === 'chat' && textOf(message.text)) this.#chatted({ mine: false, text: message.text.slice(0, CHAT_CHARS_MAX) });
        if (message.t === 'card') this.#showCard(message);
        if (message.t === 'basket') this.#takeBasket(message);
    }

    get #open() {
        return this.#channel !== null && this.#channel.readyState === 'open';
    }

    #write() {
        const text = this.#refs.message.value.trim();
        if (!text || (!this.#open && this.#unsent.length >= CHAT_UNSENT_MAX)) return;
        if (this.#open) this.#sendChat(text);
        else this.#unsent.push(text);
        this.#refs.message.value = '';
        this.#chatted({ mine: true, text });
    }

    #chatted(line) {
        if (!this.#call) return;
        this.#keep({ chat: [...this.#call.chat, line].slice(-CHAT_LINES_MAX) });
        if (!this.#refs.lines) return;
        this.#append(line);
        if (!line.mine && !this.#chatShown) this.#chatShown = true;
        this.#refreshToolbar();
        this.#refs.lines.scrollTop = this.#refs.lines.scrollHeight;
    }

    #append({ mine, text }) {
        const lines = this.#refs.lines;
        lines.append(h('p', { class: mine ? 'line mine' : 'line' }, h('b', {}, this.#say(mine ? 'chat_you' : 'chat_advisor')), text));
        while (lines.childElementCount > CHAT_LINES_MAX + 1) this.#refs.empty.nextSibling.remove();
    }

    /* --- products --- */

    #showCard({ kind, products, index }) {
        const shown = listOf(products).filter(isObject).slice(0, PRODUCTS_MAX).map(readProduct).filter(({ title }) => title);
        const before = this.#shown ? this.#shown.products.map(({ id }) => id).join() : '';
        this.#shown = shown.length > 0 ? { kind: shown.length > 1 ? 'compare' : 'product', products: shown } : null;
        this.#picture = this.#shown && Number.isInteger(index) && index >= 0 && index < shown[0].images.length ? index : 0;
        this.#fillShelf();
        if (!this.#shown || before === shown.map(({ id }) => id).join()) return;
        const names = shown.map((product) => [product.title, this.#priceText(product)].filter(Boolean).join(', ')).join('; ');
        this.#announce(this.#say(kind === 'compare' ? 'products_compared' : 'product_shown', { products: names }));
    }

    #takeBasket({ items, checkout }) {
        const taken = listOf(items).filter(isObject).map(readItem).filter(({ id, quantity }) => id && quantity > 0);
        const same = JSON.stringify(taken) === JSON.stringify(this.#basket.items);
        this.#basket = { items: taken, checkout: webAddress(checkout) };
        this.#fillShelf();
        if (same) return;
        this.#announce(this.#say('basket_now', { count: taken.reduce((sum, { quantity }) => sum + quantity, 0), total: this.#totalText(taken) }));
        this.dispatchEvent(new CustomEvent('livebooth:basket', { bubbles: true, composed: true, detail: { checkout: this.#basket.checkout,
            items: taken.map(({ id, title, price: each, currency, quantity }) => ({ id, title, price: each, currency, quantity })) } }));
    }

    #wish(message) {
        if (this.#open && this.#speaks) this.#channel.send(JSON.stringify(message));
    }

    /* Whoever was in it by keyboard stays where they were. */
    #fillShelf() {
        const shelf = this.#refs.shelf;
        if (!shelf || !this.#texts) return;
        const focused = this.shadowRoot.activeElement;
        const inside = focused && shelf.contains(focused) ? focused.id : null;
        const card = this.#shown && (this.#shown.kind === 'compare' ? this.#compared(this.#shown.products) : this.#product(this.#shown.products[0]));
        const basket = this.#basketPart(this.#basket, true);
        shelf.replaceChildren(...[card, basket].filter(Boolean));
        shelf.hidden = !shelf.firstChild;
        if (inside === null) return;
        const again = this.shadowRoot.getElementById(inside) || shelf.querySelector('h3') || this.#refs.heading;
        again.focus({ preventScroll: true });
    }

    #priceText({ price: normal, sale, currency }) {
        return price(this.#lang, sale === undefined ? normal : sale, currency);
    }

    #totalText(items) {
        return items.length > 0 ? price(this.#lang, items.reduce((sum, item) => sum + item.price * item.quantity, 0), items[0].currency) : '';
    }

    #priceTag(product) {
        const reduced = product.sale !== undefined && product.sale < product.price;
        return h('p', { class: 'price' }, reduced && h('span', { class: 'quiet' }, this.#say('price_now')), h('span', {}, this.#priceText(product)),
            reduced && h('s', {}, h('span', { class: 'quiet' }, this.#say('price_before')), price(this.#lang, product.price, product.currency)));
    }

    #fact(good, text, picture = good ? 'check' : 'cross') {
        return text && h('p', { class: good ? 'fact' : 'fact no' }, icon(picture), h('span', {}, text));
    }

    #availability({ availability, in_store }) {
        const online = { in_stock: 'online_in_stock', out_of_stock: 'online_out_of_stock', preorder: 'online_preorder', backorder: 'online_backorder' }[availability];
        const later = availability === 'preorder' || availability === 'backorder';
        return [online && this.#fact(availability === 'in_stock', this.#say(online), later ? 'clock' : undefined),
            Number.isInteger(in_store) && this.#fact(in_store > 0, in_store > 0 ? this.#say('store_has', { count: in_store }) : this.#say('store_has_none'))].filter(Boolean);
    }

    #ratingText({ rating, ratings }) {
        if (!Number.isFinite(rating)) return null;
        const value = new Intl.NumberFormat(locale(this.#lang), { maximumFractionDigits: 1 }).format(rating);
        return Number.isInteger(ratings) ? this.#say('rating_of', { rating: value, count: ratings }) : this.#say('rating', { rating: value });
    }

    #shopLink({ link, title }) {
        return link && h('a', { class: 'go', href: link, target: '_blank', rel: 'noopener', 'aria-label': `${this.#say('see_in_shop')}: ${title}` },
            h('span', {}, this.#say('see_in_shop')), icon('out'));
    }

    #addButton(product, index) {
        const add = () => this.#wish({ t: 'basket_add', id: product.id, quantity: 1 });
        return h('button', { type: 'button', id: `add-${index}`, class: 'primary', part: 'button primary', disabled: !(this.#open && this.#speaks), onclick: add,
            'aria-label': `${this.#say('basket_add')}: ${product.title}` }, icon('basket'), h('span', {}, this.#say('basket_add')));
    }

    #image(address, title) {
        const blank = h('div', title ? { class: 'blank', role: 'img', 'aria-label': title } : { class: 'blank', 'aria-hidden': 'true' });
        if (!address) return blank;
        const image = h('img', { src: address, alt: title, referrerpolicy: 'no-referrer', decoding: 'async' });
        image.onerror = () => image.replaceWith(blank);
        return image;
    }

    #product(product) {
        const count = product.images.length;
        const turn = (step) => () => { this.#picture = (this.#picture + step + count) % count; this.#fillShelf(); };
        const turner = (name, step) => h('button', { type: 'button', id: `do-${name}`, part: 'button', onclick: turn(step), 'aria-label': this.#say(`picture_${name}`) }, icon(name));
        const feed = Number.isFinite(product.feed_utc) && new Intl.DateTimeFormat(locale(this.#lang), { dateStyle: 'medium', timeStyle: 'short' }).format(product.feed_utc);
        const rating = this.#ratingText(product);
        return h('section', { class: 'product', 'aria-labelledby': 'product-title' },
            h('figure', { class: 'figure' }, this.#image(product.images[this.#picture], product.title), count > 1 && h('div', { class: 'turn' }, turner('previous', -1),
                h('span', { class: 'small' }, this.#say('picture_of', { index: this.#picture + 1, count })), turner('next', 1))),
            h('div', { class: 'facts' }, product.brand && h('p', { class: 'small' }, product.brand), h('h3', { id: 'product-title', tabindex: '-1' }, product.title),
                this.#priceTag(product), rating && this.#fact(true, rating, 'star'), ...this.#availability(product),
                product.highlights.length > 0 && h('ul', {}, ...product.highlights.slice(0, 4).map((text) => h('li', {}, text))),
                h('div', { class: 'row' }, this.#addButton(product, 0), this.#shopLink(product)),
                feed && h('p', { class: 'small' }, this.#say('price_as_of', { time: feed }))));
    }

    #compared(products) {
        const rows = comparison(products);
        const column = (product, index) => h('td', {}, this.#image(product.images[0], product.title), h('span', { class: 'title', id: `column-${index}` }, product.title), this.#priceTag(product),
            this.#ratingText(product) && this.#fact(true, this.#ratingText(product), 'star'), ...this.#availability(product), h('div', { class: 'row' }, this.#addButton(product, index), this.#shopLink(product)));
        const row = ({ name, values, differ }) => h('tr', { class: differ && 'differs' }, h('th', { scope: 'row' }, name, differ && h('br'), differ && h('span', { class: 'mark' }, this.#say('differs'))),
            ...values.map((value, index) => h('td', { 'aria-describedby': `column-${index}` }, value || '–')));
        return h('div', { class: 'side' }, h('h3', { id: 'product-title', tabindex: '-1' }, this.#say('compare_title')),
            h('div', { class: 'compared', role: 'region', tabindex: '0', 'aria-labelledby': 'product-title' }, h('table', {},
                h('thead', {}, h('tr', {}, h('td', {}), ...products.map(column))), h('tbody', {}, ...rows.map(row)))));
    }

    #basketPart({ items, checkout }, changes) {
        if (items.length === 0) return null;
        const button = (id, name, title, label, onclick, disabled = false) => h('button', { type: 'button', id, part: 'button', onclick, 'aria-label': `${this.#say(name)}: ${title}`,
            disabled: disabled || !(this.#open && this.#speaks) }, label);
        const counter = ({ id, title, quantity }, index) => h('div', { class: 'count' },
            button(`less-${index}`, 'basket_less', title, '−', () => this.#wish({ t: 'basket_set', id, quantity: quantity - 1 })), h('b', {}, String(quantity)),
            button(`more-${index}`, 'basket_more', title, '+', () => this.#wish({ t: 'basket_set', id, quantity: quantity + 1 }), quantity >= QUANTITY_MAX),
            button(`remove-${index}`, 'basket_remove', title, this.#say('basket_remove'), () => this.#wish({ t: 'basket_set', id, quantity: 0 })));
        const line = (item, index) => h('li', {}, this.#image(item.image, ''), h('span', {}, item.title), h('span', { class: 'sum' }, (changes ? '' : `${item.quantity} × `) + price(this.#lang, changes ? item.price * item.quantity : item.price, item.currency)),
            changes && counter(item, index));
        return h('section', { class: 'basket', part: 'basket', 'aria-labelledby': 'basket-title' }, h('h3', { id: 'basket-title', tabindex: '-1' }, this.#say('basket_title')),
            h('ul', { role: 'list' }, ...items.map(line)), h('p', { class: 'total' }, h('span', {}, this.#say('basket_total')), h('span', {}, this.#totalText(items))),
            checkout && h('a', { class: changes ? 'go' : 'go primary', id: 'do-checkout', href: checkout, target: '_blank', rel: 'noopener' }, h('span', {}, this.#say('checkout')), icon('out')));
    }

    #forgetProducts() {
        this.#shown = null;
        this.#basket = { items: [], checkout: null };
        this.#fillShelf();
    }

    /* --- afterwards --- */

    /* The call is over, by whichever end. What is kept of it is what a rating needs. */
    #finish(outcome) {
        if (this.#state === 'ended') return;
        const talked = this.#call && this.#call.talked && ['completed', 'dropped'].includes(outcome);
        this.#outcome = outcome;
        if (talked) this.#rated = { call: this.#call.call, key: this.#call.key };
        this.#order = this.#basket.items.length > 0 ? this.#basket : null;
        this.#hangMedia();
        if (this.shadowRoot.fullscreenElement) document.exitFullscreen();
        this.#enter('ended');
        if (!this.#parting) this.#forget();
        this.#chatShown = false;
        this.#stars = 0;
        this.#recommend = -1;
        this.#show(talked ? 'rate' : 'done');
        this.#announce(this.#card.querySelector('h2') ? this.#card.querySelector('h2').textContent : '');
    }

    #hangMedia() {
        clearInterval(this.#tick);
        this.#tick = 0;
        this.#dropPeers();
        for (const track of [this.#microphone, this.#camera]) if (track) track.stop();
        this.#microphone = this.#camera = this.#channel = null;
        this.#unsent = [];
        this.#soundless = this.#stalled = false;
        this.#forgetProducts();
    }

    #dropPeers() {
        this.#undecodable.clear();
        for (const peer of [this.#peer, this.#next]) if (peer) peer.close();
        this.#peer = this.#next = null;
    }

    /* The question of the Net Promoter Score (docs/kpi.md); nobody has to answer it. */
    #recommending() {
        const scale = Array.from({ length: 11 }, (_, value) => h('label', {}, h('input', { type: 'radio', name: 'recommend', id: `recommend-${value}`, value,
            'aria-describedby': 'recommend-ends', checked: value === this.#recommend, onchange: () => { this.#recommend = value; } }), String(value)));
        return h('fieldset', {}, h('legend', {}, this.#say('recommend_title')), h('div', { class: 'scale' }, ...scale),
            h('div', { class: 'ends', id: 'recommend-ends' }, h('span', {}, this.#say('recommend_low')), h('span', {}, this.#say('recommend_high'))));
    }

    #rating() {
        const error = h('p', { class: 'error', id: 'stars-error', hidden: true }, this.#say('stars_missing'));
        const [label, text] = textField('words', this.#say('rate_text'), { area: true, maxlength: RATING_CHARS_MAX });
        const stars = h('div', { class: 'stars' }, ...[1, 2, 3, 4, 5].map((value) => h('label', { 'data-stars': value },
            h('input', { type: 'radio', name: 'stars', id: `star-${value}`, value, 'aria-describedby': 'stars-error', checked: value === this.#stars,
                onchange: () => { this.#stars = value; this.#light(stars); } }),
            icon('star'), h('span', { class: 'quiet' }, this.#say(`star_${value}`)))));
        this.#light(stars);
        const submit = (event) => {
            event.preventDefault();
            error.hidden = this.#stars > 0;
            if (this.#stars > 0) this.#rate(text.value.trim());
            else this.shadowRoot.getElementById('star-1').focus();
        };
        return [this.#title(this.#outcome === 'dropped' ? 'dropped_title' : 'ended_title'), this.#order && this.#basketPart(this.#order, false), h('form', { novalidate: true, onsubmit: submit },
            h('fieldset', {}, h('legend', {}, this.#say('rate_title')), stars), error, this.#recommending(), h('div', { class: 'labelled' }, label, text),
            h('div', { class: 'row' }, h('button', { class: 'primary', part: 'button primary', id: 'do-rate_send' }, this.#say('rate_send')),
                this.#button('rate_skip', () => this.#restart())))];
    }

    #light(stars) {
        for (const label of stars.children) label.classList.toggle('lit', Number(label.dataset.stars) <= this.#stars);
    }

    #rate(text) {
        const words = { t: 'rate', call: this.#rated.call, key: this.#rated.key, stars: this.#stars };
        if (text) words.text = text;
        if (this.#recommend >= 0) words.recommend = this.#recommend;
        // The desk takes a rating once it knows that the call is over.
        if (this.#parting) this.#words = words;
        else this.#utter(words);
        this.#outcome = 'rated';
        this.#show('done');
    }
    #rated = null;              // {call, key} of the call that may be rated

    #done() {
        const title = { abandoned: 'left_title', missed: 'missed_title', declined: 'missed_title', setup_failed: 'setup_failed_title', dropped: 'dropped_title',
            callback: 'called_back_title', rated: 'thanks_title', rate_failed: 'rate_failed', lost: 'lost_title' }[this.#outcome] || 'ended_title';
        const text = { rated: this.#say('thanks_text'), lost: this.#say('lost_text'),
            callback: this.#reference ? this.#say('called_back_text', { reference: shortReference(this.#reference) }) : '' }[this.#outcome];
        const offer = ['missed', 'declined', 'setup_failed', 'dropped'].includes(this.#outcome);
        return [this.#title(title), text && h('p', {}, text), this.#order && this.#basketPart(this.#order, false), h('div', { class: 'row' },
            this.#button('again', () => this.#restart('form'), offer ? 'primary' : ''), offer && this.#button('callback_instead', () => this.#show('callback')))];
    }

    #restart(view = 'launcher') {
        this.#choice.terms = false;
        this.#rated = null;
        this.#order = null;
        this.#reference = '';
        if (this.#line && this.#words === null && !this.#parting) this.#shut(view);
        else {
            this.#enter('idle');
            this.#show(view);
        }
    }

    #callback() {
        const closed = this.#closed() && !this.#call;
        const opens = closed && this.#hello.opens_utc ? this.#say('closed_opens', { time: openingText(this.#lang, this.#hello.opens_utc) }) : null;
        const error = h('p', { class: 'error', id: 'contact-error', hidden: true }, this.#say('callback_missing'));
        const [contactLabel, contact] = textField('contact', this.#say('callback_contact'), { maxlength: CONTACT_CHARS_MAX, autocomplete: 'email', required: true,
            'aria-describedby': 'contact-error contact-privacy' });
        const [whenLabel, when] = textField('when', this.#say('callback_when'), { maxlength: CONTACT_CHARS_MAX, autocomplete: 'off' });
        const submit = (event) => {
            event.preventDefault();
            const missing = contact.value.trim().length < 5;
            error.hidden = !missing;
            contact.setAttribute('aria-invalid', String(missing));
            if (missing) contact.focus();
            else this.#utter({ t: 'callback', contact: contact.value.trim(), ...(when.value.trim() ? { when: when.value.trim() } : {}) });
        };
        this.#refs.notice = h('p', { class: 'notice', part: 'notice', role: 'status', hidden: true });
        const before = this.#state === 'ended' ? 'done' : this.#call ? 'queue' : 'form';
        const back = () => (closed ? this.#shut() : this.#show(before));
        return [this.#title(closed ? 'closed_title' : 'callback_title'), opens && h('p', { class: 'place' }, opens), closed && h('p', {}, this.#say('closed_text')), this.#refs.notice,
            h('form', { novalidate: true, onsubmit: submit }, h('div', { class: 'labelled' }, contactLabel, contact, error), h('div', { class: 'labelled' }, whenLabel, when),
                h('p', { class: 'soft', id: 'contact-privacy' }, this.#say('callback_privacy')),
                h('div', { class: 'row' }, h('button', { class: 'primary', part: 'button primary', id: 'do-callback_send' }, this.#say('callback_send')), this.#button('back', back)))];
    }

    #elsewhere() {
        const here = () => { this.#enterRestored(); this.#connect(); };
        return [this.#title('elsewhere_title'), h('p', {}, this.#say('elsewhere_text')), h('div', { class: 'row' }, this.#button('elsewhere_here', here))];
    }

    /* --- the line --- */

    #connect() {
        if (!this.#line) {
            const url = `${this.desk.replace(/^http/, 'ws')}/ws/shopper`;
            this.#line = new Line(url, { up: () => this.#lineUp(), down: () => this.#lineDown(), received: (message) => this.#received(message),
                replaced: () => this.#replaced() });
        }
        this.#line.open();
    }

    #lineUp() {
        this.#down = 0;
        this.#resuming = Boolean(this.#call);
        this.#resume();
        if (this.#words && !this.#parting) this.#line.send(this.#words);
        this.#refresh();
    }

    #resume() {
        if (this.#resuming && this.#call && this.#line) this.#line.send({ t: 'resume', call: this.#call.call, key: this.#call.key });
    }

    #lineDown() {
        if (!this.#down) this.#down = performance.now();
        this.#refresh();
    }

    #replaced() {
        this.#hangMedia();
        this.#line = null;
        this.#show('elsewhere');
    }

    /* Says it now, or as soon as the line is there; again when the desk could not store it. */
    #utter(words) {
        clearTimeout(this.#again);
        this.#words = words;
        this.#connect();
        this.#line.send(words);
    }

    #received(message) {
        if (['queued', 'ringing', 'connecting', 'ended'].includes(message.t)) this.#resuming = false;
        const take = { hello: this.#onHello, queued: this.#onQueued, ringing: this.#onRinging, connecting: this.#onConnecting, signal: this.#onSignal,
            ended: this.#onEnded, called_back: this.#onCalledBack, rated: this.#onRated, error: this.#onError }[message.t];
        if (take) take.call(this, message);
    }

    #onHello(message) {
        const before = JSON.stringify(this.#hello);
        this.#hello = { open: message.open !== false, opens_utc: message.opens_utc, staff: message.staff === true,
            topics: Array.isArray(message.topics) ? message.topics : [], langs: Array.isArray(message.langs) ? message.langs : [] };
        if (this.#hello.topics.length === 0) this.#hello.topics = TOPICS.map((id) => ({ id, staff: false }));
        if (this.#view === 'form' && before !== JSON.stringify(this.#hello)) this.#render();
        else this.#refresh();
    }

    /* A message of the call that is being left already: says so again, since the desk may not have heard it. */
    #partingAgain(message) {
        if (!this.#parting || (message.call && this.#call && message.call !== this.#call.call)) return false;
        const hangup = this.#parting.t === 'hangup' && message.gen ? { t: 'hangup', gen: message.gen } : this.#parting;
        this.#line.send(message.t === 'queued' ? { t: 'leave' } : hangup);
        return true;
    }

    #onQueued(message) {
        if (this.#partingAgain(message)) return;
        if (this.#words && this.#words.t === 'ask') this.#words = null;
        const asked = !this.#call;
        if (asked) this.#keep({ call: message.call, key: message.key, gen: 0, lang: this.#choice.lang, topic: this.#choice.topic, show_me: this.#choice.show_me,
            muted: false, talked: false, chat: [] });
        this.#queue = message;
        this.#note = '';
        if (this.#peer || this.#next || this.#tick) this.#hangMedia();
        this.#enter('queued');
        if (this.#view !== 'callback') this.#show('queue');
        this.#askMicrophone();
    }

    #onRinging(message) {
        if (this.#partingAgain(message) || !this.#call) return;
        this.#hangMedia();
        this.#keep({ gen: message.gen });
        this.#enter('ringing');
        this.#show('queue');
        this.#ring();
        this.#startSound();
    }

    #onConnecting(message) {
        if (this.#partingAgain(message) || !this.#call) return;
        this.#iceServers = Array.isArray(message.ice_servers) ? message.ice_servers : [];
        this.#booth = typeof message.booth_name === 'string' ? message.booth_name : '';
        if (this.#call.gen !== message.gen) this.#dropPeers();
        this.#keep({ gen: message.gen });
        for (const signal of this.#unsignalled.splice(0)) if (signal.gen === message.gen) this.#line.send(signal);
        // A desk that died may have taken the word of the first picture with it.
        if (this.#peer) this.#line.send({ t: 'media_up', gen: message.gen, pc: this.#peer.id });
        else this.#enter('connecting');
        this.#show('call');
        this.#startSound();
        if (this.#call.show_me && !this.#camera) this.#startCamera();
        if (this.#tick) return;
        this.#since = performance.now();
        this.#tick = setInterval(() => this.#look(), TICK_MS);
    }

    #onSignal(message) {
        if (!this.#call || this.#parting || message.gen !== this.#call.gen || !Number.isInteger(message.pc)) return;
        if (this.#state !== 'connecting' && this.#state !== 'live') return;
        const peer = [this.#next, this.#peer].find((one) => one && one.id === message.pc);
        if (message.kind === 'candidate' && peer && typeof message.candidate === 'string') peer.take(message);
        if (message.kind === 'offer' && typeof message.sdp === 'string') this.#offered(message);
    }

    /* Another offer: the peer connection that shows the picture stays until the new one has one. */
    async #offered({ gen, pc, sdp, codec }) {
        if ((this.#peer && pc <= this.#peer.id) || (this.#next && pc <= this.#next.id)) return;
        const peer = new Peer(pc, this.#usableServers(), {
            signal: (part) => this.#signal({ t: 'signal', gen, ...part }),
            picture: () => this.#pictured(peer, gen),
            undecoded: (one, named) => this.#undecoded(one, gen, named || String(codec)),
            channel: (channel) => this.#openChannel(channel),
            sound: (one, plays) => { this.#soundless = !plays; this.#refresh(); },
        });
        if (this.#next) this.#next.close();
        this.#next = peer;
        peer.use('audio', this.#microphone);
        peer.use('video', this.#camera);
        this.#mount(peer);
        const answered = await peer.answer(sdp, codec, { codecs: this.#codecs(), refuses: this.#refuses() }).catch((error) => {
            if (this.#next === peer) console.warn('livebooth-call: the offer was not usable:', error.message);
            return false;
        });
        if (answered || this.#next !== peer) return;
        peer.close();
        this.#next = null;
    }

    /* What a line that is down cannot take is said when it is back; of one generation only. */
    #signal(message) {
        if (this.#line && this.#line.send(message)) return;
        if (this.#unsignalled.length < UNSIGNALLED_MAX) this.#unsignalled.push(message);
    }
    #unsignalled = [];

    #usableServers() {
        const usable = ({ urls }) => [urls].flat().every((url) => /^(stun|turn)s?:/.test(url));
        return this.#iceServers.filter((server) => server && server.urls && usable(server));
    }

    #pictured(peer, gen) {
        if (peer !== this.#next || !this.#call) return;
        const old = this.#peer;
        this.#peer = peer;
        this.#next = null;
        peer.video.classList.remove('coming');
        if (old) old.close();
        this.#signal({ t: 'media_up', gen, pc: peer.id });
        this.#keep({ talked: true });
        this.#rememberTalk();
        this.#stalled = false;
        this.#enter('live');
        this.#refresh();
    }

    /* It asks for another codec, as long as there is one that did not fail as well: after the last one the booth would give the call up. */
    #undecoded(peer, gen, failed) {
        if (peer !== this.#next || !this.#line) return;
        this.#undecodable.add(failed);
        const codec = this.#codecs().find((name) => !this.#undecodable.has(name) && !this.#refuses().includes(name));
        if (!codec) return;
        console.info(`livebooth-call: this browser decodes no picture of ${failed}; asking for ${codec}`);
        this.#signal({ t: 'signal', gen, pc: peer.id, kind: 'refused', codec });
    }

    /* Once a second in a call: is there a picture? If not for 5 s, the desk is told, each second. */
    async #look() {
        const peers = [this.#peer, this.#next].filter(Boolean);
        await Promise.all(peers.map((peer) => peer.check().catch(() => {})));
        if (!this.#tick || !this.#call) return;
        if (this.#peer) this.#since = Math.max(this.#since, this.#peer.seen);
        const missing = performance.now() - this.#since;
        const stalled = this.#state === 'live' && missing > PICTURE_STALLED_MS;
        if (stalled !== this.#stalled) {
            this.#stalled = stalled;
            this.#refresh();
        }
        if (missing >= NO_PICTURE_MS) this.#line.send({ t: 'no_picture', gen: this.#call.gen });
    }

    #onEnded(message) {
        if (this.#call && message.call !== this.#call.call) return;
        const parting = this.#parting;
        this.#parting = null;
        if (parting || !this.#call) {
            this.#forget();
            if (this.#words) this.#utter(this.#words);
            return;
        }
        if (this.#state !== 'ended') this.#finish(String(message.outcome));
    }

    #onCalledBack(message) {
        this.#words = null;
        this.#reference = String(message.reference || '');
        this.#outcome = 'callback';
        this.#hangMedia();
        this.#forget();
        this.#enter('ended');
        this.#show('done');
        this.#announce(this.#say('called_back_title'));
    }

    #onRated() {
        if (this.#words && this.#words.t === 'rate') this.#words = null;
    }

    #onError(message) {
        const detail = typeof message.detail === 'string' ? message.detail : '';
        if (message.code === 'stale') return;
        if (message.code === 'unknown_call') this.#unknown();
        else if (message.code === 'unavailable' || message.code === 'too_fast') this.#sayAgain(message.code === 'too_fast' ? AGAIN_SLOWER_MS : AGAIN_MS);
        else if (message.code === 'closed') this.#refused('form', '');
        else if (message.code === 'full') this.#refused('form', 'full');
        else {
            console.warn('livebooth-call: the desk did not understand:', detail);
            if (this.#words) this.#refused(this.#view === 'asking' ? 'form' : this.#view, 'failed');
        }
    }

    #refused(view, note) {
        const words = this.#words;
        this.#words = null;
        if (!words) return;
        if (words.t === 'rate') {
            this.#outcome = 'rate_failed';
            this.#render();
            return;
        }
        this.#note = note;
        if (note === '' && this.#hello) this.#hello.open = false;
        if (words.t === 'callback' && this.#refs.notice) {
            this.#refs.notice.textContent = this.#say('failed');
            this.#refs.notice.hidden = false;
        } else {
            this.#show(view);
        }
    }

    #sayAgain(after) {
        if (!this.#words && !this.#resuming) return;
        if (this.#words) this.#note = this.#words.t === 'ask' ? 'unavailable' : '';
        clearTimeout(this.#again);
        this.#again = setTimeout(() => {
            this.#resume();
            if (this.#words) this.#utter(this.#words);
        }, after * (0.75 + Math.random() / 2));
        this.#refresh();
    }

    /* The desk knows nothing of the call: it ended while we were away. */
    #unknown() {
        this.#resuming = false;
        if (!this.#parting && this.#words && this.#words.t === 'rate') {
            this.#refused('done', '');
            return;
        }
        const parting = this.#parting;
        this.#parting = null;
        if (parting) {
            this.#forget();
            if (this.#words) this.#utter(this.#words);
        } else if (this.#call && this.#state !== 'ended') this.#finish(this.#call.talked ? 'completed' : 'lost');
    }

    /* --- what survives a reload --- */

    get #store() {
        return `livebooth-call ${this.desk}`;
    }

    #keep(change) {
        this.#call = { ...this.#call, ...change };
        try {
            sessionStorage.setItem(this.#store, JSON.stringify({ ...this.#call, asked: undefined }));
        } catch {
            // A browser that keeps nothing: the call works, a reload ends it.
        }
    }

    #forget() {
        this.#call = null;
        this.#queue = null;
        try {
            sessionStorage.removeItem(this.#store);
        } catch {
            // There was nothing, then.
        }
    }

    /* The last call in which the two spoke, so that the next advisor knows that there was one: its id, and nothing about anybody. */
    #rememberTalk() {
        try {
            localStorage.setItem(`${this.#store} last`, JSON.stringify({ call: this.#call.call, at: Date.now() }));
        } catch {
            // A browser that keeps nothing: each call is the first.
        }
    }

    #lastTalk() {
        try {
            const { call, at } = JSON.parse(localStorage.getItem(`${this.#store} last`));
            return typeof call === 'string' && /^c[0-9a-f]{32}$/.test(call) && Date.now() - at < LAST_TALK_MS ? call : '';
        } catch {
            return '';
        }
    }

    #restore() {
        // Of several elements in a page one has the call.
        if (this.#call || (LiveboothCall.#holder && LiveboothCall.#holder !== this && LiveboothCall.#holder.isConnected)) return;
        LiveboothCall.#holder = this;
        let kept = null;
        try {
            kept = JSON.parse(sessionStorage.getItem(this.#store));
        } catch {
            return;
        }
        if (!kept || typeof kept.call !== 'string' || typeof kept.key !== 'string' || !Array.isArray(kept.chat)) return;
        this.#call = kept;
        this.#choice.lang = languageOf(kept.lang) ? kept.lang : '';
        this.#choice.topic = kept.topic || '';
        if (kept.parting) {
            this.#parting = kept.parting;
            this.#connect();
            return;
        }
        this.#enterRestored();
        this.#connect();
    }

    #enterRestored() {
        const state = this.#call.state;
        const waiting = state === 'queued' || state === 'ringing';
        this.#enter(waiting ? state : 'connecting');
        this.#show(waiting ? 'queue' : 'call');
    }

    #stop() {
        clearTimeout(this.#again);
        this.#hangMedia();
        if (this.#line) this.#line.close();
        this.#line = null;
        this.#hello = null;
        this.#call = this.#words = this.#parting = null;
        this.#down = 0;
        this.#state = 'idle';
        this.#view = 'launcher';
        if (this.isConnected) this.connectedCallback();
    }
}

if (!customElements.get('livebooth-call')) customElements.define('livebooth-call', LiveboothCall);
})();
