// The pictures of the demo shop's products, drawn: app/desk/web/demo/KIND-COLOUR.png.
//     node tests/pictures/products.mjs FOLDER
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from '../e2e/browser.mjs';

const SIZE = 480;
const COLOURS = { black: ['#23282b', '#3b4347', '#0f1214'], white: ['#eceeec', '#ffffff', '#c9cecb'], silver: ['#b9c1c4', '#e4e9ea', '#8b9599'], blue: ['#2f5d8a', '#5b8dbd', '#1c3c5c'],
    green: ['#4d7a62', '#7fab92', '#31523f'], red: ['#a63a3a', '#cf6a62', '#732323'] };
const fill = 'fill="url(#body)"';
const rect = (x, y, w, h, r, paint = fill, more = '') => `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}" ${paint} ${more}/>`;
const circle = (x, y, r, paint = fill, more = '') => `<circle cx="${x}" cy="${y}" r="${r}" ${paint} ${more}/>`;
const path = (d, paint = fill, more = '') => `<path d="${d}" ${paint} ${more}/>`;
const dark = 'fill="#11171a"', glass = 'fill="url(#screen)"', soft = 'fill="#000" opacity=".12"', line = (c, w) => `fill="none" stroke="${c}" stroke-width="${w}" stroke-linecap="round" stroke-linejoin="round"`;
const aurora = (x, y, w, h) => `<svg x="${x}" y="${y}" width="${w}" height="${h}" viewBox="0 0 100 60" preserveAspectRatio="xMidYMid slice"><rect width="100" height="60" fill="url(#screen)"/><path d="M0 40C20 10 35 42 55 18S85 12 100 6v18C85 32 70 48 55 46S20 40 0 56z" fill="#7df0a4" opacity=".55"/><path d="M0 60V48l14-10 10 7 16-15 17 16 11-8 14 10 18-12v24z" fill="#0a2230"/></svg>`;

