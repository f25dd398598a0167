// The ops page against a desk, two booths without their studios, and booths that send nonsense: who may what, what is shown, what is noted.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { build, eventually, startSystem, STEP_MS, within } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const limits = { timeout: 10 * STEP_MS };
const FLEET = 40;
const NONSENSE = 3;
const WAIT_MAX_MS = 150000; // SESSION_WAIT_MAX and what a crowded machine adds
const OFFLINE_MS = 90000;   // FLEET_OFFLINE_MS, and the same
const secret = 'a long enough one';

let system, browser, context, page, fleet;
const faults = [];

const origin = () => system.url.replace(/\/$/, '');
const row = (id) => page.locator(`.row a[href$="id=${id}"]`);

async function ask(path, { method = 'GET', body, cookie = '', from = origin() } = {}) {
    const answer = await fetch(`${origin()}${path}`, { method, body: body && JSON.stringify(body), headers: { ...(from && { Origin: from }), ...(cookie && { Cookie: cookie }) } });
    return { status: answer.status, cookie: (answer.headers.get('set-cookie') || '').split(';')[0], flags: answer.headers.get('set-cookie') || '', json: await answer.json().catch(() => null) };
}
const logIn = (name, password = secret) => ask('/api/ops/login', { method: 'POST', body: { name, password } });

/* Onto the bus, as a desk or a booth's record would come: all is there when the server answers the ping. */
async function publish(messages) {
    const { hostname, port } = new URL(system.about.nats.replace('nats:', 'http:')), socket = connect(Number(port), hostname);
    const said = new Promise((done, fail) => {
        let got = '';
        socket.on('data', (bytes) => { got += bytes; if (got.includes('PONG')) done(); });
        socket.on('error', fail);
    });
    socket.write(`CONNECT {"verbose":false}\r\n${Object.entries(messages).map(([subject, value]) => { const text = JSON.stringify(value); return `PUB ${subject} ${Buffer.byteLength(text)}\r\n${text}\r\n`; }).join('')}PING\r\n`);
    await within(STEP_MS, 'the bus has it', said);
    socket.destroy();
}

