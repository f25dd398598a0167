// What docs/flashing.md and docs/security.md tell people to type or to believe, done and looked up, as far as that goes without a card.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build, top } from '../e2e/harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'livebooth-documents-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const overlay = join(top, 'rootfs/overlay');
const flashing = readFileSync(join(top, 'docs/flashing.md'), 'utf8');
const security = readFileSync(join(top, 'docs/security.md'), 'utf8');
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const lacking = (...programs) => programs.filter((program) => !has(program)).map((program) => `no ${program} here`)[0] ?? false;
const shell = (line) => execFileSync('sh', ['-ec', line], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH: `${join(build, 'bin')}:${process.env.PATH}` } });

/* The command of flashing.md that begins so, with this version and a file in place of the card. */
function command(beginning) {
    const found = flashing.split('\n').map((line) => line.match(/`([^`]+)` \|$/)?.[1] ?? line).find((line) => line.startsWith(beginning));
    assert.ok(found, `docs/flashing.md has no "${beginning}"`);
    return found.replaceAll('\\|', '|').replaceAll('VERSION', '1').replaceAll('/dev/sdX', './card');
}

test('an image is checked and written as docs/flashing.md says', { skip: lacking('zstd', 'sha256sum') }, () => {
    const image = Buffer.alloc(9 << 20, 'livebooth');
    writeFileSync(join(folder, 'livebooth-1.img'), image);
    shell('zstd -q livebooth-1.img && rm livebooth-1.img && sha256sum livebooth-1.img.zst >livebooth-1.sha256');
    assert.match(shell(command('sha256sum -c')), /livebooth-1\.img\.zst: OK/);
    shell(command('zstd -dc'));
    assert.ok(readFileSync(join(folder, 'card')).equals(image));
    rmSync(join(folder, 'card'));
});

test('the list for Raspberry Pi Imager has what Imager asks for', { skip: lacking('jq', 'sha256sum') }, () => {
    writeFileSync(join(folder, 'whole.img'), Buffer.alloc(1 << 20, 'livebooth'));
    writeFileSync(join(folder, 'livebooth-1.img.zst'), 'packed');
    for (const url of ['https://files.example/booths', 'https://files.example/booths/']) {
        const said = shell(`VERSION=1 SOURCE_DATE_EPOCH=1700000000 URL=${url} ${join(top, 'board/image/imager')} whole.img livebooth-1.img.zst`);
        const { imager, os_list: [system, ...others] } = JSON.parse(said);
        assert.equal(others.length, 0);
        /* Required by the schema in Imager's sources (2.0), and what Imager 2 cannot go on without: devices to choose from, by the system's own tags. */
        for (const key of ['name', 'description', 'icon', 'url', 'extract_sha256', 'release_date']) assert.ok(typeof system[key] === 'string' && system[key], key);
        assert.equal(system.init_format, 'none', 'Imager has nothing to customize');
        assert.deepEqual(imager.devices.flatMap(({ tags }) => tags).sort(), [...system.devices].sort());
        for (const { name, description, matching_type: matching } of imager.devices) assert.ok(name && description && matching === 'exclusive');
        assert.deepEqual([system.extract_size, system.image_download_size, system.release_date], [1 << 20, 6, '2023-11-14']);
        assert.equal(system.extract_sha256, shell('sha256sum whole.img').slice(0, 64));
        assert.equal(system.image_download_sha256, shell('sha256sum livebooth-1.img.zst').slice(0, 64));
        assert.deepEqual([system.url, system.icon], ['livebooth-1.img.zst', 'livebooth.svg'].map((file) => `https://files.example/booths/${file}`));
    }
});

test('three files from an authority of your own, as docs/flashing.md says', () => {
    for (const said of ['boothctl authority init FOLDER', 'boothctl authority desk FOLDER HOST', 'boothctl authority booth FOLDER oslo-3']) {
        assert.ok(flashing.includes(`\`${said}\``), said);
        shell(said.replace('HOST', 'desk.example'));
    }
    for (const name of ['authority.crt', 'oslo-3.crt', 'oslo-3.key']) {
        const { mode } = statSync(join(folder, 'FOLDER', name));
        if (name.endsWith('.key')) assert.equal(mode & 0o777, 0o600);
    }
});

