// The figures that are measured, their bars, and how a run is told: one table for a person, one JSON for a machine.
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem, release } from 'node:os';
import { execFileSync } from 'node:child_process';

// least: the value must be the bar or more; else the bar or less.
export const BARS = [
    { key: 'request_to_offer_ms', part: 'p95', bar: 50, unit: 'ms', what: 'shopper asks, booth is offered' },
    { key: 'accept_to_first_picture_ms', part: 'p50', bar: 250, unit: 'ms', what: 'accept, first picture at the shopper' },
    { key: 'accept_to_first_picture_ms', part: 'p95', bar: 400, unit: 'ms', what: 'accept, first picture at the shopper' },
    { key: 'glass_to_glass_ms', part: 'p50', bar: 50, unit: 'ms', what: 'age of the advisor\'s picture in the browser' },
    { key: 'glass_to_glass_ms', part: 'p95', bar: 80, unit: 'ms', what: 'age of the advisor\'s picture in the browser' },
    { key: 'shopper_to_console_ms', part: 'p95', bar: 30, unit: 'ms', what: 'age of the shopper\'s picture at the console' },
    { key: 'camera_switch_ms', part: 'p95', bar: 200, unit: 'ms', what: 'boothctl camera, the other picture at the shopper' },
    { key: 'camera_switch_gap_ms', bar: 200, unit: 'ms', what: 'longest time without a newer picture over all switches' },
    { key: 'call_cpu_cores', bar: 0.35, unit: 'cores', what: 'agent and studio in a call' },
    { key: 'call_pss_mb', bar: 100, unit: 'MB', what: 'agent and studio in a call' },
    { key: 'agent_idle_cpu_cores', bar: 0.005, unit: 'cores', what: 'agent, ready' },
    { key: 'agent_idle_pss_mb', bar: 8, unit: 'MB', what: 'agent, ready' },
    { key: 'studio_idle_cpu_cores', bar: 0.15, unit: 'cores', what: 'studio, ready' },
    { key: 'touch_to_screen_ms', part: 'p95', bar: 50, unit: 'ms', what: 'touch, what it changes is on the console; booth ready or paused' },
    { key: 'touch_in_call_ms', part: 'p95', bar: 50, unit: 'ms', what: 'touch or key, what it changes is on the console; in a call' },
    { key: 'console_idle_cpu_percent', bar: 3, unit: '%', what: 'of a core: the studio\'s thread that draws, ready, not touched' },
    { key: 'drawing_delays_video_ms', bar: 16, unit: 'ms', what: 'p95 of a picture\'s age, console in use over console left alone' },
    { key: 'console_in_use_advisor_ms', part: 'p95', bar: 80, unit: 'ms', what: 'age of the advisor\'s picture in the browser, console in use' },
    { key: 'console_in_use_shopper_ms', part: 'p95', bar: 30, unit: 'ms', what: 'age of the shopper\'s picture at the console, console in use' },
    { key: 'narrow_line_fps', bar: 20, least: true, unit: '/s', what: 'pictures on a line of 1 Mbit/s with 3 % loss' },
    { key: 'narrow_line_recovery_s', bar: 15, unit: 's', what: 'until they are good again on a wide one' },
    { key: 'desk_claims_per_s', bar: 100, least: true, unit: '/s', what: '200 booths, 1,000 shoppers arriving' },
    { key: 'desk_request_to_offer_ms', part: 'p99', bar: 100, unit: 'ms', what: '200 booths, 1,000 shoppers arriving' },
    { key: 'desk_pss_mb', bar: 60, unit: 'MB', what: '200 booths, 1,000 shoppers arriving' },
    { key: 'catalogue_import_s', bar: 10, unit: 's', what: '50,000 products, XML, into JetStream' },
    { key: 'catalogue_search_ms', part: 'p50', bar: 10, unit: 'ms', what: 'search as one types, over the bus' },
    { key: 'catalogue_search_ms', part: 'p95', bar: 20, unit: 'ms', what: 'search as one types, over the bus' },
    { key: 'catalogue_disk_mb', bar: 60, unit: 'MB', what: '50,000 products on a booth' },
    { key: 'ops_first_content_ms', part: 'p95', bar: 500, unit: 'ms', what: 'ops page, rows of booths are there, 2,000 booths' },
    { key: 'ops_scroll_frame_ms', part: 'p95', bar: 50, unit: 'ms', what: 'a frame while the list of 2,000 booths is scrolled' },
    { key: 'status_bytes_per_s', bar: 1000, unit: 'B/s', what: 'a booth\'s status on its link, with TLS' },
    { key: 'status_desk_cpu_percent', bar: 10, unit: '%', what: 'of a core: the desk with 2,000 booths\' statuses' },
    { key: 'records_commit_ratio', bar: 0.8, least: true, unit: '×', what: 'commits of records a second, of a bare SQLite loop\'s on the same disk' },
    { key: 'records_backlog_s', bar: 10, unit: 's', what: '10,000 records that waited, into JetStream' },
    { key: 'camera_failover_ms', part: 'p95', bar: 1000, unit: 'ms', what: 'the camera in use is drawn in a call, the other one at the shopper' },
    { key: 'microphone_failover_ms', part: 'p95', bar: 1000, unit: 'ms', what: 'the microphone is drawn in a call, the other one is heard' },
    { key: 'killed_gap_ms', bar: 500, unit: 'ms', what: 'longest time without a picture over the death of agent, desk, nats-server' },
    { key: 'studio_return_ms', bar: 3000, unit: 'ms', what: 'longest time without a picture over the death of the studio' },
    { key: 'leave_ready_ms', bar: 3000, unit: 'ms', what: 'a fault, the booth is out of the line; the worst of nine' },
    { key: 'display_blank_ms', bar: 1000, unit: 'ms', what: 'the call ended, nothing of it is on the demo display' },
    { key: 'warm_start_ms', bar: 5000, unit: 'ms', what: 'bus, desk and booth are started, the booth is ready' },
    { key: 'self_test_drawn_ms', bar: 1000, unit: 'ms', what: 'the studio begins, the console is drawn' },
];

