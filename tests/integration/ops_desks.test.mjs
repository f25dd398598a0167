// Operations with two desks: one log-in for both, a command at one reaches a booth of the other, each deed is noted once, and what is set at one holds at both.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, eventually, startSystem, within } from '../e2e/harness.mjs';

const secret = 'a long enough one';
const limits = { timeout: 120000 };
let system, cookie;

before(async () => {
    system = await startSystem({ booths: 2, desks: 2, environment: { DEMO_FEED: 'no' } });
    execFileSync(join(build, 'bin/desk'), ['--config', join(system.state, 'desk.conf'), 'account', 'add', 'kari', '--role', 'admin'], { input: `${secret}\n` });
    cookie = (await ask(0, 'login', { method: 'POST', body: { name: 'kari', password: secret } })).cookie;
}, { timeout: 120000 });
after(() => system?.stop());

const origin = (desk) => `http://localhost:${system.about.desks[desk].port}`;

async function ask(desk, path, { method = 'GET', body, as = cookie } = {}) {
    const answer = await fetch(`${origin(desk)}/api/ops/${path}`, { method, body: body && JSON.stringify(body), headers: { Origin: origin(desk), ...(as && { Cookie: as }) } });
    return { status: answer.status, cookie: (answer.headers.get('set-cookie') || '').split(';')[0], json: await answer.json().catch(() => null) };
}

const both = async (path) => Promise.all([0, 1].map(async (desk) => (await ask(desk, path)).json));
const linked = async (desk) => (await (await fetch(`${origin(desk)}/api/status`)).json()).booths;

/* What a desk tells a shopper's page first: one text frame behind the head of the upgrade. */
function hello(desk) {
    return within(15000, 'hello', new Promise((done, fail) => {
        const request = get(`${origin(desk)}/ws/shopper`, { headers: { Connection: 'Upgrade', Upgrade: 'websocket', Origin: origin(desk), 'Sec-WebSocket-Version': '13',
            'Sec-WebSocket-Key': Buffer.from('0123456789abcdef').toString('base64'), 'Sec-WebSocket-Protocol': 'livebooth.shopper.v1' } });
        request.on('error', fail);
        request.on('response', ({ statusCode }) => fail(new Error(`status ${statusCode}`)));
        request.on('upgrade', (_answer, socket, first) => {
            let got = first;
            const look = () => {
                const long = got.length > 4 && got[1] === 126, from = long ? 4 : 2, length = long ? got.readUInt16BE(2) : got[1];
                if (got.length < from || got.length < from + length) return;
                socket.destroy();
                done(JSON.parse(got.subarray(from, from + length)));
            };
            socket.on('data', (more) => { got = Buffer.concat([got, more]); look(); });
            look();
        });
    }));
}

test('one log-in counts at both desks, and its end too', limits, async () => {
    assert.equal((await ask(1, 'me')).json.name, 'kari');
    const { cookie: other } = await ask(1, 'login', { method: 'POST', body: { name: 'kari', password: secret }, as: '' });
    assert.equal((await ask(0, 'me', { as: other })).status, 200);
    assert.equal((await ask(1, 'logout', { method: 'POST', as: other })).status, 200);
    await eventually('the end is known at the other desk', async () => (await ask(0, 'me', { as: other })).status === 401);
});

test('a command reaches a booth of the other desk, is seen at both, and is noted once', limits, async () => {
    await eventually('both booths are shown at both', async () => (await both('fleet')).every(({ booths }) => booths?.length === 2));
    const desk = (await linked(0)).includes('booth-1') ? 1 : 0;
    assert.equal((await ask(desk, 'booths/booth-1', { method: 'POST', body: { what: 'pause' } })).status, 200);
    await system.booth('paused');
    for (const one of [0, 1])
        await eventually(`desk ${one} shows it`, async () => (await ask(one, 'fleet')).json.booths.find(({ booth }) => booth === 'booth-1').state === 'paused');
    await eventually('both trails', async () => (await both('trail')).every(({ entries }) => entries.filter(({ what, target }) => what === 'pause' && target === 'booth-1').length === 1));
    assert.equal((await ask(desk, 'booths/booth-1', { method: 'POST', body: { what: 'resume' } })).status, 200);
    for (const one of [0, 1]) await eventually(`desk ${one} knows from where it is linked`, async () => (await ask(one, 'links/booth-1')).json.links?.length === 1);
    /* Nothing is in hand, so the studio may go. */
    assert.equal((await ask(desk, 'booths/booth-1', { method: 'POST', body: { what: 'restart_studio' } })).status, 200);
});

test('what is set at one desk holds at both: times, and topics of a booth', limits, async () => {
    const put = async (settings) => {
        const { revision } = (await ask(1, 'settings')).json;
        assert.equal((await ask(1, 'settings', { method: 'PUT', body: { revision, settings } })).status, 200);
    };
    const staffed = async (desk, topic) => (await hello(desk)).topics.find(({ id }) => id === topic).staff;
    for (const booth of [1, 2]) await system.boothctl(['ready'], booth);
    await eventually('both topics have staff', async () => (await staffed(0, 'tv')) && (await staffed(1, 'phones')));
    await put({ v: 1, wrapup_s: 7, booth_topics: { 'booth-1': ['phones'], 'booth-2': ['phones', 'computers'] } });
    await eventually('both follow', async () => (await both('settings')).every(({ wrapup_s }) => wrapup_s === 7));
    for (const desk of [0, 1]) {
        await eventually(`nobody for television at desk ${desk}`, async () => !(await staffed(desk, 'tv')));
        await eventually(`somebody for telephones at desk ${desk}`, () => staffed(desk, 'phones'));
    }
    await put({ v: 1 });
    for (const desk of [0, 1]) await eventually(`television again at desk ${desk}`, () => staffed(desk, 'tv'));
});