// Each is drawn in a square of 480, standing at 410.
const KINDS = {
    tv: () => rect(40, 110, 400, 240, 8, dark) + aurora(46, 116, 388, 228) + path('M170 350l-22 50h14l28-50zm140 0l22 50h-14l-28-50z', 'fill="#2a3235"'),
    monitor: () => rect(60, 90, 360, 224, 10, dark) + aurora(68, 98, 344, 196) + path('M220 314h40l6 70h-52z') + rect(160, 380, 160, 16, 8),
    headphones: () => path('M110 290C100 150 160 90 240 90s140 60 130 200', line('url(#body)', 26)) + rect(84, 250, 66, 130, 33) + rect(330, 250, 66, 130, 33) + rect(128, 258, 34, 114, 17, dark) + rect(318, 258, 34, 114, 17, dark),
    earbuds: () => rect(130, 230, 220, 170, 60) + path('M130 300h220', line('#000', 2), 'opacity=".25"') + circle(170, 150, 40) + rect(160, 150, 24, 76, 12) + circle(310, 150, 40) + rect(296, 150, 24, 76, 12) + circle(156, 142, 14, dark) + circle(324, 142, 14, dark),
    soundbar: () => rect(30, 250, 420, 62, 22) + [...Array(38)].map((_, i) => circle(56 + i * 10, 281, 3, soft)).join('') + rect(120, 330, 240, 70, 10, dark, 'opacity=".0"') + rect(180, 120, 120, 110, 12) + circle(240, 175, 36, dark) + circle(240, 175, 18, 'fill="#2f383c"'),
    speaker: () => rect(150, 120, 180, 284, 60) + [...Array(11)].map((_, r) => [...Array(8)].map((_, c) => circle(176 + c * 18, 180 + r * 18, 4, soft)).join('')).join('') + rect(200, 136, 80, 10, 5, 'fill="#fff" opacity=".35"'),
    phone: () => rect(110, 70, 160, 330, 26) + rect(118, 78, 144, 314, 20, dark) + aurora(122, 84, 136, 302) + rect(230, 90, 150, 314, 26) + rect(246, 108, 62, 92, 20, 'fill="#000" opacity=".25"') + circle(277, 130, 16, dark) + circle(277, 172, 16, dark) + circle(277, 130, 7, 'fill="#35506b"') + circle(277, 172, 7, 'fill="#35506b"'),
    watch: () => rect(196, 60, 88, 350, 30) + circle(240, 236, 104) + circle(240, 236, 88, dark) + path('M240 236V172M240 236l44 30', line('#fff', 8)) + circle(240, 236, 8, 'fill="#7df0a4"') + [...Array(12)].map((_, i) => circle(240 + 76 * Math.sin(i * Math.PI / 6), 236 - 76 * Math.cos(i * Math.PI / 6), 3, 'fill="#9fb2b8"')).join(''),
    laptop: () => rect(100, 120, 280, 196, 12) + rect(108, 128, 264, 178, 6, dark) + aurora(112, 132, 256, 170) + path('M60 330h360l26 52a8 8 0 0 1-8 12H42a8 8 0 0 1-8-12z') + path('M90 340h300l12 24H78z', soft),
    keyboard: () => rect(36, 220, 408, 150, 18) + [...Array(4)].map((_, r) => [...Array(13)].map((_, c) => rect(56 + c * 29, 238 + r * 29, 23, 23, 5, 'fill="#fff" opacity=".75"')).join('')).join(''),
    mouse: () => path('M240 120c80 0 110 70 110 150s-40 140-110 140-110-60-110-140 30-150 110-150z') + path('M240 124v110M132 250c60-20 156-20 216 0', line('#000', 3), 'opacity=".3"') + rect(232, 160, 16, 50, 8, dark),
    fridge: () => rect(140, 40, 200, 366, 10) + path('M140 176h200', line('#000', 4), 'opacity=".25"') + rect(156, 100, 8, 60, 4, dark) + rect(156, 196, 8, 110, 4, dark) + rect(276, 62, 44, 26, 6, glass),
    washer: () => rect(100, 90, 280, 316, 12) + path('M100 150h280', line('#000', 3), 'opacity=".2"') + rect(280, 106, 80, 28, 6, glass) + circle(132, 120, 14, dark) + circle(240, 280, 96, 'fill="#d7dddd"') + circle(240, 280, 78, dark) + path('M166 300c40-30 70 24 148-12a78 78 0 0 1-148 12z', 'fill="#4f86a8" opacity=".8"') + circle(212, 250, 18, 'fill="#fff" opacity=".15"'),
    vacuum: () => path('M250 60l90 270', line('url(#body)', 16)) + rect(200, 70, 90, 110, 30) + circle(235, 130, 30, dark) + rect(290, 330, 130, 60, 18) + rect(290, 374, 130, 22, 8, dark) + path('M216 70c-20-30 60-30 60 6', line('#11171a', 14)),
    robot: () => `<ellipse cx="240" cy="310" rx="180" ry="82" fill="#11171a"/><ellipse cx="240" cy="290" rx="180" ry="82" ${fill}/><ellipse cx="240" cy="284" rx="120" ry="52" fill="#000" opacity=".08"/><ellipse cx="240" cy="268" rx="52" ry="24" fill="#11171a"/><ellipse cx="240" cy="258" rx="52" ry="24" ${fill}/>` + circle(240, 336, 8, 'fill="#7df0a4"'),
    coffee: () => rect(130, 90, 220, 310, 18) + rect(160, 190, 160, 150, 8, dark) + path('M190 260h100l-10 76h-80z', 'fill="#c9d6d8" opacity=".8"') + path('M194 292h92l-6 44h-80z', 'fill="#5b3420"') + circle(180, 140, 16, dark) + rect(210, 126, 110, 28, 8, glass) + rect(120, 384, 240, 22, 8),
    kettle: () => path('M150 180h170l24 210H126z') + path('M320 200c70 0 70 140 10 150', line('#11171a', 18)) + path('M150 190l-42 20 36 40z') + rect(170, 160, 130, 22, 10, dark) + circle(236, 152, 12, dark) + rect(120, 388, 232, 18, 9, dark),
    toaster: () => rect(90, 190, 300, 200, 46) + rect(130, 178, 220, 18, 9, dark) + path('M170 184v-50h140v50z', 'fill="#c98b4b"') + rect(398, 260, 14, 60, 7, dark) + circle(350, 330, 16, dark),
    camera: () => rect(60, 150, 360, 230, 24) + path('M180 152l24-46h90l24 46z') + circle(250, 270, 96, 'fill="#1b2225"') + circle(250, 270, 74, dark) + circle(250, 270, 46, 'fill="#27435c"') + circle(230, 250, 14, 'fill="#fff" opacity=".4"') + rect(84, 172, 50, 16, 8, 'fill="#c9543f"'),
    charger: () => rect(120, 130, 150, 170, 24) + rect(150, 96, 16, 40, 4, 'fill="#b9c1c4"') + rect(224, 96, 16, 40, 4, 'fill="#b9c1c4"') + rect(176, 230, 40, 14, 7, dark) + path('M196 300c0 90 60 110 130 60s90-20 60 40', line('url(#body)', 12)),
    cable: () => path('M120 330C120 150 360 150 360 250s-180 110-180 20 120-80 180 60', line('url(#body)', 18)) + rect(98, 320, 44, 70, 8, dark) + rect(338, 320, 44, 70, 8, dark) + rect(106, 386, 28, 18, 3, 'fill="#d7b25a"') + rect(346, 386, 28, 18, 3, 'fill="#d7b25a"'),
    mount: () => rect(120, 110, 60, 260, 10) + path('M180 200h110v60H180z', 'fill="#5b666b"') + rect(280, 120, 22, 240, 8) + rect(302, 140, 60, 16, 6, dark) + rect(302, 324, 60, 16, 6, dark) + circle(150, 140, 8, dark) + circle(150, 340, 8, dark),
    case: () => rect(160, 60, 170, 350, 34) + rect(180, 82, 72, 104, 24, 'fill="#000" opacity=".25"') + rect(172, 72, 146, 326, 26, line('#fff', 3), 'opacity=".25"'),
};
// What the demo feed shows, and a second picture of some.
const PICTURES = ['tv-black', 'tv-silver', 'monitor-black', 'monitor-silver', 'headphones-black', 'headphones-white', 'headphones-blue', 'earbuds-white', 'earbuds-black', 'soundbar-black', 'speaker-blue',
    'speaker-red', 'speaker-black', 'phone-black', 'phone-blue', 'phone-green', 'watch-black', 'watch-silver', 'laptop-silver', 'laptop-black', 'keyboard-black', 'keyboard-white', 'mouse-black', 'mouse-white',
    'fridge-white', 'fridge-silver', 'washer-white', 'washer-black', 'vacuum-red', 'vacuum-silver', 'robot-white', 'robot-black', 'coffee-black', 'coffee-silver', 'kettle-silver', 'toaster-red', 'camera-black',
    'charger-white', 'cable-black', 'mount-black', 'case-green', 'case-black'];

