// What a process costs: processor time from /proc/PID/stat, memory as PSS (its own pages, and its part of those it shares) from smaps_rollup.
import { readFileSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/* Processor seconds that the process has used, in user space and in the kernel, all its threads, the ended ones too. */
export const cpuSeconds = (pid) => secondsIn(`/proc/${pid}/stat`);

function secondsIn(file) {
    // The name, in brackets, may hold anything; the numbers come after the last one. utime and stime are fields 14 and 15, the first after it is 3.
    const stat = readFileSync(file, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function pssMegabytes(pid) {
    const line = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return Number(line[1]) / 1024;
}

const after = (ms) => new Promise((done) => setTimeout(done, ms));

/* Cores that each process uses on average over that many seconds: {name: cores}. pids: {name: pid}. */
export async function cores(pids, seconds) {
    const used = () => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
    const began = process.hrtime.bigint(), before = used();
    await after(seconds * 1000);
    const took = Number(process.hrtime.bigint() - began) / 1e9, now = used();
    return Object.fromEntries(Object.keys(pids).map((name) => [name, (now[name] - before[name]) / took]));
}

/* Seconds of each thread that lives, {tid: {name, seconds}}. */
export function threadSeconds(pid) {
    const threads = {};
    for (const tid of readdirSync(`/proc/${pid}/task`)) {
        const file = `/proc/${pid}/task/${tid}`;
        try { threads[tid] = { name: readFileSync(`${file}/comm`, 'utf8').trim(), seconds: secondsIn(`${file}/stat`) }; } catch { /* it ended */ }
    }
    return threads;
}

/* What the threads used between two threadSeconds() that were so many seconds apart, the dearest first: [[name, cores]]. */
export function threadCores(before, now, seconds) {
    const used = Object.entries(now).map(([tid, { name, seconds: sum }]) => [name, (sum - (before[tid]?.seconds ?? 0)) / seconds]);
    return used.filter(([, each]) => each >= 0.0005).sort((a, b) => b[1] - a[1]).map(([name, each]) => [name, Number(each.toFixed(4))]);
}

/* The most memory that a process has while something runs, looked at twice a second. stop() tells it. */
export function watchPss(pid) {
    let most = 0;
    const look = () => { try { most = Math.max(most, pssMegabytes(pid)); } catch { /* it ended */ } };
    look();
    const timer = setInterval(look, 500);
    return { stop() { clearInterval(timer); look(); return most; } };
}