async function startFleet() {
    fleet = spawn(join(build, 'bin/boothctl'), ['simulate', 'fleet', '--desk', `wss://localhost:${system.about.booth_port}/ws/booth`, '--authority', join(system.state, 'tls'),
        '--booths', String(FLEET), '--bad', String(NONSENSE)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await within(4 * STEP_MS, 'the fleet is linked', new Promise((done) => { createInterface(fleet.stdout).on('line', (line) => line === 'linked' && done()); }));
}

before(async () => {
    system = await startSystem({ booths: 2, environment: { BOOTH_PROGRAMS: 'agent', WAIT_READY: 'no', DEMO_FEED: 'no' } });
    for (const role of ['viewer', 'operator'])
        execFileSync(join(build, 'bin/desk'), ['--config', join(system.state, 'desk.conf'), 'account', 'add', role, '--role', role], { input: `${secret}\n` });
    [browser] = await Promise.all([launch({ media: 'none' }), startFleet()]);
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
    page = await context.newPage();
    page.setDefaultTimeout(2 * STEP_MS);
    page.on('pageerror', (error) => faults.push(error.message));
}, limits);

after(async () => {
    await browser?.close();
    fleet?.kill();
    await system?.stop();
});

test('nobody sees anything without a log-in, and only this desk\'s own page may ask', limits, async () => {
    for (const path of ['me', 'fleet', 'fleet.csv', 'booths/booth-1', 'figures', 'calls', 'trail', 'settings', 'links/booth-1']) assert.equal((await ask(`/api/ops/${path}`)).status, 401, path);
    assert.equal((await logIn('viewer', 'not this one')).status, 401);
    assert.equal((await logIn('nobody')).status, 401);
    assert.equal((await ask('/api/ops/login', { method: 'POST', body: { name: 'viewer', password: secret }, from: 'https://evil.example' })).status, 403);
    const { cookie, flags, status } = await logIn('viewer');
    assert.equal(status, 200);
    assert.match(flags, /HttpOnly; SameSite=Strict/);
    assert.equal((await ask('/api/ops/me', { cookie: `${cookie}0` })).status, 401, 'a forged token');
    assert.equal((await ask('/api/ops/booths/booth-1', { method: 'POST', cookie, body: { what: 'pause' } })).json.error, 'role');
    assert.equal((await ask('/api/ops/settings', { method: 'PUT', cookie, body: { revision: 0, settings: { v: 1 } } })).json.error, 'role');
    assert.equal((await ask('/api/ops/trail', { cookie })).json.error, 'role');
    const operator = (await logIn('operator')).cookie;
    assert.equal((await ask('/api/ops/booths/booth-1', { method: 'POST', cookie: operator, body: { what: 'pause' }, from: 'https://evil.example' })).json.error, 'origin');
    assert.equal((await ask('/api/ops/booths/booth-1', { method: 'POST', cookie: operator, body: { what: 'unmute' } })).status, 400);
    assert.equal((await ask('/api/ops/booths/booth-1', { method: 'POST', cookie: operator, body: { what: 'update', text: '€'.repeat(1000) } })).status, 400);
    assert.equal((await ask('/api/ops/logout', { method: 'POST', cookie })).status, 200);
    assert.equal((await ask('/api/ops/me', { cookie })).status, 401, 'a token of a session that was ended');
});

test('wrong passwords make one wait', limits, async () => {
    let last;
    const atOnce = await Promise.all(Array.from({ length: 12 }, () => logIn('somebody', 'wrong password')));
    assert.ok(atOnce.some(({ status }) => status === 429), 'those that are sent all at once count as well');
    for (let i = 0; i < 12 && last !== 429; i++) last = (await logIn('somebody', 'wrong password')).status;
    assert.equal(last, 429);
    await eventually('from the same address', async () => { // each wrong one makes the wait longer, at last longer than asking takes
        await logIn('somebody', 'wrong password');
        return (await logIn('operator')).status === 429;
    });
    await eventually('the wait is over', async () => (await logIn('operator')).status === 200, WAIT_MAX_MS);
});

test('the fleet is there, live, searched and kept in the address; nonsense is contained', limits, async () => {
    await page.goto(`${system.url}ops`);
    await page.fill('input[name=name]', 'operator');
    await page.fill('input[name=password]', secret);
    await page.keyboard.press('Enter');
    await page.waitForFunction((n) => document.querySelector('[role=status]').textContent.startsWith(`${n} of`), FLEET + 2);
    assert.ok(await page.locator('.row').count() < FLEET, 'only rows in sight are in the document');
    await page.fill('input[type=search]', 'status_unreadable');
    await row('booth-0003').waitFor();
    assert.match(page.url(), /q=status_unreadable/);
    assert.equal(await page.locator('.row .state').textContent(), 'Unknown');
    await page.reload();
    await row('booth-0003').waitFor();
    await page.fill('input[type=search]', 'booth-0001');
    await page.locator('.worst').filter({ hasText: '+999' }).waitFor();
    await page.fill('input[type=search]', 'booth-1');
    await row('booth-1').waitFor();
    const { cookie } = await logIn('operator');
    assert.equal((await ask('/api/ops/booths/booth-1', { method: 'POST', cookie, body: { what: 'pause' } })).status, 200);
    await page.locator('.row').filter({ hasText: 'By operations' }).waitFor();
    await page.fill('input[type=search]', '');
    await page.locator('.row a').first().focus();
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
    assert.ok(Number(await page.evaluate(() => document.activeElement.closest('.row').getAttribute('aria-rowindex'))) > 12, 'arrow keys go down the list');
});

test('a booth that is cut off is offline, and its last status stays', limits, async () => {
    fleet.kill();
    await page.goto(`${system.url}ops?view=fleet&state=offline`);
    await row('booth-0010').waitFor({ timeout: OFFLINE_MS });
    await row('booth-0010').click();
    await page.locator('.state.offline').waitFor();
    await page.getByText('Below is what was last known.').waitFor();
});

/* The trail comes by way of the bus. */
const deeds = (cookie, words, count) => eventually(`${count} deeds`, async () => {
    const found = (await ask('/api/ops/trail', { cookie })).json.entries.filter(({ what }) => words.includes(what));
    return found.length === count && found;
});

/* A card that was copied: another agent with the same key and certificate, on a bus and in a folder of its own. */
function startCopy() {
    const folder = join(system.state, 'copy'), conf = join(folder, 'booth.conf');
    mkdirSync(join(folder, 'state'), { recursive: true });
    writeFileSync(conf, readFileSync(join(system.state, 'booth-1.conf'), 'utf8').replace(/^state *=.*$/m, `state=${join(folder, 'state')}`).replace(/^bus *=.*$/m, 'bus=session'));
    return spawn('dbus-run-session', ['--', 'setpriv', '--pdeathsig', 'KILL', join(build, 'bin/agent'), '--config', conf], { stdio: 'ignore', detached: true });
}

test('a copied card stops both booths until ops release or revoke it', limits, async () => {
    const { cookie } = await logIn('operator'), viewer = (await logIn('viewer')).cookie;
    const admin = (await logIn('admin', readFileSync(join(system.state, 'ops-admin'), 'utf8').trim())).cookie;
    const decide = (booth, what, as) => ask(`/api/ops/booths/${booth}`, { method: 'POST', cookie: as, body: { what } });
    const problems = async (booth) => (await ask(`/api/ops/booths/${booth}`, { cookie })).json.problems.map(({ name }) => name);
    assert.equal((await decide('booth-1', 'release', cookie)).json.error, 'not_twice');
    const copy = startCopy();
    try {
        await eventually('the copy is noticed', async () => (await problems('booth-1')).includes('identity_twice'), 2 * STEP_MS);
        await page.goto(`${system.url}ops?view=booth&id=booth-1`);
        await page.getByText('Two computers have the card of this booth').waitFor();
        await page.locator('.places li').nth(1).waitFor();
        const { links } = (await ask('/api/ops/links/booth-1', { cookie })).json;
        assert.equal(links.length, 2);
        for (const { address, since_utc, heard_utc } of links) assert.ok(/^(::1|127\.0\.0\.1)$/.test(address) && since_utc > 0 && heard_utc >= since_utc, `${address} ${since_utc} ${heard_utc}`);
        assert.equal((await ask('/api/ops/links/booth-1', { cookie: viewer })).json.error, 'role');
        assert.equal(await page.getByRole('button', { name: 'Revoke' }).count(), 0, 'for administrators alone');
        assert.equal((await decide('booth-1', 'release', viewer)).json.error, 'role');
        assert.equal((await decide('booth-1', 'revoke', cookie)).json.error, 'role');
    } finally {
        process.kill(-copy.pid, 'SIGKILL');
    }
    await page.getByRole('button', { name: 'Release' }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Two computers have the card of this booth').waitFor({ state: 'detached' });
    await eventually('it is released', async () => !(await problems('booth-1')).includes('identity_twice'));
    assert.equal((await decide('booth-2', 'revoke', admin)).status, 200);
    await eventually('its link ends at once and it stays out', async () => !(await (await fetch(`${system.url}api/status`)).json()).booths.includes('booth-2'));
    assert.deepEqual((await deeds(admin, ['release', 'revoke'], 5)).map(({ who, what, target, result }) => [who, what, target, result].join(' ')), ['admin revoke booth-2 done', 'operator release booth-1 done', 'operator revoke booth-1 refused', 'viewer release booth-1 refused', 'operator release booth-1 not_twice']);
});

test('a support bundle comes to the centre, is kept there, and is fetched with a line in the trail', limits, async () => {
    const { cookie } = await logIn('operator'), viewer = (await logIn('viewer')).cookie;
    const admin = (await logIn('admin', readFileSync(join(system.state, 'ops-admin'), 'utf8').trim())).cookie;
    const list = async () => (await ask('/api/ops/bundles/booth-1', { cookie })).json;
    assert.equal((await ask('/api/ops/bundles/booth-1', { cookie: viewer })).json.error, 'role');
    assert.equal((await ask('/api/ops/bundles/booth-9', { cookie })).json.error, 'unknown_booth');
    assert.equal((await ask('/api/ops/bundles/booth-1/abc', { cookie })).json.error, 'no_bundle');
    assert.deepEqual(await list(), []);
    await page.goto(`${system.url}ops?view=booth&id=booth-1`);
    await page.getByRole('button', { name: 'Support bundle' }).click();
    const answers = await Promise.all([0, 1].map(() => ask('/api/ops/booths/booth-1', { method: 'POST', cookie, body: { what: 'support_bundle' } })));
    assert.ok(answers.some(({ json }) => json.error === 'refused'), 'one at a time');
    const link = page.locator('.bundles a');
    await link.waitFor({ timeout: 3 * STEP_MS });
    const [{ id, bytes }] = await list();
    const [fetched] = await Promise.all([page.waitForEvent('download'), link.first().click()]);
    assert.match(fetched.suggestedFilename(), /^booth-1-[0-9a-f]{8}\.tar\.zst$/);
    const file = join(system.state, 'fetched.tar.zst');
    await fetched.saveAs(file);
    assert.equal(readFileSync(file).length, bytes);
    const status = execFileSync('tar', ['--zstd', '-xOf', file, './status.json'], { encoding: 'utf8' });
    assert.equal(JSON.parse(status).booth, 'booth-1');
    assert.doesNotMatch(execFileSync('tar', ['--zstd', '-xOf', file], { encoding: 'latin1', maxBuffer: 1 << 28 }), /PRIVATE KEY/);
    for (let n = 1; n <= 3; n++) { // the oldest goes
        const before = (await list())[0].id;
        await eventually('the next one is asked for', async () => (await ask('/api/ops/booths/booth-1', { method: 'POST', cookie, body: { what: 'support_bundle' } })).status === 200, 3 * STEP_MS);
        await eventually('the next one has come', async () => { const [{ id: newest, state }] = await list(); return newest !== before && state === 'here'; }, 3 * STEP_MS);
    }
    assert.equal((await list()).length, 3);
    assert.equal((await ask(`/api/ops/bundles/booth-1/${id}`, { cookie })).status, 404);
    assert.deepEqual((await deeds(admin, ['bundle_get'], 3)).map(({ who, target, detail, result }) => [who, target, detail, result].join(' ')), [`operator booth-1 ${id} no_bundle`, `operator booth-1 ${id} done`, 'operator booth-1 abc no_bundle']);
});

test('a bundle whose desk died is said to be lost', limits, async () => {
    const { cookie } = await logIn('operator'), desk = (await ask('/api/ops/fleet', { cookie })).json.desk;
    const entry = (id, of, age) => ({ id, utc: Date.now() - age, bytes: 0, why: '', desk: of });
    await publish({ 'bundle.list.booth-2': [entry('a1', desk, 0), entry('b2', 'dgone', 0), entry('c3', desk, 3600000)] });
    assert.deepEqual((await ask('/api/ops/bundles/booth-2', { cookie })).json.map(({ id, state }) => `${id} ${state}`), ['a1 awaited', 'b2 lost', 'c3 lost']);
    await page.goto(`${system.url}ops?view=booth&id=booth-2`);
    await page.locator('.bundles li').filter({ hasText: 'On its way' }).waitFor();
    assert.equal(await page.locator('.bundles li').filter({ hasText: 'ask for it again' }).count(), 2);
});

test('an administrator looks up, exports and erases what is kept of a shopper; the reference is kept nowhere', limits, async () => {
    const call = `c${'ab'.repeat(16)}`, contact = 'kari.planted@example.org';
    const admin = readFileSync(join(system.state, 'ops-admin'), 'utf8').trim();
    const { cookie } = await logIn('admin', admin), operator = (await logIn('operator')).cookie;
    const wish = (what, more = {}, as = cookie) => ask('/api/ops/shopper', { method: 'POST', cookie: as, body: { what, reference: contact, ...more } });
    assert.equal((await wish('look', {}, operator)).json.error, 'role');
    assert.equal((await wish('look', { reference: '' })).status, 400);
    assert.equal((await wish('everything')).status, 400);
    assert.equal((await wish('erase')).status, 400, 'erasing says what was looked at');
    assert.equal((await wish('look')).json.error, 'nothing_kept');
    await publish({ [`record.call.${call}`]: { v: 1, call, outcome: 'completed' }, [`record.rating.${call}`]: { v: 1, call, stars: 5, text: 'Planted words' }, [`contact.${call}`]: { v: 1, call, contact: 'Kari.Planted@example.org' } });
    const other = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', acceptDownloads: true }), view = await other.newPage();
    view.setDefaultTimeout(2 * STEP_MS);
    await view.goto(`${system.url}ops?view=shopper`);
    await view.fill('input[name=name]', 'admin');
    await view.fill('input[name=password]', admin);
    await view.keyboard.press('Enter');
    await view.fill('form.reference input', contact);
    await view.keyboard.press('Enter');
    await view.getByText('Ratings, with their words: 1').waitFor();
    assert.ok(!view.url().includes('planted'), 'not in the address');
    const [file] = await Promise.all([view.waitForEvent('download'), view.getByRole('button', { name: 'Export' }).click()]);
    const saved = join(system.state, 'shopper-data.json');
    await file.saveAs(saved);
    assert.deepEqual(JSON.parse(readFileSync(saved, 'utf8')).messages.map(({ subject }) => subject.split('.').slice(0, -1).join('.')), ['record.call', 'record.rating', 'contact']);
    assert.equal((await wish('erase', { messages: 2 })).json.error, 'changed');
    await view.getByRole('button', { name: 'Erase' }).click();
    await view.locator('dialog').getByText('Contacts for being called back: 1').waitFor();
    await view.getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await wish('look')).json.messages, 3, 'nothing goes without the question');
    await view.getByRole('button', { name: 'Erase' }).click();
    await view.getByRole('button', { name: 'Go on' }).click();
    await view.getByText('Erased. Calls: 1').waitFor();
    assert.equal((await wish('look')).json.error, 'nothing_kept');
    const noted = await deeds(cookie, ['data_look', 'data_export', 'data_erase'], 8);
    assert.deepEqual(noted.map(({ who, what, result }) => [who, what, result].join(' ')), ['admin data_look nothing_kept', 'admin data_erase done', 'admin data_look done', 'admin data_erase changed', 'admin data_export done', 'admin data_look done',
        'admin data_look nothing_kept', 'operator data_look refused']);
    assert.equal(noted[1].detail, `3 messages: ${call}`);
    assert.doesNotMatch(JSON.stringify((await ask('/api/ops/trail', { cookie })).json), /planted/i);
    await other.close();
});

test('the sheet has what is seen', limits, async () => {
    await page.goto(`${system.url}ops?view=fleet`);
    const lines = async () => (await page.evaluate(async () => (await fetch(document.querySelector('a[download]').href)).text())).split('\r\n').slice(1, -1);
    await row('booth-1').waitFor();
    assert.equal((await lines()).length, FLEET + 2);
    await page.fill('input[type=search]', 'booth-1');
    assert.deepEqual((await lines()).map((line) => line.split(',')[0]), ['"booth-1"']);
    await page.fill('input[type=search]', 'no such & booth');
    assert.deepEqual(await lines(), []);
    await page.fill('input[type=search]', '');
    await page.locator('select').nth(2).selectOption('offline');
    await page.waitForURL(/state=offline/);
    assert.ok((await lines()).every((line) => line.includes('"offline"')) && (await lines()).length >= FLEET);
});

test('settings hold for all desks at once and survive them; stale and wrong ones change nothing', limits, async () => {
    const { cookie } = await logIn('operator');
    const put = async (settings, revision) => ask('/api/ops/settings', { method: 'PUT', cookie, body: { settings, revision } });
    const told = async () => (await ask('/api/ops/settings', { cookie })).json;
    for (const wrong of [{ v: 1, ring_s: 2 }, { v: 1, topics: ['boats'] }, { v: 1, hours: { mon: '9-17' } }, { v: 1, microphone: 'on' }]) assert.equal((await put(wrong, 0)).status, 400);
    const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, 'closed']));
    assert.equal((await put({ v: 1, ring_s: 33, wrapup_s: 44, topics: ['tv'], hours: { ...week, timezone: 'UTC', closed_days: [] } }, 0)).status, 200);
    await eventually('the desk follows', async () => (await told()).ring_s === 33);
    assert.equal((await put({ v: 1 }, 0)).status, 409);
    const hello = await within(STEP_MS, 'hello', page.evaluate((address) => new Promise((done, failed) => {
        const socket = new WebSocket(address, 'livebooth.shopper.v1');
        socket.onmessage = ({ data }) => { done(JSON.parse(data)); socket.close(); };
        socket.onerror = failed;
    }), `${origin().replace('http', 'ws')}/ws/shopper`));
    assert.deepEqual([hello.open, hello.topics.map(({ id }) => id)], [false, ['tv']]);
    await system.kill('desk-1');
    assert.equal((await eventually('the desk is back', async () => told().catch(() => null))).wrapup_s, 44);
    assert.equal((await put({ v: 1 }, (await told()).revision)).status, 200);
});

