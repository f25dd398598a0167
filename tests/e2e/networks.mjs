// Networks of their own for a call: the shopper, the centre and the booth each in a network namespace, joined by cables alone, the centre in the middle.
// It forwards nothing between the other two until it is told to. Needs root and /etc/netns; a process has one set of networks at most.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { startSystem } from './harness.mjs';

export const CENTRE = '10.77.0.1';
const CENTRE_NAME = 'centre.example'; // the certificate's; ip-netns gives each network its own /etc/hosts
const BOOTH_NET = '10.77.1', SHOPPER_NET = '10.77.2';

const tag = `lb${process.pid}`;
export const ns = { centre: `${tag}-centre`, booth: `${tag}-booth`, shopper: `${tag}-shopper` };
const run = (...words) => execFileSync(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
/* Runs a command in one of the networks; gives what it printed. */
export const inside = (name, ...words) => run('ip', 'netns', 'exec', ns[name], ...words);

/* Why there can be no such networks here; false: there can. */
export function whyNot() {
    if (process.getuid() !== 0) return 'needs root for network namespaces';
    try {
        run('ip', 'netns', 'add', ns.centre);
    } catch (error) {
        return `no network namespaces here: ${error.message.split('\n')[0]}`;
    }
    try { // in a chroot, whose root is no mount point, one can be made but not entered
        inside('centre', 'true');
    } catch (error) {
        return `network namespaces cannot be entered here: ${error.message.trim().split('\n').pop()}`;
    } finally {
        run('ip', 'netns', 'del', ns.centre);
    }
    return false;
}

function lay() {
    for (const name of Object.values(ns)) {
        run('ip', 'netns', 'add', name);
        mkdirSync(`/etc/netns/${name}`, { recursive: true });
        writeFileSync(`/etc/netns/${name}/hosts`, `127.0.0.1 localhost\n${CENTRE} ${CENTRE_NAME}\n`);
    }
    inside('centre', 'ip', 'link', 'set', 'lo', 'up');
    inside('centre', 'ip', 'address', 'add', `${CENTRE}/32`, 'dev', 'lo');
    for (const [side, net] of [['booth', BOOTH_NET], ['shopper', SHOPPER_NET]]) {
        run('ip', '-n', ns.centre, 'link', 'add', side, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', ns[side]);
        inside('centre', 'ip', 'address', 'add', `${net}.1/24`, 'dev', side);
        inside('centre', 'ip', 'link', 'set', side, 'up');
        inside(side, 'ip', 'link', 'set', 'lo', 'up');
        inside(side, 'ip', 'address', 'add', `${net}.2/24`, 'dev', 'eth0');
        inside(side, 'ip', 'link', 'set', 'eth0', 'up');
        inside(side, 'ip', 'route', 'add', 'default', 'via', `${net}.1`);
    }
}

const ownChromium = process.env.CHROMIUM;
let folder;

/* Lays the cables. From now on a browser that is launched runs in the shopper's network. Gives a folder that removeNetworks() removes. */
export function layNetworks() {
    folder = mkdtempSync(join(tmpdir(), 'livebooth-netns-'));
    lay();
    const chromium = ownChromium || '/usr/bin/chromium', wrapper = join(folder, 'chromium');
    writeFileSync(wrapper, `#!/bin/sh\nexec ip netns exec ${ns.shopper} ${chromium} "$@"\n`);
    chmodSync(wrapper, 0o755);
    process.env.CHROMIUM = wrapper;
    return folder;
}

export function removeNetworks() {
    for (const name of Object.values(ns)) {
        rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
        try { run('ip', 'netns', 'del', name); } catch { /* it was not made */ }
    }
    if (ownChromium) process.env.CHROMIUM = ownChromium;
    else delete process.env.CHROMIUM;
    if (folder) rmSync(folder, { recursive: true, force: true });
}

export const forward = (on) => inside('centre', 'sysctl', '-qw', `net.ipv4.ip_forward=${on ? 1 : 0}`);

/* A browser in the shopper's network. */
export function launchThere(url) {
    return launch({ extra: [`--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`] });
}

/* The whole system, each part in its network. media, ice: keys of the booth's and the desk's configuration. */
export async function startThere(media = {}, ice = {}) {
    const system = await startSystem({ prefix: ['ip', 'netns', 'exec', ns.centre], environment: { DESK_HOST: CENTRE_NAME, BOOTH_NETNS: ns.booth },
        booth: { media: { loopback: false, ...media } }, desk: { ice } });
    system.url = `http://${CENTRE}:${system.port}/`;
    return system;
}

/* What a line to the shopper of 1 Mbit/s that loses 3 % does; by nftables, as not every kernel has netem. */
export function narrowTheLine() {
    inside('centre', 'tc', 'qdisc', 'add', 'dev', 'shopper', 'root', 'tbf', 'rate', '1mbit', 'burst', '16kb', 'latency', '200ms');
    const rules = 'table inet line {\n chain pass {\n type filter hook forward priority 0;\n oifname "shopper" meta l4proto udp numgen random mod 100 < 3 drop\n }\n}\n';
    writeFileSync(join(folder, 'line.nft'), rules);
    inside('centre', 'nft', '-f', join(folder, 'line.nft'));
}

export function widenTheLine() {
    inside('centre', 'nft', 'delete', 'table', 'inet', 'line');
    inside('centre', 'tc', 'qdisc', 'del', 'dev', 'shopper', 'root');
}