/* The value below which that part (0 to 1) of the samples lies: the nearest rank. */
export function percentile(samples, part) {
    const sorted = [...samples].sort((a, b) => a - b);
    return sorted.length ? sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] : null;
}

export const rounded = (value, digits = 1) => (value === null || value === undefined ? null : Number(value.toFixed(digits)));

export function distribution(samples) {
    return { p50: rounded(percentile(samples, 0.5)), p95: rounded(percentile(samples, 0.95)), p99: rounded(percentile(samples, 0.99)),
        samples: samples.length };
}

export function machine() {
    return { cpu: cpus()[0].model, cores: cpus().length, memory_mb: Math.round(totalmem() / 2 ** 20), kernel: release() };
}

export function provenance(directory) {
    const git = (...words) => { try { return execFileSync('git', ['-C', directory, ...words], { stdio: 'pipe' }).toString().trim(); } catch { return ''; } };
    return { date: new Date().toISOString(), version: git('describe', '--always', '--dirty') || 'unknown', load_average: loadavg().map((one) => rounded(one, 2)) };
}

export const load = () => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);

function valueOf(results, { key, part }) {
    const value = results[key];
    if (value === undefined || value === null) return null;
    return typeof value === 'object' ? value[part] ?? null : value;
}

/* One row a bar: what is measured, its bar, the value, ok or over; a figure that could not be taken says so. */
export function table(results) {
    const rows = BARS.map((one) => {
        const value = valueOf(results, one);
        const verdict = value === null ? 'not measured' : (one.least ? value >= one.bar : value <= one.bar) ? 'ok' : 'over';
        const bar = `${one.least ? '≥' : '≤'} ${one.bar} ${one.unit}`;
        return [one.part ? `${one.key} ${one.part}` : one.key, one.what, bar, value === null ? '–' : `${value} ${one.unit}`, verdict];
    });
    const head = ['figure', 'of', 'bar', 'value', ''];
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
    const right = (column) => column === 2 || column === 3;
    const line = (row) => row.map((cell, i) => (right(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd();
    return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
