/* What every view of the ops page uses: nodes, words, numbers, requests, plots. */

export const state = { user: null, texts: {}, topics: {}, console: {}, lang: 'en', booths: new Map(), line: null, now: 0 };

export function h(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
        else if (name in node && typeof value !== 'string') node[name] = value;
        else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
    return node;
}

export function t(key, values = {}) {
    const text = state.texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
export const topicName = (id) => state.topics[`topic_${id}`] || id || '–';
export const problemName = (name) => state.texts[`problem_${name}`] || state.console[`problem_${name}`] || name;
export const problemAdvice = (name) => state.texts[`do_${name}`] || state.console[`do_${name}`] || t('do_unknown');
export const pauseName = (word) => state.console[`pause_${word}`] || state.texts[`pause_${word}`] || word;
export const stateName = (word) => t(`state_${`state_${word}` in state.texts ? word : 'unknown'}`);

const locale = () => (state.lang === 'en' ? 'en-GB' : state.lang);
const formats = new Map(); /* making one takes longer than many uses of it */
function formatOf(Kind, options) {
    const key = JSON.stringify([Kind.name, locale(), options]);
    if (!formats.has(key)) formats.set(key, new Kind(locale(), options));
    return formats.get(key);
}
export const number = (value, digits = 0) => (Number.isFinite(value) ? formatOf(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value) : '–');
export const percent = (share) => (Number.isFinite(share) ? formatOf(Intl.NumberFormat, { style: 'percent', maximumFractionDigits: 1 }).format(share) : '–');
export const time = (utc, style = 'short') => (utc > 0 ? formatOf(Intl.DateTimeFormat, { dateStyle: 'short', timeStyle: style }).format(utc) : '–');
export const clock = (utc) => formatOf(Intl.DateTimeFormat, { hour: '2-digit', minute: '2-digit' }).format(utc);
export function duration(ms) {
    if (!Number.isFinite(ms) || ms < 0) return '–';
    const seconds = Math.round(ms / 1000);
    const two = (n) => String(n).padStart(2, '0');
    if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
    if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))} h`;
    return t('days', { n: number(Math.floor(seconds / 86400)) });
}

const SHAPES = { connecting: 'live' };
export function stateMark(word) {
    const known = `state_${word}` in state.texts ? word : 'unknown';
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
    use.setAttribute('href', `#s-${SHAPES[known] || known}`);
    svg.setAttribute('aria-hidden', 'true');
    svg.append(use);
    return h('span', { class: `state ${known}` }, svg, stateName(known));
}

export const may = (role) => ['viewer', 'operator', 'admin'].indexOf(state.user?.role) >= ['viewer', 'operator', 'admin'].indexOf(role);

export class Refusal extends Error {
    constructor(status, answer) {
        super(answer.text || String(status));
        this.status = status;
        this.code = answer.error || '';
        this.answer = answer;
    }
}

export async function ask(path, { method = 'GET', body, raw = false } = {}) {
    const answer = await fetch(path, { method, body: body && JSON.stringify(body), cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(20000) });
    if (answer.ok) return raw ? answer : answer.json();
    const why = await answer.json().catch(() => ({}));
    if (answer.status === 401 && why.error === 'log_in') document.dispatchEvent(new Event('logged-out'));
    throw new Refusal(answer.status, why);
}
/* A sentence for a person: ours where we have one, else the desk's or the booth's. */
export const reason = (error) => (error instanceof Refusal ? state.texts[`refused_${error.code}`] || error.message : t('lost'));

let saying;
export function say(text) {
    const place = document.getElementById('said');
    place.textContent = text;
    clearTimeout(saying);
    saying = setTimeout(() => { place.textContent = ''; }, 6000);
}

/* A question before what cannot be undone; extra: what is to be filled in or known first. */
export function confirmed(text, extra = null) {
    return new Promise((done) => {
        const dialog = h('dialog', { 'aria-label': text }, h('form', { method: 'dialog' }, h('p', {}, text), extra,
            h('div', { class: 'actions' }, h('button', { class: 'main', value: 'yes' }, t('go_on')), h('button', { value: '', type: 'submit', formnovalidate: true }, t('cancel')))));
        dialog.addEventListener('close', () => { done(dialog.returnValue === 'yes'); dialog.remove(); });
        document.body.append(dialog);
        dialog.showModal();
    });
}

