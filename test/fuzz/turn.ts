import { isDeepStrictEqual } from 'node:util';
import { defaultLimits } from '../../lib/gateway/limits';
import { TurnFramer } from '../../lib/ice/turn-framer';
import { channelData, dataIndication, readSend } from '../../lib/ice/turn-frames';
import { bytesLike, splitsOf } from './bytes';
import { genuineChecks } from './stun';
import { must, type FuzzTarget } from './target';

const limit = defaultLimits.firstFrameBytes;
const media = Buffer.alloc(33, 0x80);
const [check = media] = genuineChecks;
const sends = ['192.0.2.7', '2001:db8::7'].map((address) => {
  const message = dataIndication({ address, port: 40000 }, media);
  message.writeUInt16BE(0x0016, 0);
  return message;
});

/** The bytes of a TURN connection, however they are split: the framer finds what a plain reading of RFC 8656 §12.5 finds. */
export const turn: FuzzTarget = {
  name: 'turn',
  inputs: bytesLike([
    ...sends,
    Buffer.concat([check, channelData(0x4000, media), ...sends, channelData(0x4fff, Buffer.alloc(0)), check]),
    Buffer.from('GET / HTTP/1.1\r\nHost: edge\r\n\r\n'),
  ]),
  start: () => Promise.resolve({ feed, end: () => Promise.resolve() }),
};

interface Found {
  frames: Buffer[];
  faults: (number | 'broken')[];
}

function feed(stream: Buffer): string {
  const expected = plainly(stream);
  for (const chunks of splitsOf(stream))
    must(isDeepStrictEqual(framed(chunks), expected), 'The frames depend on how the stream was split.');
  const sent = expected.frames.map(readSend).find((read) => read !== undefined);
  if (sent) return 'sent';
  if (expected.faults.length > 0) return 'fault';
  return expected.frames.length > 0 ? 'frames' : 'no frame';
}

function plainly(stream: Buffer): Found {
  const frames: Buffer[] = [];
  for (let at = 0; at + 4 <= stream.length;) {
    const [first, announced] = [stream.readUInt8(at), stream.readUInt16BE(at + 2)];
    const isMessage = first < 0x40;
    if (first >= 0x80 || (isMessage && announced % 4 !== 0)) return { frames, faults: ['broken'] };
    if (announced > limit) return { frames, faults: [announced] };
    const end = at + announced + (isMessage ? 20 : 4);
    if (end > stream.length) break;
    if (isMessage && stream.readUInt32BE(at + 4) !== 0x2112a442) return { frames, faults: ['broken'] };
    frames.push(stream.subarray(at, end));
    at = isMessage ? end : end + ((4 - (announced % 4)) % 4);
  }
  return { frames, faults: [] };
}

function framed(chunks: readonly Buffer[]): Found {
  const found: Found = { frames: [], faults: [] };
  const framer = new TurnFramer(limit, {
    frame: (frame) => found.frames.push(Buffer.from(frame)) > 0,
    frameTooLong: (length) => void found.faults.push(length),
    brokenFraming: () => void found.faults.push('broken'),
  });
  for (const chunk of chunks) framer.push(chunk);
  return found;
}
