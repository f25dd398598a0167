/* The ops page: /api/status as figures, the line by topic and the booths, fresh each second. What the desk does not know is shown as unknown. */
(() => {
'use strict';

const EVERY_MS = 1000;
const LIMIT_MS = 4000;
const LANGUAGES = ['en', 'nb', 'sv', 'da', 'fi'];

const place = (id) => document.getElementById(id);
let texts = {};
let topicNames = {};
let lang = 'en';

function make(tag, content, className = '') {
    const node = document.createElement(tag);
    node.append(...[content].flat());
    if (className) node.className = className;
    return node;
}

function duration(ms) {
    if (!Number.isFinite(ms)) return '–';
    const seconds = Math.round(ms / 1000);
    return seconds < 3600 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
        : `${Math.floor(seconds / 3600)}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/* A booth is told by its name alone, or by its whole snapshot. */
const asBooth = (booth) => (typeof booth === 'string' ? { booth } : booth.snapshot ? { ...booth.snapshot, ...booth } : booth);

function stateOf(booth) {
    if (booth.online === false) return 'offline';
    return `state_${booth.state}` in texts ? booth.state : 'unknown';
}

const number = (value) => (Number.isFinite(value) ? String(value) : '–');

function showFigures(status, booths) {
    const queue = status.queue || {};
    const calls = status.calls || {};
    const figures = [['waiting', number(queue.waiting)], ['oldest', queue.waiting ? duration(queue.oldest_ms) : '–'], ['ready', number(status.parked)],
        ['live', number(calls.live)], ['booths', String(booths.length)]];
    place('figures').replaceChildren(...figures.map(([name, value]) => make('div', [make('dt', texts[name]), make('dd', value)])));
}

function showQueue(topics = {}) {
    const rows = Object.entries(topics);
    const most = Math.max(1, ...rows.map(([, waiting]) => waiting));
    const row = ([id, waiting]) => {
        const name = topicNames[`topic_${id}`] || id;
        const meter = Object.assign(document.createElement('meter'), { max: most, value: waiting });
        meter.setAttribute('aria-label', `${name}: ${waiting}`);
        return make('div', [make('span', name), meter, make('span', String(waiting))], 'topic');
    };
    place('queue').replaceChildren(...(rows.length ? rows.map(row) : [make('p', texts.no_calls, 'soft')]));
}

function boothRow(booth) {
    const state = stateOf(booth);
    const problems = (booth.problems || []).map((problem) => problem.name).join(', ');
    const call = booth.call ? `${topicNames[`topic_${booth.call.topic}`] || booth.call.topic} (${booth.call.lang})` : '–';
    const since = Number.isFinite(booth.now_mono - booth.since_mono) ? duration(booth.now_mono - booth.since_mono) : '–';
    const cells = [booth.name || booth.booth, booth.store || '–', make('span', texts[`state_${state}`], `state ${state}`), since, call,
        booth.problems ? problems || texts.none : '–', booth.version || '–'];
    return make('tr', cells.map((cell) => make('td', cell)));
}

function showBooths(booths) {
    if (booths.length === 0) {
        place('booths').replaceChildren(make('p', texts.no_booths, 'soft'));
        return;
    }
    const head = ['booth', 'store', 'state', 'since', 'call', 'problems', 'version'].map((name) => {
        const cell = make('th', texts[name]);
        cell.scope = 'col';
        return cell;
    });
    place('booths').replaceChildren(make('table', [make('thead', make('tr', head)), make('tbody', booths.map(boothRow))]));
}

function show(status) {
    const booths = (Array.isArray(status.booths) ? status.booths : Object.values(status.booths || {})).map(asBooth);
    booths.sort((a, b) => String(a.booth).localeCompare(String(b.booth), lang, { numeric: true }));
    showFigures(status, booths);
    showQueue(status.queue && status.queue.topics);
    showBooths(booths);
    place('raw').textContent = JSON.stringify(status, null, 2);
    const time = new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { timeStyle: 'medium' }).format();
    place('updated').textContent = texts.updated.replace('{time}', time);
}

async function refresh() {
    try {
        const answer = await fetch('/api/status', { cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS) });
        if (!answer.ok) throw new Error(answer.statusText);
        show(await answer.json());
        place('lost').hidden = true;
    } catch {
        place('lost').hidden = false;
    }
    setTimeout(refresh, EVERY_MS);
}

async function start() {
    const wanted = [new URLSearchParams(location.search).get('lang'), localStorage.getItem('shop language'), ...navigator.languages];
    lang = wanted.map((tag) => String(tag || '').toLowerCase().split('-')[0].replace(/^(no|nn)$/, 'nb')).find((tag) => LANGUAGES.includes(tag)) || 'en';
    const catalogue = await (await fetch(`/text/${lang}.json`)).json();
    texts = catalogue.ops;
    topicNames = catalogue.shopper;
    document.documentElement.lang = lang;
    document.title = `${texts.title} · Livebooth`;
    for (const node of document.querySelectorAll('[data-text]')) node.textContent = texts[node.dataset.text];
    await refresh();
}
start();
})();
