// What comes to a shopper's screen, picture by picture: from which camera, made when, and whether it is the card that stands for lost ones. For a page
// with the time code's reader in it (tests/bench/time_code.mjs). Camera and card are told apart by the colours of the simulated cameras' walls.

import { STEP_MS } from './harness.mjs';

/* In the page, before anything else. pictures: [{at, made, view}]; at and made are UTC in ms, made is null where no time can be read. */
export function installPictureWatch() {
    const canvas = new OffscreenCanvas(64, 36);
    const small = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
    const watch = { pictures: [] };
    window.pictureWatch = watch;

    // The product's wall is red where the face's is green; the card and a black picture are nearly grey.
    function camera(data, x, y) {
        let red = 0, green = 0, blue = 0;
        for (let row = y; row < y + 2; row++)
            for (let column = x; column < x + 3; column++) {
                const i = 4 * (row * 64 + column);
                red += data[i]; green += data[i + 1]; blue += data[i + 2];
            }
        if (Math.max(red, green, blue) < 6 * 12) return 'black';
        if (green > red + 6 * 16) return 'face';
        if (red > green + 6 * 16) return 'product';
        return Math.max(red, green, blue) < 6 * 60 ? 'card' : 'other';
    }

    function view() {
        const { data } = small.getImageData(0, 0, 64, 36);
        const main = camera(data, 50, 15), corner = camera(data, 58, 29);
        return main === 'product' && corner === 'face' ? 'pip' : main;
    }

    let followed = null;
    const follow = () => {
        const element = document.querySelector('livebooth-call');
        const video = element ? element.video : document.querySelector('video');
        if (video && video !== followed) {
            followed = video;
            const seen = () => {
                small.drawImage(video, 0, 0, 64, 36);
                watch.pictures.push({ at: window.timeCode.utc(), made: window.timeCode.read(video), view: view() });
                if (watch.pictures.length > 20000) watch.pictures.splice(0, 10000);
                if (followed === video) video.requestVideoFrameCallback(seen);
            };
            video.requestVideoFrameCallback(seen);
        }
        setTimeout(follow, 10);
    };
    follow();
}

/* Pictures since then, UTC ms. */
export const picturesSince = (page, from) => page.evaluate((since) => window.pictureWatch.pictures.filter(({ at }) => at >= since), from);

/* Resolves with the first picture of that view that came after then. */
export async function firstOf(page, view, from, ms = STEP_MS) {
    const found = await page.waitForFunction(({ wanted, since }) => window.pictureWatch.pictures.find((one) => one.at >= since && one.view === wanted),
        { wanted: view, since: from }, { polling: 10, timeout: ms });
    return found.jsonValue();
}

/* Resolves when so many pictures have come after then that are newer than all before them: none stays, none is shown twice, none is an old one. A card
 * counts when cards may. */
export async function goesOn(page, from, count, { cards = false, ms = STEP_MS } = {}) {
    await page.waitForFunction(({ since, wanted, withCards }) => {
        let newest = 0, seen = 0;
        for (const { at, made, view } of window.pictureWatch.pictures) {
            const isNew = made === null ? withCards && view === 'card' : made > newest;
            newest = Math.max(newest, made ?? 0);
            if (at >= since && isNew) seen++;
        }
        return seen >= wanted;
    }, { since: from, wanted: count, withCards: cards }, { polling: 50, timeout: ms });
}

/* The longest time without a picture newer than those before, in ms, from one time to another. A card counts when cards may. */
export function longestGap(pictures, from, to, { cards = false } = {}) {
    let newest = 0;
    const moving = pictures.filter(({ made, view }) => {
        if (made === null) return cards && view === 'card';
        if (made <= newest) return false;
        newest = made;
        return true;
    }).map(({ at }) => at);
    const marks = [from, ...moving.filter((at) => at >= from && at <= to), to];
    return Math.max(...marks.slice(1).map((at, i) => at - marks[i]));
}
