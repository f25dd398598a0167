// serve FOLDER PORT FILE: files of a folder over HTTP with ranges, as a desk's static server or any other would; writes the number of bytes sent so far
// to FILE.
import { createServer } from 'node:http';
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [folder, port, counter] = process.argv.slice(2);
let sent = 0;
writeFileSync(counter, '0\n');

function answer(request, response) {
    const path = join(folder, basename(new URL(request.url, 'http://x').pathname));
    let size;
    try {
        size = statSync(path).size;
    } catch {
        response.writeHead(404).end();
        return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = range ? Number(range[1]) : 0;
    const end = range && range[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
    const headers = { 'accept-ranges': 'bytes', 'content-length': end - start + 1, 'content-type': 'application/octet-stream' };
    if (range) headers['content-range'] = `bytes ${start}-${end}/${size}`;
    response.writeHead(range ? 206 : 200, headers);
    if (request.method === 'HEAD') return response.end();
    const file = createReadStream(path, { start, end });
    file.on('data', (piece) => (sent += piece.length));
    file.pipe(response);
    response.on('close', () => {
        file.destroy();
        writeFileSync(counter, `${sent}\n`);
    });
}
createServer(answer).listen(Number(port), '127.0.0.1', () => console.log('ready'));
