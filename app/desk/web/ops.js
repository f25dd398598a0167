/* The ops page: log-in, its views by address (?view=...), and the live link to the desk. docs/protocol.md, "The ops page". */
import { ask, h, may, reason, say, state, t } from './ops-parts.js';
import { fleetChanged, fleetView } from './ops-fleet.js';
import { boothView } from './ops-booth.js';
import { figuresView } from './ops-figures.js';
import { settingsView, trailView } from './ops-settings.js';
import { shopperView } from './ops-shopper.js';

const LANGUAGES = ['en', 'nb', 'sv', 'da', 'fi'];
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const VIEWS = { fleet: fleetView, booth: boothView, figures: figuresView, settings: settingsView, shopper: shopperView, trail: trailView };
const TABS = [['fleet', 'viewer'], ['figures', 'viewer'], ['settings', 'viewer'], ['shopper', 'admin'], ['trail', 'admin']];

const place = (id) => document.getElementById(id);
const parameters = () => new URLSearchParams(location.search);
const viewName = () => (parameters().get('view') in VIEWS ? parameters().get('view') : 'fleet');
let shown = { leave() {}, changed() {} };
let socket = null;
let begun = null; /* the first look at the fleet, until the link has caught up with it */
let tries = 0;

/* --- views ---------------------------------------------------------------------------------------------------------------------------- */

function showTop() {
    const current = viewName();
    place('top').replaceChildren(h('span', { class: 'brand' }, 'Livebooth'),
        h('nav', { 'aria-label': t('title') }, TABS.filter(([, role]) => may(role)).map(([name]) =>
            h('a', { href: `/ops?view=${name}`, 'aria-current': (name === current || (name === 'fleet' && current === 'booth')) && 'page' }, t(`tab_${name}`)))),
        h('span', { class: 'user' }, h('span', { class: 'soft' }, `${state.user.name} · ${t(`role_${state.user.role}`)}`), h('button', { type: 'button', onclick: logOut }, t('log_out'))));
    place('top').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function show() {
    shown.leave?.();
    const name = viewName();
    document.title = `${t(`tab_${name}` in state.texts ? `tab_${name}` : 'tab_fleet')} · Livebooth`;
    showTop();
    shown = VIEWS[name](place('main'), parameters(), go) || {};
}

function go(address, replace = false) {
    history[replace ? 'replaceState' : 'pushState'](null, '', address);
    if (!replace) show();
}

document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="/ops"]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || link.target) return;
    event.preventDefault();
    go(link.getAttribute('href'));
    place('main').focus({ preventScroll: true });
    scrollTo(0, 0);
    if (link.hash) place(link.hash.slice(1))?.scrollIntoView();
});
addEventListener('popstate', () => state.user && show());

/* --- live ----------------------------------------------------------------------------------------------------------------------------- */

let fleetAt = 0; /* revision of what is shown; 0: nothing yet */
let loading = 0;
let early = []; /* rows that changed while it was being fetched */

function takeRows(rows) {
    for (const row of rows) state.booths.set(row.booth, row);
    fleetChanged(rows);
    shown.changed?.(rows);
}

async function loadFleet() {
    early = [];
    loading += 1;
    const fleet = await ask('/api/ops/fleet').finally(() => { loading -= 1; });
    state.now = fleet.now_utc - Date.now();
    state.desk = fleet.desk;
    state.booths = new Map(fleet.booths.map((row) => [row.booth, row]));
    fleetAt = fleet.rev;
    fleetChanged(null);
    shown.changed?.(null);
    takeRows(early.splice(0));
}

/* What changed between the first look at the fleet, which does not wait for the link, and the link's beginning. */
async function catchUp() {
    if (!fleetAt) return loadFleet();
    const fleet = await ask(`/api/ops/fleet?after=${fleetAt}`);
    if (fleet.desk !== state.desk || fleet.rev < fleetAt) return loadFleet();
    fleetAt = fleet.rev;
    return takeRows(fleet.booths);
}

function onMessage({ data }) {
    const message = JSON.parse(data);
    if (message.t === 'hello' || message.t === 'reload') {
        const first = message.t === 'hello' && begun;
        (first ? begun.then(catchUp, loadFleet) : loadFleet()).then(() => { place('lost').hidden = true; tries = 0; }, () => socket?.close());
        begun = null;
    } else if (message.t === 'booths') {
        state.now = message.now_utc - Date.now();
        if (loading) early.push(...message.rows);
        if (fleetAt) takeRows(message.rows);
    } else if (message.t === 'line') {
        state.line = message;
        shown.line?.();
    }
}

function connect() {
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/ops`, 'livebooth.ops.v1');
    socket.onmessage = onMessage;
    socket.onclose = async () => {
        socket = null;
        if (!state.user) return;
        place('lost').hidden = false;
        await ask('/api/ops/me').catch(() => {});
        if (state.user) setTimeout(() => state.user && !socket && connect(), RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
    };
}

/* --- logging in ----------------------------------------------------------------------------------------------------------------------- */

function showLogin() {
    state.user = null;
    state.booths = new Map();
    fleetAt = 0;
    early = [];
    socket?.close();
    shown.leave?.();
    shown = {};
    place('top').replaceChildren();
    place('lost').hidden = true;
    document.title = `${t('log_in')} · Livebooth`;
    const bad = h('p', { class: 'bad', role: 'alert' });
    const name = h('input', { name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, maxlength: '32' });
    const password = h('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true, maxlength: '256' });
    const button = h('button', { class: 'main', type: 'submit' }, t('log_in'));
    const submit = async (event) => {
        event.preventDefault();
        button.disabled = true;
        bad.textContent = '';
        try {
            await begin(await ask('/api/ops/login', { method: 'POST', body: { name: name.value, password: password.value } }));
        } catch (error) {
            bad.textContent = error.code === 'too_fast' ? t('refused_too_fast', { n: error.answer.wait_s }) : reason(error);
            password.select();
        }
        button.disabled = false;
    };
    place('main').replaceChildren(h('div', { class: 'login card' }, h('h1', {}, `Livebooth ${t('title')}`),
        h('form', { onsubmit: submit }, h('label', {}, t('name'), name), h('label', {}, t('password'), password), bad, button)));
    name.focus();
}

async function logOut() {
    await ask('/api/ops/logout', { method: 'POST' }).catch((error) => say(reason(error)));
    showLogin();
}

async function begin(user) {
    state.user = user;
    begun ??= loadFleet();
    begun.catch(() => {});
    show();
    connect();
}

async function start() {
    const wanted = [parameters().get('lang'), localStorage.getItem('shop language'), ...navigator.languages];
    state.lang = wanted.map((tag) => String(tag || '').toLowerCase().split('-')[0].replace(/^(no|nn)$/, 'nb')).find((tag) => LANGUAGES.includes(tag)) || 'en';
    begun = loadFleet(); /* at once: who is not logged in gets nothing */
    begun.catch(() => {});
    const [catalogue, me] = await Promise.all([fetch(`/text/${state.lang}.json`).then((answer) => answer.json()), ask('/api/ops/me').catch(() => null)]);
    state.texts = catalogue.ops;
    state.topics = catalogue.shopper;
    state.console = catalogue.console;
    document.documentElement.lang = state.lang;
    place('lost').textContent = t('lost');
    if (!me) begun = null;
    document.addEventListener('logged-out', () => state.user && showLogin());
    await (me ? begin(me) : showLogin());
}
start();
