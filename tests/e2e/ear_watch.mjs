// What a shopper hears of the booth, sample by sample as it would be played: kept for a measurement, or told apart by the tones of the simulated
// microphones: the first one's has 440 Hz, the second one's 660 Hz.
import { STEP_MS } from './harness.mjs';

/* In the page, before anything else. heard: [{at, hz}], a piece of 10 ms each, at in UTC ms, hz 440, 660 or 0 for neither. */
export function installEarWatch() {
    const TONES = [440, 660], FAINT = 1e-4; // amplitude
    const watch = { heard: [], kept: null };
    window.earWatch = watch;

    // Goertzel: amplitude of one frequency in a piece.
    function amplitude(samples, rate, hz) {
        const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
        let last = 0, before = 0;
        for (const sample of samples) [last, before] = [sample + turn * last - before, last];
        return (2 * Math.sqrt(Math.max(0, last * last + before * before - turn * last * before))) / samples.length;
    }

    async function follow(track) {
        const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
        for (;;) {
            const { value, done } = await reader.read();
            if (done) return;
            const samples = new Float32Array(value.numberOfFrames);
            value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
            const levels = TONES.map((hz) => amplitude(samples, value.sampleRate, hz)), louder = levels[0] > levels[1] ? 0 : 1;
            const clear = levels[louder] > FAINT && levels[louder] > 2 * levels[1 - louder];
            watch.heard.push({ at: performance.timeOrigin + performance.now(), hz: clear ? TONES[louder] : 0 });
            if (watch.heard.length > 60000) watch.heard.splice(0, 30000);
            if (watch.kept) watch.kept.push({ samples, rate: value.sampleRate });
            value.close();
        }
    }

    const Peer = window.RTCPeerConnection;
    window.RTCPeerConnection = function (...words) {
        const peer = new Peer(...words);
        peer.addEventListener('track', ({ track }) => { if (track.kind === 'audio') follow(track); });
        return peer;
    };
    window.RTCPeerConnection.prototype = Peer.prototype;

    /* What is heard over so many ms: {rate, samples: 16-bit numbers}. */
    watch.record = async (ms) => {
        watch.kept = [];
        await new Promise((done) => { setTimeout(done, ms); });
        const kept = watch.kept;
        watch.kept = null;
        return { rate: kept.length ? kept[0].rate : 0, samples: kept.flatMap(({ samples }) => [...samples].map((value) => Math.round(value * 32768))) };
    };
}

export const heardSince = (page, from) => page.evaluate((since) => window.earWatch.heard.filter(({ at }) => at >= since), from);

/* Resolves with the first moment of that tone after then. */
export async function firstHeard(page, hz, from, ms = STEP_MS) {
    const found = await page.waitForFunction(({ wanted, since }) => window.earWatch.heard.find((one) => one.at >= since && one.hz === wanted),
        { wanted: hz, since: from }, { polling: 20, timeout: ms });
    return found.jsonValue();
}

/* The longest time, in ms, in which neither was heard. */
export function longestSilence(heard, from, to) {
    const marks = [from, ...heard.filter(({ at, hz }) => hz && at >= from && at <= to).map(({ at }) => at), to];
    return Math.max(...marks.slice(1).map((at, i) => at - marks[i]));
}
