/* One booth: what is wrong and what to do, what it is made of, its last calls and how they were, and what may be done from afar. */
import { ask, clock, confirmed, duration, h, may, number, pauseName, plot, problemAdvice, problemName, reason, saveCsv, say, state, stateMark, t, table, time, topicName } from './ops-parts.js';

const DAY_MS = 86400000;
const CALLS = 50;

const device = (part) => (!part ? t('state_unknown') : !part.ok ? part.problem || t('bad') : part.driver === 'sim' ? t('simulated') : part.name || part.driver || t('works'));

function facts(row, snapshot) {
    const health = snapshot?.studio?.health, update = snapshot?.update, slot = snapshot?.slot;
    const rows = [[t('store'), [row.region, row.store].filter(Boolean).join(' · ') || '–'], [t('seen'), time(row.seen_utc, 'medium')], [t('version'), row.version || '–'],
        [t('slot'), slot || '–'], [t('update'), update ? [t(`update_${update.state}`), update.version, update.percent ? `${update.percent} %` : '', update.why].filter(Boolean).join(' ') : '–'],
        [t('temperature'), Number.isFinite(row.temperature_c) ? `${number(row.temperature_c)} °C` : '–'],
        [t('link'), snapshot?.link?.address || '–'], [t('records_waiting'), number(snapshot?.records?.waiting)],
        [t('catalogue'), snapshot?.catalogue?.version ? `${number(snapshot.catalogue.products)} (${snapshot.catalogue.version})` : '–'],
        [t('camera_face'), device(health?.camera?.face)], [t('camera_product'), device(health?.camera?.product)], [t('microphone'), device(health?.microphone)],
        [t('speaker'), device(health?.speaker)], [t('console'), device(health?.console)], [t('demo'), device(health?.demo)]];
    return h('dl', { class: 'facts' }, rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

/* Two booths with one card: neither gets calls until somebody has decided which one stays. */
const decision = (id) => h('div', { class: 'actions' }, decide(id, 'release'), may('admin') && decide(id, 'revoke', 'danger'));
const decide = (id, what, style = '') => h('button', { type: 'button', class: style, onclick: async () => { if (await confirmed(t(`sure_${what}`))) await act(id, what); } }, t(`act_${what}`));

const placeList = (links) => (links.length > 0 ? h('div', { class: 'places' }, h('h4', {}, t('places')), h('ul', {}, links.map((link) =>
    h('li', {}, h('b', {}, link.address), ` · ${t('place_since', { time: time(link.since_utc, 'medium') })} · ${t('place_heard', { time: time(link.heard_utc, 'medium') })}`))), links.length < 2 && h('p', {}, t('place_one'))) : h('p', {}, t('place_none')));

function problemList(problems, row, links) {
    const all = row.state === 'offline' ? [{ name: 'booth_offline', severity: 'error', since_utc: row.since_utc }, ...problems] : problems;
    if (all.length === 0) return [h('p', {}, t('no_problems'))];
    return [row.state === 'offline' && h('p', { class: 'soft' }, t('last_known')), all.map((problem) => h('div', { class: `problem ${problem.severity}` },
        h('h3', {}, problemName(problem.name)), h('p', {}, problemAdvice(problem.name)), problem.name === 'identity_twice' && may('operator') && [links && placeList(links), decision(row.booth)],
        h('p', { class: 'soft' }, `${t('first_seen')} ${time(problem.since_utc)}`, ' · ', h('code', {}, problem.name))))];
}

function checkTable(snapshot) {
    const rows = (snapshot?.checks || []).map((check) => [state.console[`check_${check.name}`] || (check.name === 'desk' ? state.console.check_link : check.name), state.console[`check_word_${check.state}`] || check.state]);
    return table(t('checks'), [[t('check')], [t('state')]], rows, '–');
}

/* --- what may be done ------------------------------------------------------------------------------------------------------------------ */

async function act(id, what, more = {}, then = t('done')) {
    try {
        const answer = await ask(`/api/ops/booths/${id}`, { method: 'POST', body: { what, ...more } });
        say(answer.text || then);
    } catch (error) { say(`${t('refused')}: ${reason(error)}`); }
}

async function showPicture(id, place) {
    try {
        const answer = await ask(`/api/ops/booths/${id}`, { method: 'POST', body: { what: 'picture' }, raw: true });
        place.replaceChildren(h('img', { class: 'shot', src: URL.createObjectURL(await answer.blob()), alt: t('picture_alt') }), h('p', { class: 'soft' }, time(Date.now(), 'medium')));
    } catch (error) { say(`${t('refused')}: ${reason(error)}`); }
}

function actionBar(id, ...places) {
    const [place] = places;
    const button = (name, run, style = '') => h('button', { type: 'button', class: style, onclick: run }, t(`act_${name}`));
    const source = h('input', { required: true, maxlength: '1000', type: 'url', placeholder: 'https://' }), text = h('textarea', { required: true, maxlength: '200' });
    const minutes = h('input', { type: 'number', min: '1', max: '480', value: '15', required: true });
    const sure = (name, style) => button(name, async () => { if (await confirmed(t(`sure_${name}`))) await act(id, name); }, style);
    return h('section', { class: 'card' }, h('h2', {}, t('actions')), h('div', { class: 'actions' },
        button('pause', () => act(id, 'pause')), button('resume', () => act(id, 'resume')), button('self_test', () => act(id, 'self_test')),
        button('notice', async () => { if (await confirmed(t('notice'), [h('label', {}, t('notice_text'), text), h('label', {}, t('notice_minutes'), minutes)])) await act(id, 'notice', { text: text.value, minutes: Number(minutes.value) }); }),
        button('picture', () => showPicture(id, place)), button('support_bundle', () => act(id, 'support_bundle', {}, t('bundle_asked'))),
        button('update', async () => { if (await confirmed(t('act_update'), h('label', {}, t('update_source'), source))) await act(id, 'update', { text: source.value }); }),
        sure('restart_studio', 'danger'), sure('restart_booth', 'danger'), may('admin') && sure('revoke', 'danger')), h('p', { class: 'soft' }, t('actions_note')), ...places);
}

/* Bundles come some time after they were asked for; what came to nothing says why. */
function bundleList(id, bundles) {
    const size = (bytes) => (bytes < 1e6 ? `${number(Math.ceil(bytes / 1000))}\u00a0kB` : `${number(bytes / 1e6, 1)}\u00a0MB`);
    const told = { awaited: () => t('bundle_awaited'), lost: () => h('span', { class: 'bad' }, t('bundle_lost')), failed: ({ why }) => h('span', { class: 'bad' }, `${t('bundle_failed')}: ${why}`),
        here: (bundle) => h('a', { href: `/api/ops/bundles/${id}/${bundle.id}`, download: true }, `${t('bundle_fetch')} (${size(bundle.bytes)})`) };
    const rows = bundles.map((bundle) => [time(bundle.utc, 'medium'), (told[bundle.state] || told.failed)(bundle)]);
    return rows.length > 0 && h('div', { class: 'bundles' }, h('h3', {}, t('bundles')), h('ul', {}, rows.map((row) => h('li', {}, row[0], ' · ', row[1]))));
}

/* --- calls ----------------------------------------------------------------------------------------------------------------------------- */

const handledBy = (call, id) => (call.handled || []).find((one) => one.booth === id) || (call.handled || [])[0];
const quality = (call, id) => handledBy(call, id)?.quality;

function callsPart(id, calls) {
    const rows = calls.map((call) => { const mine = handledBy(call, id); return [time(call.enqueued_utc), topicName(call.topic), t(`outcome_${call.outcome}`) + (call.cause ? ` (${t(`cause_${call.cause}`)})` : ''), duration(call.waited_ms), duration(mine?.talk_ms ?? NaN), mine?.outcome ? t(`sold_${mine.outcome}`) : '–', call.rating ? `${call.rating.stars}/5` : '–']; });
    const head = [[t('when')], [t('topic')], [t('outcome')], [t('waited'), true], [t('talk'), true], [t('result')], [t('rating'), true]];
    return h('section', { class: 'card' }, h('div', { class: 'title' }, h('h2', {}, t('last_calls')), rows.length > 0 && h('button', { type: 'button', onclick: () => saveCsv(`calls-${id}.csv`, head.map(([text]) => text), rows) }, 'CSV')),
        table(t('last_calls'), head, rows, t('no_calls_yet')));
}

function qualityPart(id, calls) {
    const past = calls.filter((call) => quality(call, id)).reverse();
    const labels = past.map((call) => clock(call.enqueued_utc));
    const of = (name, factor = 1) => past.map((call) => (Number.isFinite(quality(call, id)[name]) ? quality(call, id)[name] * factor : null));
    return [plot(t('quality_rtt'), labels, [{ name: t('quality_rtt'), colour: 'c2', values: of('rtt_ms') }], { kind: 'line', format: (ms) => `${number(ms)} ms` }),
        plot(t('quality_loss'), labels, [{ name: t('quality_loss'), colour: 'c5', values: of('loss', 100) }], { kind: 'line', format: (share) => `${number(share, 1)} %` })];
}

export function boothView(main, parameters) {
    const id = parameters.get('id') || '';
    const title = h('div', { class: 'title' }), problems = h('section', { class: 'card', id: 'problems' }), about = h('section', { class: 'card' }), checks = h('section', { class: 'card' });
    const calls = h('div', { class: 'columns calls' }), picture = h('div', {}), kept = h('div', {});
    let told = '', gone = false, links = null;
    const load = async () => {
        try {
            const booth = await ask(`/api/ops/booths/${encodeURIComponent(id)}`);
            const twice = may('operator') && booth.problems.some(({ name }) => name === 'identity_twice');
            links = twice ? await ask(`/api/ops/links/${encodeURIComponent(id)}`).then((answer) => answer.links, () => links) : null;
            if (gone) return;
            const { row, snapshot } = booth;
            title.replaceChildren(h('h1', {}, row.name || row.booth), stateMark(row.state), h('span', { class: 'soft' }, `${row.booth} · ${duration(Date.now() + state.now - row.since_utc)}`), row.state === 'paused' && row.pause_reason && h('span', { class: 'soft' }, `${t('why')}: ${pauseName(row.pause_reason)}`) || '');
            problems.replaceChildren(h('h2', {}, t('problems')), ...problemList(booth.problems, row, links).flat().filter(Boolean));
            about.replaceChildren(h('h2', {}, t('about')), facts(row, snapshot));
            checks.replaceChildren(h('h2', {}, t('checks')), checkTable(snapshot));
        } catch (error) {
            if (!gone) title.replaceChildren(h('h1', {}, id), h('p', { class: 'bad' }, reason(error)));
        }
    };
    const loadBundles = async () => {
        if (!may('operator')) return;
        const bundles = await ask(`/api/ops/bundles/${encodeURIComponent(id)}`).catch(() => null);
        const text = JSON.stringify(bundles);
        if (gone || !bundles || text === kept.dataset.has) return;
        kept.dataset.has = text;
        kept.replaceChildren(...[bundleList(id, bundles)].filter(Boolean));
    };
    const loadCalls = async () => {
        try {
            const answer = await ask(`/api/ops/calls?${new URLSearchParams({ booth: id, from: Date.now() - 28 * DAY_MS, to: Date.now() + DAY_MS, limit: CALLS })}`);
            if (!gone) calls.replaceChildren(callsPart(id, answer.calls), h('div', { class: 'stack' }, qualityPart(id, answer.calls)));
        } catch (error) { if (!gone) calls.replaceChildren(h('p', { class: 'soft' }, reason(error))); }
    };
    main.replaceChildren(h('p', {}, h('a', { href: '/ops?view=fleet' }, `← ${t('tab_fleet')}`)), title, ...(may('operator') ? [actionBar(id, picture, kept)] : []), h('div', { class: 'columns' }, h('div', { class: 'stack' }, problems, checks), about), calls);
    load();
    loadCalls();
    loadBundles();
    const timer = setInterval(() => { load(); loadBundles(); }, 10000);
    const changed = (rows) => {
        const row = rows ? rows.find((one) => one.booth === id) : state.booths.get(id);
        const text = JSON.stringify(row);
        if (row && text !== told) load();
        told = text;
    };
    return { changed, leave() { gone = true; clearInterval(timer); } };
}
