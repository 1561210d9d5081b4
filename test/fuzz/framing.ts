import { isDeepStrictEqual } from 'node:util';
import { defaultLimits } from '../../lib/gateway/limits';
import { Deframer, framed } from '../../lib/ice/deframer';
import { bytesLike, splitsOf } from './bytes';
import { genuineChecks } from './stun';
import { must, type FuzzTarget } from './target';

const limit = defaultLimits.firstFrameBytes;

/** A stream of bytes, however it is split: the deframer finds what a plain reading of RFC 4571 §2 finds. */
export const framing: FuzzTarget = {
  name: 'framing',
  inputs: bytesLike([
    framed(Buffer.alloc(172, 0x80)),
    Buffer.concat([...genuineChecks.slice(0, 2), Buffer.alloc(0), Buffer.from('media')].map(framed)),
    Buffer.from('GET / HTTP/1.1\r\nHost: edge\r\n\r\n'),
  ]),
  start: () => Promise.resolve({ feed, end: () => Promise.resolve() }),
};

interface Found {
  frames: Buffer[];
  tooLong: number[];
}

function feed(stream: Buffer): string {
  const expected = plainly(stream);
  for (const chunks of splitsOf(stream))
    must(isDeepStrictEqual(deframed(chunks), expected), 'The frames depend on how the stream was split.');
  if (expected.tooLong.length > 0) return 'too long';
  return expected.frames.length > 0 ? 'frames' : 'no frame';
}

function plainly(stream: Buffer): Found {
  const frames: Buffer[] = [];
  for (let at = 0; at + 2 <= stream.length;) {
    const length = stream.readUInt16BE(at);
    if (length > limit) return { frames, tooLong: [length] };
    if (length > 0 && at + 2 + length <= stream.length) frames.push(stream.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { frames, tooLong: [] };
}

function deframed(chunks: readonly Buffer[]): Found {
  const found: Found = { frames: [], tooLong: [] };
  const deframer = new Deframer(limit, {
    frame: (frame) => found.frames.push(Buffer.from(frame)) > 0,
    frameTooLong: (header) => void found.tooLong.push(header),
  });
  for (const chunk of chunks) deframer.push(chunk);
  return found;
}
