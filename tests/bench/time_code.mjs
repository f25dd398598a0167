// The time code of drivers/camera/camera_code.h in a page: a camera that writes it, and a reader of it in a playing video. For addInitScript(): runs in
// the page before anything else, and leaves window.timeCode. Both ends of a call are on this computer, so they have one clock.

export function installTimeCode({ camera }) {
    const COLUMNS = 32, ROWS = 2, MARK = 0xa7, PER_WIDTH = 80, LEFT = 2, TOP = 2;
    const BLACK = 16, WHITE = 235, GREY = 128;

    // CLOCK_REALTIME in fractions of a millisecond: Date.now() has whole ones, so the page's finer clock is set by the moment at which it steps.
    let step = Date.now();
    const first = step;
    while (step === first) step = Date.now();
    const offset = step - performance.now();
    const utc = () => offset + performance.now();

    // --- writing ---
    function bitsOf(ms) {
        const bytes = [];
        for (let part = ms, i = 0; i < 6; i++, part = Math.floor(part / 256)) bytes.unshift(part % 256);
        const all = [MARK, ...bytes, bytes.reduce((sum, byte) => sum + byte, 0) & 0xff];
        return all.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1));
    }

    function drawCode(luma, width, ms) {
        const side = Math.floor(width / PER_WIDTH);
        bitsOf(ms).forEach((bit, i) => {
            const x = (LEFT + (i % COLUMNS)) * side, y = (TOP + Math.floor(i / COLUMNS)) * side;
            for (let row = 0; row < side; row++) luma.fill(bit ? WHITE : BLACK, (y + row) * width + x, (y + row) * width + x + side);
        });
    }

    // A grey picture with a bar that wanders, so that the encoder has something to do in each.
    function paint(picture, width, height, ms) {
        const luma = picture.subarray(0, width * height);
        const top = Math.floor(height / 2), bottom = Math.floor((height * 3) / 4), bar = Math.floor(width / 8);
        luma.fill(GREY, top * width, bottom * width);
        const left = Math.floor(((ms % 4000) / 4000) * (width - bar));
        for (let row = top; row < bottom; row++) luma.fill(64 + (row & 127), row * width + left, row * width + left + bar);
        drawCode(luma, width, ms);
    }

    // Frames come as from a camera: ready-made I420, on time, from the moment at which somebody wants the track.
    function codeTrack({ width, height, fps }) {
        const track = new MediaStreamTrackGenerator({ kind: 'video' });
        const writer = track.writable.getWriter();
        const picture = new Uint8Array((width * height * 3) / 2).fill(GREY);
        let due = performance.now();
        const frame = () => {
            if (track.readyState === 'ended') return;
            const ms = Math.floor(utc());
            paint(picture, width, height, ms);
            const made = new VideoFrame(picture, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: Math.round(performance.now() * 1000) });
            writer.write(made).catch(() => {});
            due = Math.max(due + 1000 / fps, performance.now());
            setTimeout(frame, due - performance.now());
        };
        frame();
        return track;
    }

    if (camera) {
        const devices = navigator.mediaDevices, own = devices.getUserMedia.bind(devices);
        devices.getUserMedia = async (wanted) => {
            if (!wanted.video) return own(wanted);
            const stream = wanted.audio ? await own({ audio: wanted.audio }) : new MediaStream();
            stream.addTrack(codeTrack(camera));
            return stream;
        };
    }

    // --- reading ---
    const canvas = new OffscreenCanvas(COLUMNS, ROWS);
    const strip = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
    strip.imageSmoothingEnabled = false;

    /* The time in the picture that the video shows now, or null. One pixel of the strip is one block. */
    function read(video) {
        const side = video.videoWidth / PER_WIDTH;
        strip.drawImage(video, LEFT * side, TOP * side, COLUMNS * side, ROWS * side, 0, 0, COLUMNS, ROWS);
        const { data } = strip.getImageData(0, 0, COLUMNS, ROWS);
        const bytes = new Array(8).fill(0);
        for (let i = 0; i < COLUMNS * ROWS; i++) bytes[i >> 3] = (bytes[i >> 3] << 1) | (data[4 * i + 1] > 127 ? 1 : 0);
        const sum = bytes.slice(1, 7).reduce((total, byte) => total + byte, 0) & 0xff;
        if (bytes[0] !== MARK || bytes[7] !== sum) return null;
        return bytes.slice(1, 7).reduce((ms, byte) => ms * 256 + byte, 0);
    }

    /* How old, in ms, each new picture is when the page is told of it, over that many ms. */
    function ages(video, duration_ms) {
        return new Promise((done) => {
            const found = { ages: [], unread: 0, width: 0, height: 0 };
            const end = performance.now() + duration_ms;
            const frame = () => {
                const now = utc(), made = read(video);
                if (made === null) found.unread++;
                else found.ages.push(now - made);
                Object.assign(found, { width: video.videoWidth, height: video.videoHeight });
                if (performance.now() < end) video.requestVideoFrameCallback(frame);
            };
            video.requestVideoFrameCallback(frame);
            setTimeout(() => done(found), duration_ms + 1000);
        });
    }

    window.timeCode = { utc, codeTrack, read, ages };
}