test('booth.txt names every key that it may have, or the section where docs/configuration.md has the rest', () => {
    const words = readFileSync(join(top, 'rootfs/booth.txt'), 'utf8');
    const rest = words.match(/^# The rest \((.*)\) is .*docs\/configuration\.md/m)?.[1] ?? '';
    const provision = readFileSync(join(top, 'app/provision/provision.c'), 'utf8');
    const of_image = [...provision.match(/image_keys\[\] = \{([^;]*);/)[1].matchAll(/\{"(\w+)",\s+"(\w+)"\}/g)].map(([, section, key]) => `${section} ${key}`);
    const keys = [...`${readFileSync(join(top, 'app/config/booth_keys.c'), 'utf8')}${provision}`.matchAll(/\{"(\w+)", "(\w+)", CONFIG_/g)].map(([, section, key]) => [section, key]);
    assert.ok(keys.length > 40 && of_image.length > 5);
    for (const [section, key] of keys) {
        const has = words.split(/^(?=\[)/m).some((part) => part.startsWith(`[${section}]`) && new RegExp(`^#${key}=`, 'm').test(part));
        assert.ok(has || of_image.includes(`${section} ${key}`) || rest.includes(`[${section}]`), `rootfs/booth.txt says nothing of [${section}] ${key}`);
    }
});

test('agent and studio are sandboxed as docs/security.md says', { skip: lacking('systemd-analyze') }, (t) => {
    const claimed = security.match(/`systemd-analyze security`: agent ([\d.]+), studio ([\d.]+)/);
    for (const [index, unit] of ['livebooth-agent', 'livebooth-studio'].entries()) {
        const said = spawnSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', join(overlay, `usr/lib/systemd/system/${unit}.service`)],
            { encoding: 'utf8' });
        const score = said.stdout.match(/Overall exposure level.*: ([\d.]+) /)?.[1];
        if (!score) return t.skip(`systemd-analyze cannot do it here: ${said.stderr.trim()}`);
        assert.ok(Number(score) <= 2.5, `${unit}: ${score}`);
        assert.equal(score, claimed[index + 1], `${unit}: docs/security.md says otherwise`);
    }
    return undefined;
});

test('every unit of the image is one, and what it starts is there', () => {
    const units = join(overlay, 'usr/lib/systemd/system');
    for (const name of readdirSync(units).filter((file) => file.startsWith('livebooth-'))) {
        const text = readFileSync(join(units, name), 'utf8');
        for (const [, path] of text.matchAll(/^Exec\w+=[-+@!:]*(\/usr\/lib\/livebooth\/\w[\w-]*)/gm)) assert.ok(statSync(join(overlay, path)).mode & 0o100, `${name}: ${path}`);
        if (name.endsWith('.path')) assert.ok(statSync(join(units, name.replace('.path', '.service'))));
        if (/^\[Install\]/m.test(text)) assert.match(readFileSync(join(top, 'rootfs/services'), 'utf8'), new RegExp(`^enable ${name}$`, 'm'));
    }
});

test('the firewall lets nothing in but what docs/security.md lists', { skip: lacking('nft', 'unshare') }, (t) => {
    const said = spawnSync('unshare', ['-rn', 'sh', '-ec', 'nft -f "$1" && nft -j list ruleset', 'sh', join(overlay, 'etc/nftables.conf')], { encoding: 'utf8' });
    if (/unshare:|not permitted/.test(said.stderr)) return t.skip(said.stderr.trim());
    assert.equal(said.status, 0, said.stderr);
    const all = JSON.parse(said.stdout).nftables;
    const chains = Object.fromEntries(all.filter((part) => part.chain).map(({ chain }) => [chain.name, chain.policy]));
    assert.deepEqual(chains, { input: 'drop', provisioned: undefined, forward: 'drop' });
    const rules = JSON.stringify(all.filter((part) => part.rule));
    const ports = [...rules.matchAll(/"field":"dport"\}\},"right":(\d+)/g)].map((match) => Number(match[1]));
    assert.deepEqual(ports, [546]); // answers of a DHCPv6 server on the cable
    assert.match(security, /\| booth with `ssh_key` in its `booth.txt` \| 22\/tcp \|/);
    return undefined;
});