function svg(name) {
    const [kind, colour] = name.split('-'), [main, light, deep] = COLOURS[colour];
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}" viewBox="0 0 480 480"><defs><linearGradient id="body" gradientUnits="userSpaceOnUse" x1="90" y1="60" x2="400" y2="420">` +
        `<stop offset="0" stop-color="${light}"/><stop offset=".5" stop-color="${main}"/><stop offset="1" stop-color="${deep}"/></linearGradient><linearGradient id="screen" x1="0" y1="0" x2="1" y2="1">` +
        '<stop offset="0" stop-color="#071a2c"/><stop offset=".6" stop-color="#0e4a5a"/><stop offset="1" stop-color="#2c8a7a"/></linearGradient><radialGradient id="ground"><stop offset="0" stop-color="#000" stop-opacity=".2"/>' +
        '<stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient></defs><rect width="480" height="480" fill="#f5f6f4"/><ellipse cx="240" cy="410" rx="190" ry="20" fill="url(#ground)"/>' + `${KINDS[kind]()}</svg>`;
}

const folder = process.argv[2];
if (!folder) {
    console.error('usage: products.mjs FOLDER');
    process.exit(2);
}
const browser = await launch();
try {
    const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
    for (const name of PICTURES) {
        await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg(name)}`);
        const file = join(folder, `${name}.png`);
        writeFileSync(file, execFileSync('pngquant', ['--strip', '--speed', '1', '64', '-'], { input: await page.screenshot({ type: 'png' }) }));
    }
} finally {
    await browser.close();
}
