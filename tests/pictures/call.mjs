// The README's picture: one real call on this computer, seen on the shopper's page, the advisor's console and the demo display, put side by side.
//     node tests/pictures/call.mjs PNG        (BUILD as everywhere)
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../e2e/browser.mjs';
import { after, eventually, Shopper, startSystem } from '../e2e/harness.mjs';

const WIDTH = 640, HEIGHT = 480;
const PRODUCT = 'FV55'; // of the demo shop's feed
const SETTLE_MS = 1500; // until every screen has drawn the last message

/* Somebody to look at for the advisor, drawn: one picture, as raw I420 in Y4M. */
async function drawShopper(browser, path) {
    const page = await browser.newPage();
    const planes = await page.evaluate(([width, height]) => {
        const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d');
        const room = context.createLinearGradient(0, 0, width, height);
        room.addColorStop(0, '#d9c7b0');
        room.addColorStop(1, '#a98d72');
        context.fillStyle = room;
        context.fillRect(0, 0, width, height);
        context.fillStyle = '#efe6d8';
        context.fillRect(440, 50, 130, 170);
        context.fillStyle = '#8fb3a2';
        context.fillRect(452, 62, 106, 146);
        const ellipse = (colour, ...shape) => { context.fillStyle = colour; context.beginPath(); context.ellipse(...shape, 0, 2 * Math.PI); context.fill(); };
        ellipse('#3b5b7a', 300, 500, 190, 170, 0);
        ellipse('#c98f6d', 300, 335, 44, 60, 0);
        ellipse('#4a2f22', 300, 200, 104, 118, 0);
        ellipse('#dba37f', 300, 225, 82, 102, 0);
        ellipse('#4a2f22', 300, 142, 86, 44, 0);
        const { data } = context.getImageData(0, 0, width, height);
        const luma = new Uint8Array(width * height), blue = new Uint8Array(luma.length / 4), red = new Uint8Array(luma.length / 4);
        for (let at = 0; at < luma.length; at++) {
            const [r, g, b] = data.subarray(at * 4, at * 4 + 3);
            const x = at % width, y = Math.floor(at / width), half = (y >> 1) * (width / 2) + (x >> 1);
            luma[at] = 16 + 0.257 * r + 0.504 * g + 0.098 * b;
            blue[half] = 128 - 0.148 * r - 0.291 * g + 0.439 * b;
            red[half] = 128 + 0.439 * r - 0.368 * g - 0.071 * b;
        }
        return [luma, blue, red].map((plane) => Array.from(plane, (value) => String.fromCharCode(value)).join(''));
    }, [WIDTH, HEIGHT]);
    await page.close();
    const frame = Buffer.concat([Buffer.from('FRAME\n'), ...planes.map((plane) => Buffer.from(plane, 'latin1'))]);
    writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420jpeg\n`), frame, frame]));
}

async function playCall(folder) {
    const camera_file = join(folder, 'shopper.y4m');
    const plain = await launch();
    await drawShopper(plain, camera_file);
    await plain.close();
    const booth = { booth: { name: 'Booth 2', store: 'Oslo City' } };
    const [system, browser] = await Promise.all([startSystem({ booth }), launch({ camera_file })]);
    try {
        const shopper = await Shopper.open(browser, system, { url: `${system.url}?lang=en`, context: { viewport: { width: 1280, height: 840 } } });
        await shopper.ask();
        await shopper.until('ringing');
        await system.boothctl(['accept']);
        await shopper.until('live');
        await system.boothctl(['camera', 'pip']);
        await system.booth(({ catalogue }) => catalogue.state === 'ready', { what: 'has the catalogue' });
        await system.boothctl(['show', 'product', PRODUCT]);
        await shopper.write('Does it come with a wall mount?');
        await system.boothctl(['chat', 'Yes, it is in the box. Here it is!']);
        await eventually('the answer on the page', async () => (await shopper.text()).includes('Here it is!'));
        await eventually('a picture of the shopper', async () => (await system.snapshot()).studio.health.media.received_fps >= 10);
        await after(SETTLE_MS);
        await shopper.page.evaluate(() => scrollTo(0, 0));
        await shopper.page.screenshot({ path: join(folder, 'shopper.png') });
        await system.screenshot('console', join(folder, 'console.png'));
        await system.screenshot('demo', join(folder, 'demo.png'));
    } finally {
        await browser.close();
        await system.stop();
    }
}

async function compose(folder, path) {
    const picture = (name) => `data:image/png;base64,${readFileSync(join(folder, `${name}.png`)).toString('base64')}`;
    const figure = (name, title, words) => `<figure class="${name}"><img src="${picture(name)}" alt=""><figcaption><b>${title}</b> ${words}</figcaption></figure>`;
    const browser = await launch();
    const page = await browser.newPage({ viewport: { width: 1600, height: 400 } });
    await page.setContent(`<!doctype html><style>
        body { margin: 0; padding: 36px; display: grid; grid-template-columns: 1000px 1fr; gap: 20px 32px; align-items: start; background: #e9eef2;
            font: 18px/1.35 Inter, "Noto Sans", sans-serif; color: #1b252d; }
        figure { margin: 0; }
        img { display: block; width: 100%; border-radius: 12px; box-shadow: 0 10px 30px rgb(20 40 60 / .25); }
        figcaption { padding: 14px 4px 0; color: #42525e; }
        b { color: #1b252d; }
        .shopper { grid-row: 1 / span 2; }
    </style>${figure('shopper', 'The shopper', 'in the web shop, on any browser.')}${figure('console', 'The advisor', 'in the booth.')}
    ${figure('demo', 'The demo display', 'beside the booth.')}`);
    await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
    await page.screenshot({ path, fullPage: true });
    await browser.close();
}

const folder = mkdtempSync(join(tmpdir(), 'livebooth-pictures-'));
try {
    await playCall(folder);
    await compose(folder, process.argv[2]);
} finally {
    rmSync(folder, { recursive: true, force: true });
}
