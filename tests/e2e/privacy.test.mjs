// What is left of a shopper's words after the call: a name and a telephone number are said in the chat, in a rating and in a request to be called back, and
// then looked for on every disk, in every log and among all messages of the bus.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { after as afterAll, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { Shopper, eventually, startSystem } from './harness.mjs';

// Each place has words of its own, so that what is found tells where it was said.
const CHAT = ['Olga Chatnesen', '+47 91110001'], ADVISOR = 'Hello Olga Advisornesen', RATING = 'Olga Ratingsen 91110003', CONTACT = '+47 91110004';
const ORDER = 'A-7731-55';

let system, browser, bus;
before(async () => {
    system = await startSystem({ environment: { DEMO_FEED: 'no' } });
    browser = await launch();
    bus = await listenToAll(system.about.nats);
});
afterAll(async () => {
    bus?.end();
    await browser?.close();
    await system?.stop();
});

/* Every message that passes on the bus: {subject, text}. NATS' own protocol is lines and payloads. */
async function listenToAll(url) {
    const { hostname, port } = new URL(url.replace('nats:', 'http:')), messages = [];
    const socket = connect(Number(port), hostname);
    let rest = Buffer.alloc(0);
    const take = () => {
        for (;;) {
            const end = rest.indexOf('\r\n');
            if (end < 0) return;
            const words = rest.subarray(0, end).toString().split(' ');
            const size = words[0] === 'MSG' ? Number(words.at(-1)) : 0, next = end + 2 + (words[0] === 'MSG' ? size + 2 : 0);
            if (rest.length < next) return;
            if (words[0] === 'MSG') messages.push({ subject: words[1], text: rest.subarray(end + 2, end + 2 + size).toString('latin1') });
            if (words[0] === 'PING') socket.write('PONG\r\n');
            rest = rest.subarray(next);
        }
    };
    socket.on('data', (bytes) => { rest = Buffer.concat([rest, bytes]); take(); });
    socket.on('error', () => {});
    socket.write('CONNECT {"verbose":false,"headers":false}\r\nSUB > 1\r\n');
    await eventually('the bus is heard', () => messages.length > 0);
    return { messages, end: () => socket.destroy() };
}

/* Files of the state folder, which has everything: booth, nats-server, logs. */
function filesWith(words) {
    return readdirSync(system.state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.path, entry.name))
        .filter((path) => readFileSync(path).includes(words)).map((path) => relative(system.state, path));
}

/* Where it is allowed to be found: files by a pattern, subjects of the bus by another. */
function assertOnlyIn(words, files, subjects) {
    assert.deepEqual(filesWith(words).filter((path) => !files.test(path)), [], `${words} on a disk`);
    assert.deepEqual(bus.messages.filter(({ subject, text }) => text.includes(words) && !subjects.test(subject)).map(({ subject }) => subject), [], `${words} on the bus`);
}

test('after a call the name and the number are only where the shopper left them', async () => {
    const shopper = await Shopper.place(browser, system);
    const call = await shopper.call();
    for (const words of CHAT) await shopper.write(words);
    await system.boothctl(['chat', ADVISOR]);
    await eventually('the page shows the chat', async () => (await shopper.text()).includes(ADVISOR));
    await system.boothctl(['hangup']);
    await shopper.until('ended');
    await system.boothctl(['note', '--outcome', 'sale', '--order', ORDER]);
    await system.boothctl(['outcome', 'sale', ORDER]);
    await shopper.page.locator('#star-5').focus();
    await shopper.page.keyboard.press('Space');
    await shopper.page.fill('#words', RATING);
    await shopper.page.click('#do-rate_send');
    await system.terminal(call);
    assert.equal((await system.boothRecord(call)).order, ORDER);
    await eventually('the rating landed', async () => (await system.records(call)).some(({ subject }) => subject === `record.rating.${call}`));
    await shopper.close();

    await system.boothctl(['pause']);
    const other = await Shopper.open(browser, system);
    await other.ask();
    await other.until('queued');
    await other.page.click('#do-callback_instead');
    await other.page.fill('#contact', CONTACT);
    await other.page.click('#do-callback_send');
    await other.until('ended');
    await other.close();

    const nowhere = /^$/;
    for (const words of [...CHAT, ADVISOR]) assertOnlyIn(words, nowhere, nowhere);
    assertOnlyIn(RATING, /^nats\/.*\/RECORDS\//, /^record\.rating\.|^_INBOX\.|^\$JS\.ACK/);
    assertOnlyIn(CONTACT, /^nats\/.*\/CONTACTS\//, /^contact\./);
    // The order's number is the shop's own reference; the booth's and the centre's records have it, and nothing else.
    assertOnlyIn(ORDER, /^nats\/.*\/RECORDS\/|^booth-1\/records\.sqlite(-wal)?$/, /^record\.booth\.|^_INBOX\.|^\$JS\.ACK/);
    // A support bundle has none of it.
    const file = join(system.state, 'bundle.tar.zst');
    await system.boothctl(['bundle', file]);
    const bundle = execFileSync('tar', ['--zstd', '-xOf', file], { encoding: 'latin1', maxBuffer: 1 << 28 });
    assert.match(bundle, /"booth": "booth-1"/);
    for (const words of [...CHAT, ADVISOR, RATING, CONTACT, ORDER, 'PRIVATE KEY']) assert.ok(!bundle.includes(words), `${words} in a support bundle`);
    // What was looked for can be found.
    assert.ok(filesWith(RATING).length > 0 && filesWith(CONTACT).length > 0 && filesWith(ORDER).length > 0);
    assert.ok(bus.messages.some(({ subject, text }) => subject.startsWith('contact.') && text.includes(CONTACT)));
});
