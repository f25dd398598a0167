// Faults of a running booth that take it out of the line, each with the problem that is told and the check that turns bad: the devices are simulated, the
// disk is the real one under a limit. The booth must have [sensors] driver = sim.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const path = (system, name) => join(system.state, 'booth-1', name);
const file = (name, text = '') => ({
    begin: (system) => { mkdirSync(path(system, 'sim'), { recursive: true }); writeFileSync(path(system, name), text); },
    end: (system) => rmSync(path(system, name)),
});
const limit = (size) => (system) => execFileSync('prlimit', ['--pid', String(system.pid('booth-1-agent')), `--fsize=${size}:unlimited`]);

/* begin(system) and end(system) do not wait for what comes of them. */
export const FAULTS = [
    { what: 'a frozen picture', problem: 'camera_face_frozen', check: 'camera_face', ...file('sim/camera-face.frozen') },
    { what: 'a camera that is unplugged', problem: 'camera_face_missing', check: 'camera_face', ...file('sim/camera-face.unplugged') },
    { what: 'a silent microphone', problem: 'microphone_silent', check: 'microphone', ...file('sim/microphone.silent') },
    { what: 'a microphone muted in its mixer', problem: 'microphone_silent', check: 'microphone', ...file('sim/microphone.muted') },
    { what: 'a microphone that is unplugged', problem: 'microphone_missing', check: 'microphone', ...file('sim/microphone.unplugged') },
    { what: 'a speaker that is unplugged', problem: 'speaker_missing', check: 'speaker', ...file('sim/speaker.unplugged') },
    { what: 'a pulled product display', problem: 'demo_missing', check: 'demo', ...file('sim/demo.unplugged') },
    { what: 'a full disk', problem: 'storage_full', check: 'storage', ...file('sensors', 'free 1000\n') },
    { what: 'a disk that refuses', problem: 'storage_failing', check: 'storage', begin: limit(0), end: limit('unlimited') },
];
