// call: a browser on this computer calls the booth in QEMU: rings, is answered by the panel's agent, both see pictures, ends. Exits 0 when all was seen.
//   STATE     state folder of the desk that runs    PICTURES  folder for the shopper's picture
//   BOOTH     words of a command that runs a command in the booth    PATIENCE  factor on every time limit
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launch } from '../e2e/browser.mjs';
import { eventually, Shopper } from '../e2e/harness.mjs';

const STEP_MS = 60000 * Number(process.env.PATIENCE ?? 1);
const run = promisify(execFile);
const [ssh, ...words] = process.env.BOOTH.split(' ');
const booth = async (...command) => (await run(ssh, [...words, 'boothctl', ...command], { timeout: STEP_MS })).stdout;
const snapshot = async () => JSON.parse(await booth('status', '--json'));
const reaches = (state) => eventually(`the booth is ${state}`, async () => (await snapshot()).state === state, STEP_MS);

// A camera whose pictures an emulated board can decode: small, five a second; a bar that wanders.
const WIDTH = 320, HEIGHT = 180, FPS = 5;
function frame(at) {
    const luma = Buffer.alloc(WIDTH * HEIGHT, 60);
    for (let y = 0; y < HEIGHT; y++) luma.fill(200, y * WIDTH + at * 32, y * WIDTH + at * 32 + 32);
    return Buffer.concat([Buffer.from('FRAME\n'), luma, Buffer.alloc(WIDTH * HEIGHT / 2, 128)]);
}
const camera_file = join(process.env.PICTURES, 'camera.y4m');
writeFileSync(camera_file, Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FPS}:1 Ip A1:1 C420jpeg\n`),
    ...Array.from({ length: WIDTH / 32 }, (_, at) => frame(at))]));

const { port } = JSON.parse(readFileSync(join(process.env.STATE, 'run.json'), 'utf8'));
const browser = await launch({ camera_file });
try {
    const shopper = await Shopper.open(browser, { url: `http://localhost:${port}/`, port });
    await shopper.ask();
    await reaches('ringing');
    await booth('accept');
    await reaches('live');
    await eventually("the advisor's picture comes", async () => (await shopper.stats()).width > 0, STEP_MS);
    const media = await eventually("the shopper's pictures come", async () => {
        const { studio } = await snapshot();
        return studio.health.media.received_frames > 0 && studio.health.media;
    }, STEP_MS);
    const { codec, width, height, fps } = await shopper.stats();
    console.log(`${codec} ${width}x${height}, ${Math.round(fps)} pictures/s at the shopper; ${media.received_frames} pictures at the booth`);
    await shopper.page.screenshot({ path: join(process.env.PICTURES, 'shopper.png') });
    await booth('hangup');
    await reaches('wrapup');
    await booth('outcome', 'none');
    await reaches('ready');
} finally {
    await browser.close();
}
