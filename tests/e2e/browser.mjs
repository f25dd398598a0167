// The distribution's Chromium, headless, for every test with a browser. launch() gives a Browser and its close(); what a test asks for is told by
// name, so that no test carries flags of its own.
import { chromium } from 'playwright-core';

// Quiet: nothing that a browser would fetch or ask by itself; and loopback candidates, since the booth is on this computer.
const flags = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--disable-dev-shm-usage', '--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns',
    // A page in the background must not be slowed down: two pages play both ends of a call.
    '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding',
];

/* Starts a browser.
 *   media: 'fake' (camera and microphone are simulated, permission is given), 'denied' (there are some, the shopper says no), 'none' (no devices).
 *   sound: may play without a click (default true); false is a browser's usual policy.
 *   mdns: hide local addresses behind .local names, as an ordinary browser does (default false: a machine may have no mDNS).
 *   camera_file, microphone_file: Y4M/MJPEG and WAV to play instead of the simulated picture and beep.
 *   extra: further flags. headless: default true.
 */
export async function launch({ media = 'fake', sound = true, mdns = false, camera_file, microphone_file, extra = [], headless = true } = {}) {
    const args = flags.filter((flag) => !(mdns && flag.includes('WebRtcHideLocalIpsWithMdns')));
    if (media === 'fake') args.push('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream');
    if (media === 'denied') args.push('--use-fake-device-for-media-stream', '--deny-permission-prompts');
    if (sound) args.push('--autoplay-policy=no-user-gesture-required');
    if (camera_file) args.push(`--use-file-for-fake-video-capture=${camera_file}`);
    if (microphone_file) args.push(`--use-file-for-fake-audio-capture=${microphone_file}`);
    return chromium.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless, args: [...args, ...extra], timeout: 120000,
        ignoreDefaultArgs: ['--mute-audio', '--autoplay-policy=no-user-gesture-required'].filter((flag) => !args.includes(flag)),
        // A test ends the browser itself, in its own order.
        handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
    });
}