test('in every view axe-core finds nothing, at 1280 and 360, light and dark; nothing is wider than the page', limits, async () => {
    const admin = readFileSync(join(system.state, 'ops-admin'), 'utf8').trim();
    for (const [width, colorScheme] of [[1280, 'light'], [360, 'dark']]) {
        const other = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, locale: width === 360 ? 'fi' : 'nb' });
        const view = await other.newPage();
        const check = async (what) => {
            await view.evaluate(axe);
            const { violations } = await view.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
            assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.flat().join(' ')} ${failureSummary}`).join(', ')}`), [], `${what} ${width}`);
            assert.ok(await view.evaluate(() => document.documentElement.scrollWidth) <= width, `${what} is too wide at ${width}`);
            assert.doesNotMatch(await view.locator('body').innerText(), /\bundefined\b|\{\w+\}|\bNaN\b/, what);
        };
        await view.goto(`${system.url}ops`);
        await view.waitForSelector('input[name=name]');
        await check('log-in');
        await view.fill('input[name=name]', 'admin');
        await view.fill('input[name=password]', admin);
        await view.keyboard.press('Enter');
        await view.waitForSelector('.row a');
        await check('fleet');
        for (const [name, sign] of [['booth&id=booth-1', '.facts'], ['figures', '.figures'], ['settings', 'form.settings'], ['shopper', 'form.reference'], ['trail', 'td']]) {
            await view.goto(`${system.url}ops?view=${name}`);
            await view.waitForSelector(sign);
            await check(name);
        }
        const trail = await view.locator('table').innerText();
        for (const word of ['viewer', 'operator', 'booth-1']) assert.ok(trail.includes(word), `${word} is in the trail`);
        await view.fill('input[type=search]', 'operator booth-1 way');
        await view.locator('td').filter({ hasText: 'a bundle is on its way already' }).first().waitFor();
        assert.equal(await view.locator('tr').filter({ hasText: 'viewer' }).count(), 0, 'the trail is searched');
        assert.match(view.url(), /q=operator/);
        await other.close();
    }
    assert.deepEqual(faults, []);
});
