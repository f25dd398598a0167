/* The fleet: the line, how many are in which state, and every booth by region and store, of which only those in sight are in the document. */
import { ask, duration, h, may, number, pauseName, percent, problemName, reason, say, state, stateMark, stateName, t, topicName } from './ops-parts.js';

const STATES = ['ready', 'ringing', 'connecting', 'live', 'wrapup', 'paused', 'starting', 'offline', 'unknown'];
const SPARE = 6; /* rows beyond the edge */
const collator = new Intl.Collator(undefined, { numeric: true });
let ordered = null; /* rows by region, store, name; null: to be made */

export function fleetChanged(rows) {
    if (!rows || !ordered) {
        ordered = null;
        return;
    }
    for (const row of rows) {
        const at = ordered.index.get(row.booth);
        const old = at === undefined ? null : ordered.rows[at];
        if (!old || old.region !== row.region || old.store !== row.store || old.name !== row.name) {
            ordered = null;
            return;
        }
        ordered.rows[at] = row;
    }
}

function rowsInOrder() {
    if (ordered) return ordered.rows;
    const rows = [...state.booths.values()].sort((a, b) => collator.compare(a.region, b.region) || collator.compare(a.store, b.store) || collator.compare(a.name || a.booth, b.name || b.booth) || collator.compare(a.booth, b.booth));
    ordered = { rows, index: new Map(rows.map((row, i) => [row.booth, i])) };
    return rows;
}

function wanted(filter) {
    const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    return (row) => (!filter.region || row.region === filter.region) && (!filter.store || row.store === filter.store) && (!filter.state || row.state === filter.state) &&
        (!filter.bad || row.problem_count > 0 || row.state === 'offline' || row.state === 'unknown') &&
        words.every((word) => `${row.booth} ${row.name} ${row.store} ${row.region} ${row.version} ${row.problems.join(' ')}`.toLowerCase().includes(word));
}

/* Booths with a heading before each store, which counts all of the store. */
function grouped(rows, all) {
    const items = [], stores = new Map();
    let head = null;
    for (const row of all) {
        const key = JSON.stringify([row.region, row.store]), store = stores.get(key) || { n: 0, ready: 0 };
        store.n += 1;
        store.ready += row.state === 'ready' ? 1 : 0;
        stores.set(key, store);
    }
    for (const row of rows) {
        if (!head || head.region !== row.region || head.store !== row.store) {
            head = { group: true, region: row.region, store: row.store, ...stores.get(JSON.stringify([row.region, row.store])) };
            items.push(head);
        }
        items.push(row);
    }
    return items;
}

const since = (row) => (row.since_utc > 0 ? duration(Math.max(Date.now() + state.now - row.since_utc, 0)) : '–');

function problemWords(row) {
    if (row.state === 'offline') return h('span', { class: 'worst error' }, t('problem_booth_offline'));
    if (!row.problem_count) return h('span', { class: 'soft' }, t('none'));
    const more = row.problem_count - 1;
    return h('a', { class: `worst ${row.worst}`, href: `/ops?view=booth&id=${row.booth}#problems`, tabindex: '-1' }, `${problemName(row.problems[0])}${more > 0 ? ` +${number(more)}` : ''}`);
}

function makeRow(item, at) {
    if (item.group)
        return h('div', { class: 'row group', role: 'row', 'aria-rowindex': String(at + 2) }, h('div', { role: 'cell', 'aria-colspan': '6' }, [item.region, item.store].filter(Boolean).join(' · ') || t('no_store'),
            h('span', {}, `  ${t('ready_of', { n: number(item.ready), of: number(item.n) })}`)));
    const pause = item.state === 'paused' && item.pause_reason ? pauseName(item.pause_reason) : '';
    return h('div', { class: 'row', role: 'row', 'aria-rowindex': String(at + 2) },
        h('div', { role: 'cell' }, h('a', { href: `/ops?view=booth&id=${item.booth}` }, item.name || item.booth)),
        h('div', { role: 'cell' }, stateMark(item.state)), h('div', { role: 'cell', class: 'since-cell' }, since(item)),
        h('div', { role: 'cell' }, item.topic ? topicName(item.topic) : pause || '–'), h('div', { role: 'cell', class: 'problem-cell' }, problemWords(item)),
        h('div', { role: 'cell', class: 'soft' }, item.version || '–'));
}

