// Makes a page's browser one that agrees to codecs and then decodes none of them: for addInitScript(), with their names. It counts no decoded frame of
// them; of pictures that are shown it tells nothing at all.
export function blind(codecs) {
    HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
    const get = RTCPeerConnection.prototype.getStats;
    RTCPeerConnection.prototype.getStats = async function () {
        const all = new Map(await get.call(this));
        for (const [id, row] of all) {
            const codec = row.type === 'inbound-rtp' && row.kind === 'video' && all.get(row.codecId);
            if (codec && codecs.includes(codec.mimeType.slice('video/'.length))) all.set(id, { ...row, framesDecoded: 0 });
        }
        return all;
    };
}
