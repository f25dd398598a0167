/* What holds for all desks, and the trail of who did what. */
import { ask, h, may, number, reason, saveCsv, say, state, t, table, time, topicName } from './ops-parts.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const dayName = (i) => new Intl.DateTimeFormat(state.lang, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + i));

function hoursPart(hours, disabled) {
    const own = h('input', { type: 'checkbox', checked: Boolean(hours), disabled });
    const inputs = DAYS.map((day) => h('input', { value: hours?.[day] ?? '00:00-24:00', pattern: 'closed|([01][0-9]|2[0-4]):[0-5][0-9]-([01][0-9]|2[0-4]):[0-5][0-9]', title: 'closed, 09:00-17:00', disabled }));
    const zone = h('input', { value: hours?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone, disabled }), closed = h('input', { value: (hours?.closed_days || []).join(' '), placeholder: '2026-12-25 2026-12-26', disabled });
    const box = h('div', {}, h('div', { class: 'days' }, DAYS.map((day, i) => h('label', {}, dayName(i), inputs[i]))), h('div', { class: 'days' }, h('label', {}, t('timezone'), zone), h('label', {}, t('closed_days'), closed)));
    const follow = () => { box.hidden = !own.checked; };
    own.addEventListener('change', follow);
    follow();
    return { node: h('fieldset', {}, h('legend', {}, t('hours')), h('label', { class: 'inline' }, own, t('hours_own')), box),
        read: () => (own.checked ? { ...Object.fromEntries(DAYS.map((day, i) => [day, inputs[i].value.trim()])), timezone: zone.value.trim(), closed_days: closed.value.split(/[\s,;]+/).filter(Boolean) } : undefined) };
}

/* A booth a line: its id, then its topics. What ops did not write here is as the booth itself says. */
function boothTopicsPart(set, disabled) {
    const lines = Object.entries(set || {}).map(([id, topics]) => `${id}: ${topics.join(' ')}`);
    const area = h('textarea', { rows: String(Math.max(2, lines.length + 1)), placeholder: 'oslo-1: tv phones', spellcheck: 'false', disabled });
    area.value = lines.join('\n');
    const read = () => {
        const rows = area.value.split('\n').map((line) => line.split(/[\s:,;]+/).filter(Boolean)).filter((words) => words.length);
        return rows.length ? Object.fromEntries(rows.map(([id, ...topics]) => [id, topics])) : undefined;
    };
    return { node: h('fieldset', {}, h('legend', {}, t('booth_topics')), h('label', {}, t('booth_topics_note'), area)), read };
}

export function settingsView(main) {
    let gone = false;
    const load = async () => {
        const told = await ask('/api/ops/settings'), now = told.settings || {}, disabled = !may('operator');
        if (gone) return;
        const ring = h('input', { type: 'number', min: '5', max: '600', value: String(now.ring_s ?? told.ring_s), required: true, disabled });
        const wrapup = h('input', { type: 'number', min: '1', max: '3600', value: String(now.wrapup_s ?? told.wrapup_s), required: true, disabled });
        const boxes = told.topics.map((id) => [id, h('input', { type: 'checkbox', checked: !now.topics || now.topics.includes(id), disabled })]);
        const hours = hoursPart(now.hours, disabled), ofBooths = boothTopicsPart(now.booth_topics, disabled), bad = h('p', { class: 'bad', role: 'alert' });
        const save = async (event) => {
            event.preventDefault();
            const topics = boxes.filter(([, box]) => box.checked).map(([id]) => id);
            const settings = { v: 1, ring_s: Number(ring.value), wrapup_s: Number(wrapup.value), ...(topics.length < boxes.length && { topics }), ...(ofBooths.read() && { booth_topics: ofBooths.read() }), ...(hours.read() && { hours: hours.read() }) };
            bad.textContent = '';
            try {
                await ask('/api/ops/settings', { method: 'PUT', body: { revision: told.revision, settings } });
                say(t('saved'));
                /* The desk shows it once the bus has it. */
                setTimeout(() => !gone && load().catch(() => {}), 500);
            } catch (error) { bad.textContent = error.code === 'bad_request' ? error.message : reason(error); }
        };
        main.replaceChildren(h('h1', {}, t('tab_settings')), h('p', { class: 'soft' }, t('settings_note')), h('form', { class: 'settings', onsubmit: save },
            h('fieldset', {}, h('legend', {}, t('times')), h('div', { class: 'days' }, h('label', {}, t('ring_s'), ring), h('label', {}, t('wrapup_s'), wrapup))),
            h('fieldset', {}, h('legend', {}, t('open_topics')), h('div', { class: 'days' }, boxes.map(([id, box]) => h('label', { class: 'inline' }, box, topicName(id))))),
            ofBooths.node, hours.node, bad, !disabled && h('div', {}, h('button', { class: 'main', type: 'submit' }, t('save')))));
    };
    load().catch((error) => !gone && main.replaceChildren(h('h1', {}, t('tab_settings')), h('p', { class: 'bad' }, reason(error))));
    return { leave() { gone = true; } };
}

export function trailView(main, parameters, go) {
    let gone = false, entries = [];
    const head = [[t('when')], [t('name')], [t('role')], [t('what')], [t('target')], [t('result')], [t('detail')], [t('address')]];
    const search = h('input', { type: 'search', value: parameters.get('q') || '' }), counted = h('p', { class: 'soft', role: 'status' }), place = h('section', { class: 'card' });
    const draw = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        const rows = entries.map((entry) => [time(entry.utc, 'medium'), entry.who || '–', t(`role_${entry.role}`), t(`deed_${entry.what}`), entry.target || '–', t(`result_${entry.result}`), entry.detail || '–', entry.address]).filter((row) => words.every((word) => row.join(' ').toLowerCase().includes(word)));
        counted.textContent = t('shown_entries', { n: number(rows.length), of: number(entries.length) });
        place.replaceChildren(table(t('tab_trail'), head, rows, t('nothing')));
    };
    const load = async () => {
        ({ entries } = await ask('/api/ops/trail'));
        if (gone) return;
        const csv = () => saveCsv('trail.csv', ['utc', 'who', 'role', 'what', 'target', 'result', 'detail', 'address', 'desk'], entries.map((entry) => [new Date(entry.utc).toISOString(), entry.who, entry.role, entry.what, entry.target, entry.result, entry.detail, entry.address, entry.desk]));
        main.replaceChildren(h('div', { class: 'title' }, h('h1', {}, t('tab_trail')), counted), h('div', { class: 'filters' }, h('label', { class: 'search' }, t('search'), search), h('button', { type: 'button', class: 'push', onclick: csv }, 'CSV')), place);
        draw();
    };
    search.addEventListener('input', () => {
        go(`/ops?${new URLSearchParams([['view', 'trail'], ...(search.value ? [['q', search.value]] : [])])}`, true);
        draw();
    });
    load().catch((error) => !gone && main.replaceChildren(h('h1', {}, t('tab_trail')), h('p', { class: 'bad' }, reason(error))));
    return { leave() { gone = true; } };
}
