// feed: a big product feed that looks like an electronics retailer's, the same every time for the same numbers.
//
//   feed.mjs FILE [--products N] [--format xml|tsv] [--seed N]
import { closeSync, openSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/* Numbers from 0 up to 1, the same sequence for a seed (mulberry32). */
export function randomNumbers(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

const BRANDS = ['Fjordvik', 'Nordlys', 'Skarpnäs', 'Aurivo', 'Polarsound', 'Kestrelle', 'Bråthen', 'Ystad Audio', 'Lumikki', 'Havørn', 'Tindra', 'Sølvtec',
    'Vintra', 'Mørkedal', 'Järvelä', 'Klarsyn', 'Ocelion', 'Grimstad', 'Pyry', 'Zentaro', 'Hallonbo', 'Rømer', 'Kaldera', 'Ænima', 'Blåtind', 'Sisuline',
    'Stormkast', 'Vega Norr', 'Ekeby', 'Tuulia'];
const KINDS = [
    ['Trådløse hodetelefoner', 'Lyd og bilde > Hodetelefoner', 'WH', [799, 4990]], ['Ørepropper med støydemping', 'Lyd og bilde > Hodetelefoner', 'WF', [399, 3490]],
    ['Hörlurar över örat', 'Lyd og bilde > Hodetelefoner', 'HL', [499, 3990]], ['Kuulokkeet vastamelulla', 'Lyd og bilde > Hodetelefoner', 'KV', [499, 3990]],
    ['OLED-TV', 'Lyd og bilde > TV', 'OL', [8990, 49990]], ['QLED Smart TV', 'Lyd og bilde > TV', 'QN', [4990, 29990]], ['Lydplanke', 'Lyd og bilde > Høyttalere', 'HT', [1290, 9990]],
    ['Bluetooth-høyttaler', 'Lyd og bilde > Høyttalere', 'SRS', [399, 3990]], ['Smarttelefon', 'Mobil > Telefoner', 'SM', [1990, 15990]],
    ['Klokke med pulsmåler', 'Mobil > Klokker', 'GW', [990, 6990]], ['Bærbar PC', 'Data > Bærbare', 'UX', [4990, 29990]], ['Spill-PC', 'Data > Stasjonære', 'GX', [7990, 39990]],
    ['Skjerm for kontor', 'Data > Skjermer', 'PA', [1490, 8990]], ['Tastatur, trådløst', 'Data > Tilbehør', 'KB', [299, 1990]], ['Näppäimistö', 'Data > Tilbehør', 'NP', [299, 1990]],
    ['Mus, ergonomisk', 'Data > Tilbehør', 'MX', [199, 1490]], ['Kjøleskap', 'Hvitevarer > Kjøl og frys', 'KS', [4990, 24990]], ['Jääkaappi', 'Hvitevarer > Kjøl og frys', 'JK', [4990, 24990]],
    ['Vaskemaskin', 'Hvitevarer > Vask og tørk', 'WM', [3990, 14990]], ['Tørketrommel med varmepumpe', 'Hvitevarer > Vask og tørk', 'TR', [4490, 14990]],
    ['Oppvaskmaskin', 'Hvitevarer > Oppvask', 'OP', [3990, 12990]], ['Støvsuger uten pose', 'Hjem > Støvsugere', 'VC', [990, 8990]], ['Robotstøvsuger', 'Hjem > Støvsugere', 'RS', [1990, 12990]],
    ['Kaffetrakter', 'Kjøkken > Kaffe', 'KF', [499, 2990]], ['Espressomaskin', 'Kjøkken > Kaffe', 'EM', [1990, 14990]], ['Brødrister', 'Kjøkken > Små apparater', 'BR', [299, 1490]],
    ['Vannkoker i stål', 'Kjøkken > Små apparater', 'VK', [249, 1290]], ['HDMI-kabel', 'Lyd og bilde > Tilbehør', 'HC', [99, 599]], ['Veggfeste for TV', 'Lyd og bilde > Tilbehør', 'WB', [199, 1990]],
    ['Deksel til telefon', 'Mobil > Tilbehør', 'DK', [99, 599]], ['USB-C-lader', 'Mobil > Tilbehør', 'UC', [149, 799]], ['Objektiv', 'Foto > Objektiver', 'SEL', [1990, 24990]],
    ['Systemkamera', 'Foto > Kameraer', 'ILCE', [5990, 39990]], ['Lyspære, smart', 'Hjem > Belysning', 'LB', [99, 499]],
];
const SERIES = ['Pro', 'Max', 'Lite', 'Plus', 'Ultra', 'Classic', 'Edge', 'Neo', 'Studio', 'Active'];
const COLOURS = ['svart', 'hvit', 'sølv', 'blå', 'grå', 'rød', 'grønn', 'rosa'];
const SENTENCES = ['Klar lyd og dyp bass hele dagen.', 'Enkel å sette opp, og virker med det du har.', 'Bruker lite strøm og er stillegående.', 'Lader på under en time.',
    'Skärpan är hög även i starkt ljus.', 'Materialene er valgt for å vare.', 'Med appen styrer du alt fra sofaen.', 'Kestää arjen kolhut.', 'Garanti i fem år.',
    'Passer i de fleste hjem.', 'Automatisk rengjøring holder den frisk.', 'Stort utvalg av tilbehør følger med i esken.', 'Hurtig nok for krevende oppgaver.',
    'Oppdateres over nettet.', 'Leveres med montering hvis du vil.', 'Lett og god å holde i.', 'Tåler sprut og støv.', 'Stillere enn en samtale.'];
const SECTIONS = ['Generelt', 'Ytelse', 'Mål', 'Tilkobling'];
const ATTRIBUTES = ['Farge', 'Vekt', 'Bredde', 'Høyde', 'Dybde', 'Batteritid', 'Effekt', 'Energiklasse', 'Bluetooth', 'Wi-Fi', 'Garanti', 'Lydnivå', 'Oppløsning', 'Minne'];
const STORES = ['oslo', 'bergen', 'trondheim', 'malmö', 'tampere'];

export function checkDigit(digits) {
    let sum = 0;
    for (let i = 0; i < digits.length; i++) sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
    return String((10 - (sum % 10)) % 10);
}

/* Product n of a feed, by the names of the specification. */
export function product(n, seed = 1) {
    const random = randomNumbers(seed * 1000003 + n);
    const pick = (list) => list[Math.floor(random() * list.length)];
    const [noun, type, prefix, [low, high]] = KINDS[n % KINDS.length];
    const brand = pick(BRANDS), colour = pick(COLOURS), series = pick(SERIES);
    const model = `${prefix}-${100 + Math.floor(random() * 9899)}${String.fromCharCode(65 + Math.floor(random() * 26))}${pick(['', 'M', 'X', 'S'])}${1 + Math.floor(random() * 9)}`;
    const price = (Math.round((low + random() * random() * (high - low)) / 10) * 10).toFixed(2);
    const body = `70${String(10000000 + n).padStart(10, '0')}`;
    const values = { Farge: colour, Vekt: `${(0.1 + random() * 60).toFixed(1)} kg`, Bredde: `${20 + Math.floor(random() * 130)} cm`, Høyde: `${5 + Math.floor(random() * 180)} cm`,
        Dybde: `${2 + Math.floor(random() * 70)} cm`, Batteritid: `${4 + Math.floor(random() * 60)} t`, Effekt: `${10 + Math.floor(random() * 2200)} W`, Energiklasse: pick(['A', 'B', 'C', 'D', 'E']),
        Bluetooth: pick(['5.0', '5.2', '5.3']), 'Wi-Fi': pick(['5', '6', '6E', '7']), Garanti: pick(['2 år', '5 år']), Lydnivå: `${30 + Math.floor(random() * 45)} dB`,
        Oppløsning: pick(['1920×1080', '2560×1440', '3840×2160']), Minne: pick(['8 GB', '16 GB', '32 GB']) };
    const first = Math.floor(random() * 5), count = 6 + Math.floor(random() * 6);
    const id = `${prefix}${100000 + n}`;
    const item = {
        id, title: `${brand} ${model} ${noun} ${series} ${colour}`,
        description: Array.from({ length: 4 + Math.floor(random() * 6) }, () => pick(SENTENCES)).join(' '),
        link: `https://shop.example/p/${id.toLowerCase()}`, image_link: `https://img.shop.example/${id}/1.jpg`,
        additional_image_link: [2, 3].map((i) => `https://img.shop.example/${id}/${i}.jpg`),
        availability: random() < 0.9 ? 'in_stock' : 'out_of_stock', price: `${price} NOK`, gtin: body + checkDigit(body), mpn: model, brand, condition: 'new', product_type: type,
        product_detail: ATTRIBUTES.slice(first, first + count).map((name, i) => [SECTIONS[i % SECTIONS.length], name, values[name]]),
        product_highlight: [pick(SENTENCES), pick(SENTENCES)], product_rating: (2.5 + random() * 2.5).toFixed(1), product_review_count: String(1 + Math.floor(random() * random() * 900)),
        store_availability: STORES.filter(() => random() < 0.5).map((store) => [store, String(Math.floor(random() * 12))]),
    };
    if (random() < 0.2) item.sale_price = `${(Number(price) * 0.8).toFixed(2)} NOK`;
    if (n > KINDS.length && random() < 0.1) item.related_product = [['accessory', 'id', `${KINDS[27][2]}${100000 + 27}`]];
    return item;
}

const GROUPS = { product_detail: ['section_name', 'attribute_name', 'attribute_value'], store_availability: ['store_code', 'quantity'],
    related_product: ['relationship_type', 'identifier_type', 'identifier'] };
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const element = (name, text) => `<g:${name}>${escaped(text)}</g:${name}>`;

export function asXml(item) {
    const parts = Object.entries(item).flatMap(([name, value]) => {
        if (GROUPS[name]) return value.map((one) => `<g:${name}>${one.map((part, i) => element(GROUPS[name][i], part)).join('')}</g:${name}>`);
        return [].concat(value).map((one) => (name === 'title' || name === 'description' || name === 'link' ? `<${name}>${escaped(one)}</${name}>` : element(name, one)));
    });
    return `<item>${parts.join('\n')}</item>\n`;
}

const COLUMNS = ['id', 'title', 'description', 'link', 'image_link', 'additional_image_link', 'availability', 'price', 'sale_price', 'gtin', 'mpn', 'brand', 'condition', 'product_type',
    'product_detail', 'product_highlight', 'product_rating', 'product_review_count', 'store_availability', 'related_product'];
const quoted = (text) => (/["\t\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const plain = (text) => text.replace(/[\\,:]/g, '\\$&');

export function asTsv(item) {
    return `${COLUMNS.map((name) => {
        const value = item[name] ?? '';
        if (GROUPS[name]) return quoted([].concat(value || []).map((one) => one.map(plain).join(':')).join(','));
        if (name === 'product_highlight') return quoted(value.map(plain).join(','));
        return quoted([].concat(value).join(','));
    }).join('\t')}\n`;
}

const HEAD = { xml: '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n<channel><title>Shop</title>\n' +
    '<link>https://shop.example</link><description>Feed</description>\n', tsv: `${COLUMNS.join('\t')}\n` };
const TAIL = { xml: '</channel></rss>\n', tsv: '' };

/* Writes the feed. without: numbers that are left out; more: rows as text, at its end. */
export function writeFeed(path, { products = 50000, format = 'xml', seed = 1, without = [], more = [] } = {}) {
    const skip = new Set(without), write = { xml: asXml, tsv: asTsv }[format];
    const file = openSync(path, 'w');
    let text = HEAD[format];
    for (let n = 0; n < products; n++) {
        if (!skip.has(n)) text += write(product(n, seed));
        if (text.length > 1 << 20) {
            writeSync(file, text);
            text = '';
        }
    }
    writeSync(file, `${text}${more.join('')}${TAIL[format]}`);
    closeSync(file);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
    const [path, ...words] = process.argv.slice(2);
    const option = (name, fallback) => (words.includes(`--${name}`) ? words[words.indexOf(`--${name}`) + 1] : fallback);
    if (!path || path.startsWith('-')) {
        console.error('usage: feed.mjs FILE [--products N] [--format xml|tsv] [--seed N]');
        process.exit(2);
    }
    writeFeed(path, { products: Number(option('products', 50000)), format: option('format', 'xml'), seed: Number(option('seed', 1)) });
}