/* A list whose document holds what is in sight. */
function virtualList(label, columns) {
    const rows = h('div', { class: 'rows', role: 'presentation' });
    const scroll = h('div', { class: 'scroll', role: 'rowgroup' }, rows);
    const node = h('div', { class: 'list', role: 'table', 'aria-label': label },
        h('div', { role: 'rowgroup' }, h('div', { class: 'head', role: 'row', 'aria-rowindex': '1' }, columns.map((text) => h('div', { role: 'columnheader' }, text)))), scroll);
    let items = [];
    let drawn = new Map();
    const height = () => (innerWidth <= 760 ? 60 : 38);
    const draw = (fresh = false) => {
        const each = height(), from = Math.max(0, Math.floor(scroll.scrollTop / each) - SPARE), to = Math.min(items.length, from + Math.ceil(scroll.clientHeight / each) + 2 * SPARE);
        const focused = rows.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
        rows.style.height = `${items.length * each}px`;
        const kept = new Map();
        for (let i = from; i < to; i += 1) {
            const old = drawn.get(i);
            const entry = !fresh && old?.item === items[i] && old.each === each ? old : { item: items[i], each, node: makeRow(items[i], i) };
            entry.node.style.top = `${i * each}px`;
            if (entry !== old) rows.append(entry.node);
            kept.set(i, entry);
        }
        for (const [i, entry] of drawn) if (kept.get(i) !== entry) entry.node.remove();
        drawn = kept;
        if (focused && !rows.contains(document.activeElement)) rows.querySelector(`a[href="${CSS.escape(focused).replaceAll('\\', '')}"]`)?.focus({ preventScroll: true });
    };
    const move = (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const here = document.activeElement.closest?.('.row');
        if (!step || !here) return;
        let at = Number(here.getAttribute('aria-rowindex')) - 2 + step;
        while (items[at]?.group) at += step;
        if (!items[at]) return;
        event.preventDefault();
        const each = height();
        if (at * each < scroll.scrollTop) scroll.scrollTop = at * each;
        if ((at + 1) * each > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = (at + 1) * each - scroll.clientHeight;
        draw();
        drawn.get(at)?.node.querySelector('a')?.focus({ preventScroll: true });
    };
    scroll.addEventListener('scroll', () => requestAnimationFrame(() => draw()), { passive: true });
    scroll.addEventListener('keydown', move);
    const resized = new ResizeObserver(() => draw());
    resized.observe(scroll);
    return { node, set(next) { items = next; node.setAttribute('aria-rowcount', String(items.length + 1)); draw(); }, refresh: () => draw(true), leave: () => resized.disconnect() };
}

function summary(rows) {
    const count = (...words) => rows.filter((row) => words.includes(row.state)).length;
    const line = state.line, service = line?.service;
    const figures = [['waiting', line ? number(line.waiting) : '–'], ['oldest', line?.waiting ? duration(line.oldest_ms) : '–'], ['service_level', service?.n ? percent(Math.round(100 * service.good / service.n) / 100) : '–'],
        ['ready', number(count('ready'))], ['ringing', number(count('ringing'))], ['live', number(count('live', 'connecting'))], ['wrapup', number(count('wrapup'))],
        ['paused', number(count('paused', 'starting'))], ['offline', number(count('offline', 'unknown'))]];
    return figures.map(([name, value]) => h('div', {}, h('dt', {}, t(`figure_${name}`)), h('dd', {}, value)));
}

function lineByTopic() {
    const topics = Object.entries(state.line?.topics || {});
    return topics.map(([id, part]) => h('li', { class: `topic${part.waiting ? ' waiting' : ''}` }, h('span', {}, topicName(id)), h('b', {}, number(part.waiting)), part.waiting > 0 && h('span', {}, duration(part.oldest_ms))));
}

function askNotice(filter) {
    const text = h('textarea', { required: true, maxlength: '200' }), minutes = h('input', { type: 'number', min: '1', max: '480', value: '15', required: true });
    const whom = [filter.region, filter.store].filter(Boolean).join(' · ') || t('all_booths');
    const dialog = h('dialog', { 'aria-label': t('notice') });
    dialog.append(h('form', { method: 'dialog', onsubmit: async (event) => {
        event.preventDefault();
        try {
            const answer = await ask('/api/ops/notice', { method: 'POST', body: { region: filter.region, store: filter.store, text: text.value, minutes: Number(minutes.value) } });
            say(t('notice_sent', { n: number(answer.booths) }));
            dialog.close();
        } catch (error) { say(reason(error)); }
    } }, h('h2', {}, t('notice')), h('p', {}, `${t('notice_to')}: ${whom}`), h('label', {}, t('notice_text'), text), h('label', {}, t('notice_minutes'), minutes),
    h('div', { class: 'actions' }, h('button', { class: 'main', type: 'submit' }, t('send')), h('button', { type: 'button', onclick: () => dialog.close() }, t('cancel')))));
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}

export function fleetView(main, parameters, go) {
    const filter = { q: parameters.get('q') || '', region: parameters.get('region') || '', store: parameters.get('store') || '', state: parameters.get('state') || '', bad: parameters.get('bad') === '1' };
    const figures = h('dl', { class: 'figures' }), topics = h('ul', { class: 'topics' });
    const list = virtualList(t('booths'), ['booth', 'state', 'since', 'topic', 'problems', 'version'].map((name) => t(name)));
    const counted = h('p', { class: 'soft', role: 'status' });
    const choice = (name, label) => h('select', { onchange: (event) => { filter[name] = event.target.value; if (name === 'region') filter.store = ''; changed(); }, 'aria-label': label });
    const region = choice('region', t('region')), store = choice('store', t('store')), states = choice('state', t('state'));
    const fill = (select, all, values, current) => {
        const text = JSON.stringify([values, current]);
        if (select.dataset.has === text) return;
        select.dataset.has = text;
        select.replaceChildren(h('option', { value: '' }, all), ...values.map(([value, name]) => h('option', { value, selected: value === current }, name)));
        select.value = current;
    };
    const redraw = () => {
        const rows = rowsInOrder(), shown = rows.filter(wanted(filter));
        const names = (pick, within) => [...new Set(rows.filter(within).map(pick))].filter(Boolean).map((name) => [name, name]);
        fill(region, t('all_regions'), names((row) => row.region, () => true), filter.region);
        fill(store, t('all_stores'), names((row) => row.store, (row) => !filter.region || row.region === filter.region), filter.store);
        fill(states, t('all_states'), STATES.map((word) => [word, stateName(word)]), filter.state);
        figures.replaceChildren(...summary(rows));
        counted.textContent = rows.length ? t('shown_of', { n: number(shown.length), of: number(rows.length) }) : t('no_booths');
        list.set(grouped(shown, rows));
    };
    const kept = () => new URLSearchParams(Object.entries({ q: filter.q, region: filter.region, store: filter.store, state: filter.state, bad: filter.bad ? '1' : '' }).filter(([, value]) => value));
    const sheet = h('a', { class: 'button push', download: true }, 'CSV');
    const link = () => { const query = kept(); sheet.href = `/api/ops/fleet.csv${query.size ? `?${query}` : ''}`; };
    const drawLine = () => { topics.replaceChildren(...lineByTopic()); figures.replaceChildren(...summary(rowsInOrder())); };
    function changed() {
        go(`/ops?${new URLSearchParams([['view', 'fleet'], ...kept()])}`, true);
        link();
        redraw();
    }
    main.replaceChildren(h('div', { class: 'title' }, h('h1', {}, t('tab_fleet')), counted), figures, h('section', { class: 'line' }, h('h2', {}, t('by_topic')), topics),
        h('div', { class: 'filters' }, h('label', { class: 'search' }, t('search'), h('input', { type: 'search', value: filter.q, oninput: (event) => { filter.q = event.target.value; changed(); } })),
            h('label', {}, t('region'), region), h('label', {}, t('store'), store), h('label', {}, t('state'), states),
            h('label', { class: 'inline' }, h('input', { type: 'checkbox', checked: filter.bad, onchange: (event) => { filter.bad = event.target.checked; changed(); } }), t('only_bad')),
            sheet, may('operator') && h('button', { type: 'button', onclick: () => askNotice(filter) }, t('notice'))),
        list.node);
    link();
    redraw();
    drawLine();
    const clock = setInterval(() => list.refresh(), 5000);
    return { changed: redraw, line: drawLine, leave() { clearInterval(clock); list.leave(); } };
}