const cell = (value) => { const text = String(value ?? ''); return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`; };
export function saveCsv(name, head, rows) {
    const url = URL.createObjectURL(new Blob([[head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')], { type: 'text/csv' }));
    h('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/* head: [[text, isNumber]]; rows: arrays of cells. */
export const table = (label, head, rows, empty) => (rows.length === 0 ? h('p', { class: 'soft' }, empty) : h('div', { class: 'wide', tabindex: '0', role: 'region', 'aria-label': label },
    h('table', {}, h('thead', {}, h('tr', {}, head.map(([text, num]) => h('th', { scope: 'col', class: num && 'num' }, text)))),
        h('tbody', {}, rows.map((row) => h('tr', {}, row.map((value, i) => h('td', { class: head[i][1] && 'num' }, value ?? '–'))))))));

/* --- plots ---------------------------------------------------------------------------------------------------------------------------- */

function svgNode(tag, attributes, text) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
}
const W = 720, H = 236, LEFT = 74, RIGHT = 8, TOP = 16, BOTTOM = 36;
const nice = (most) => { const step = 10 ** Math.floor(Math.log10(Math.max(most, 1))); return [1, 2, 3, 4, 5, 6, 8, 10].map((n) => n * step).find((n) => n >= most) || 1; };

function frame(labels, most, format) {
    const svg = svgNode('svg', { viewBox: `0 0 ${W} ${H}`, class: 'plot', 'aria-hidden': 'true' });
    for (const part of [0, .5, 1]) {
        const y = H - BOTTOM - part * (H - TOP - BOTTOM);
        svg.append(svgNode('line', { class: 'axis', x1: LEFT, x2: W - RIGHT, y1: y, y2: y }), svgNode('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, format(part * most)));
    }
    const every = Math.ceil(labels.length / 10);
    const slot = (W - LEFT - RIGHT) / Math.max(labels.length, 1);
    labels.forEach((label, i) => { if (i % every === 0) svg.append(svgNode('text', { x: LEFT + (i + .5) * slot, y: H - 8, 'text-anchor': 'middle' }, label)); });
    return { svg, slot, y: (value) => H - BOTTOM - (value / most) * (H - TOP - BOTTOM) };
}

/* A plot of series over labels with its key, and the same as a table. series: [{name, colour, values}]; null is no value. */
export function plot(title, labels, series, { kind = 'bars', most, format = (value) => number(value, 1), goal } = {}) {
    const sums = labels.map((_, i) => series.reduce((sum, one) => sum + (one.values[i] || 0), 0));
    const top = most || nice(Math.max(1, ...(kind === 'bars' ? sums : series.flatMap((one) => one.values.map((value) => value || 0)))));
    const { svg, slot, y } = frame(labels, top, format);
    if (goal !== undefined) svg.append(svgNode('line', { class: 'goal', x1: LEFT, x2: W - RIGHT, y1: y(goal), y2: y(goal) }));
    const x = (i) => LEFT + (i + .5) * slot;
    if (kind === 'bars') {
        labels.forEach((_, i) => {
            let base = 0;
            for (const one of series) {
                const value = one.values[i] || 0;
                if (value) svg.append(svgNode('rect', { x: x(i) - slot * .36, width: slot * .72, y: y(base + value), height: Math.max(y(base) - y(base + value) - .5, .5), fill: `var(--${one.colour})` }));
                base += value;
            }
        });
    } else {
        for (const one of series) {
            const points = one.values.map((value, i) => [i, value]).filter(([, value]) => Number.isFinite(value));
            svg.append(svgNode('polyline', { points: points.map(([i, value]) => `${x(i)},${y(value)}`).join(' '), fill: 'none', stroke: `var(--${one.colour})`, 'stroke-width': 2.5, 'stroke-linejoin': 'round' }));
            for (const [i, value] of points) svg.append(svgNode('circle', { cx: x(i), cy: y(value), r: 3.5, fill: `var(--${one.colour})` }));
        }
    }
    const any = series.some((one) => one.values.some((value) => Number.isFinite(value) && (kind !== 'bars' || value > 0)));
    return h('section', { class: 'card' }, h('h2', {}, title), any ? svg : h('p', { class: 'soft' }, t('nothing')),
        any && h('ul', { class: 'key' }, series.map((one) => h('li', {}, h('i', { style: `background:var(--${one.colour})` }), one.name))),
        any && h('details', {}, h('summary', {}, t('as_table')), table(title, [[''], ...series.map((one) => [one.name, true])],
            labels.map((label, i) => [label, ...series.map((one) => (Number.isFinite(one.values[i]) ? format(one.values[i]) : '–'))]), '')));
}
