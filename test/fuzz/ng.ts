import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { readBencode, writeBencode } from '../../lib/ng/bencode';
import { joinMessage, readRequest, splitMessage, writeReply } from '../../lib/ng/message';
import { bytesLike } from './bytes';
import { must, type FuzzTarget } from './target';

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n';

const genuine = [
  `1_7 d3:ICE5:force7:call-id3:abc7:command5:offer5:flagsl13:trust-address16:tcp-fallback=offe8:from-tag1:a3:sdp${sdp.length}:${sdp}e`,
  '1_8 d7:command4:list5:limiti-32ee',
  `9b2 ${JSON.stringify({ command: 'offer', 'call-id': 'é', flags: ['a', ['b', { c: 1 }]], sdp })}`,
].map((text) => Buffer.from(text));

/** One message of an ng client to the codec. */
export const ng: FuzzTarget = {
  name: 'ng',
  inputs: fc.oneof(
    bytesLike(genuine),
    // Behind a cookie that is right.
    bytesLike(genuine.map((message) => message.subarray(4))).map((payload) =>
      Buffer.concat([Buffer.from('abc '), payload]),
    ),
  ),
  start: () => Promise.resolve({ feed, end: () => Promise.resolve() }),
};

function feed(bytes: Buffer): string {
  const message = splitMessage(bytes);
  if (message === undefined) return 'no cookie';
  must(joinMessage(message).equals(bytes), 'A message is not what it was.');
  const request = readRequest(message.payload);
  if ('error' in request) return request.error;
  const { format, command, bencode } = request;
  must(writeBencode(command).equals(bencode), 'A command is not written as it was read.');
  must(isDeepStrictEqual(readBencode(bencode), { value: command, at: bencode.length }), 'It is read in two ways.');
  if (format === 'json') JSON.parse(writeReply(format, bencode).toString());
  return `${format} command`;
}
