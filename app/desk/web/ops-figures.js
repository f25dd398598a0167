/* A day's figures: service level and missed calls by cause over its hours, and the rest as numbers. docs/kpi.md says what each is. */
import { ask, clock, duration, h, number, percent, plot, reason, saveCsv, state, t, topicName } from './ops-parts.js';

const CAUSES = ['no_staff', 'ring_no_answer', 'wrap_up_overrun', 'device_fault', 'network', 'left_before_promise', 'left_after_promise', 'unknown'];
const AGAIN_MS = 30000;

const dayText = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;

function span(day) {
    const [year, month, date] = day.split('-').map(Number);
    return { from: new Date(year, month - 1, date).getTime(), to: new Date(year, month - 1, date + 1).getTime() };
}

const GIVEN = { offered: (f) => number(f.offered), answered: (f) => number(f.answered), missed: (f) => number(f.missed?.n), abandon_rate: (f) => percent(f.abandon_rate),
    service_level: (f) => percent(f.service_level?.share), asa: (f) => duration(f.answer_ms?.mean ?? NaN), picture: (f) => (Number.isFinite(f.picture_ms?.p50) ? `${number(f.picture_ms.p50)} ms` : '–'),
    aht: (f) => duration(f.handling?.aht_ms ?? NaN), occupancy: (f) => percent(f.occupancy?.share), conversion: (f) => percent(f.conversion?.share),
    csat: (f) => (Number.isFinite(f.csat?.mean_stars) ? `${number(f.csat.mean_stars, 1)}/5` : '–'), nps: (f) => number(f.nps?.score), promise: (f) => [percent(f.promise?.covered_share), f.promise?.n > 0 && h('small', {}, ` ${t('promise_of', { n: number(f.promise.n) })}`)] };

const numbers = (total) => h('dl', { class: 'figures' }, Object.entries(GIVEN).map(([name, read]) => h('div', {}, h('dt', {}, t(`kpi_${name}`)), h('dd', {}, read(total)))));

function plots(answer) {
    const groups = answer.groups.filter((group) => group.start_utc);
    const labels = groups.map((group) => clock(group.start_utc));
    const level = groups.map((group) => (Number.isFinite(group.figures.service_level.share) ? group.figures.service_level.share : null));
    const seconds = number((answer.total.service_level.within_ms || 0) / 1000);
    return [plot(t('plot_level', { s: seconds }), labels, [{ name: t('kpi_service_level'), colour: 'c1', values: level }], { kind: 'line', most: 1, format: percent, goal: .8 }),
        plot(t('plot_missed'), labels, CAUSES.filter((cause) => cause !== 'unknown' || answer.total.missed.causes.unknown).map((cause, i) => ({ name: t(`cause_${cause}`), colour: `c${i + 1}`, values: groups.map((group) => group.figures.missed.causes[cause] || 0) }))),
        plot(t('plot_calls'), labels, [{ name: t('kpi_answered'), colour: 'c1', values: groups.map((group) => group.figures.answered) }, { name: t('kpi_missed'), colour: 'c5', values: groups.map((group) => group.figures.missed.n) }])];
}

export function figuresView(main, parameters, go) {
    const filter = { day: /^\d{4}-\d\d-\d\d$/.test(parameters.get('day') || '') ? parameters.get('day') : dayText(new Date()), region: parameters.get('region') || '', store: parameters.get('store') || '', topic: parameters.get('topic') || '' };
    const result = h('div', { class: 'columns' }), totals = h('div', {}), note = h('p', { class: 'soft', role: 'status' });
    let gone = false, last = null;
    const load = async () => {
        const query = { ...span(filter.day), by: 'hour', region: filter.region, store: filter.store, topic: filter.topic, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone };
        try {
            const answer = await ask(`/api/ops/figures?${new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))}`);
            if (gone) return;
            note.textContent = answer.caught_up ? '' : t('catching_up');
            const text = JSON.stringify(answer);
            if (text === last?.text) return;
            last = { text, answer };
            totals.replaceChildren(numbers(answer.total));
            const open = [...result.querySelectorAll('details')].map((part) => part.open);
            result.replaceChildren(...plots(answer));
            [...result.querySelectorAll('details')].forEach((part, i) => { part.open = open[i] || false; });
        } catch (error) { if (!gone) note.textContent = reason(error); }
    };
    const changed = (name) => (event) => {
        filter[name] = event.target.value;
        go(`/ops?${new URLSearchParams(Object.entries({ view: 'figures', ...filter }).filter(([, value]) => value))}`, true);
        load();
    };
    const booths = [...state.booths.values()];
    const choice = (name, all, values) => h('label', {}, t(name), h('select', { onchange: changed(name) }, h('option', { value: '' }, all), values.map(([value, text]) => h('option', { value, selected: value === filter[name] }, text))));
    const names = (pick) => [...new Set([...booths.map(pick), filter[pick === regionOf ? 'region' : 'store']])].filter(Boolean).sort().map((name) => [name, name]);
    const regionOf = (row) => row.region, storeOf = (row) => row.store;
    const csv = () => last && saveCsv(`figures-${filter.day}.csv`, ['start', 'offered', 'answered', 'service_level', ...CAUSES.map((cause) => `missed_${cause}`), 'promise_judged', 'promise_kept'],
        last.answer.groups.map((group) => [new Date(group.start_utc).toISOString(), group.figures.offered, group.figures.answered, group.figures.service_level.share, ...CAUSES.map((cause) => group.figures.missed.causes[cause]), group.figures.promise.n, group.figures.promise.covered_share]));
    main.replaceChildren(h('h1', {}, t('tab_figures')), h('div', { class: 'filters' }, h('label', {}, t('day'), h('input', { type: 'date', value: filter.day, max: dayText(new Date()), required: true, onchange: changed('day') })),
        choice('region', t('all_regions'), names(regionOf)), choice('store', t('all_stores'), names(storeOf)), choice('topic', t('all_topics'), Object.keys(state.line?.topics || {}).map((id) => [id, topicName(id)])),
        h('button', { type: 'button', class: 'push', onclick: csv }, 'CSV')), note, totals, result);
    load();
    const timer = setInterval(load, AGAIN_MS);
    return { leave() { gone = true; clearInterval(timer); } };
}
