import fc from 'fast-check';
import { EdgeError } from '../../lib/errors';
import type { Side } from '../../lib/media/media-anchor';
import { maxSdpBytes } from '../../lib/sdp/sdp';
import { anchorWith, coreAnswer, coreSdp, iceOffer, plainOffer } from '../unit/media/fixtures';
import { bytesLike } from './bytes';
import { must, type FuzzRun, type FuzzTarget } from './target';

const browser = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=msid-semantic: WMS stream',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 101',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0 network-id 1 network-cost 10',
  'a=candidate:435653019 1 tcp 1845501695 192.168.0.196 9 typ host tcptype active generation 0',
  'a=candidate:1853887674 1 udp 1518280447 47.61.61.61 36768 typ srflx raddr 192.168.0.196 rport 36768',
  'a=candidate:3 1 udp 1 4b1a.local 5000 typ host',
  'a=ice-ufrag:Oyef7uvBlwafI3hT',
  'a=ice-pwd:T0teqPLNQQOf+5W+ls+P2p16',
  'a=ice-options:trickle',
  'a=fingerprint:sha-256 49:66:12:17:0D:1C:91:AE:57:4C:C6:36:DD:D5:97:D2',
  'a=setup:actpass',
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP6 ::',
  'b=AS:512',
  'a=mid:1',
  'a=imageattr:96 send [x=800,y=640,sar=1.1,q=0.6] [x=480,y=320] recv [x=330,y=250]',
  'a=simulcast:send 1,~2;3 recv 4',
  'a=rid:1 send pt=96;max-width=1280',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32',
  '',
].join('\r\n');

const texts = [
  iceOffer,
  plainOffer,
  coreAnswer,
  browser,
  coreSdp('b=RS:0', 'b=RR:0', 'm=audio 6000/2 RTP/AVP 0', 'm=image 6002 UDPTL t38', 'm=message 2855 TCP/MSRP *'),
];
const lines = texts.flatMap((text) => text.split('\r\n')).filter((line) => line !== '');

/** Real lines in any order and number, behind a session part that is read. */
const shuffled = fc
  .array(fc.constantFrom(...lines), { maxLength: 30 })
  .map((chosen) => Buffer.from(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', ...chosen, ''].join('\r\n')));

/** A piece of a line repeated up to, and over, the longest SDP: what backtracks takes for ever here. */
const long = fc
  .tuple(fc.constantFrom(...lines), fc.nat(40), fc.integer({ min: 1, max: 12 }), fc.nat(maxSdpBytes + 100), fc.string())
  .map(([line, at, length, size, tail]) => {
    const piece = line.slice(at, at + length) || ' ';
    const stretched =
      line.slice(0, at) + piece.repeat(Math.ceil(size / piece.length)) + tail.replaceAll(/[\r\n]/g, ' ');
    return Buffer.from(`${plainOffer}${stretched}\r\n`);
  });

/** One SDP as offer, answer and later offer of either side, through the whole media anchor. */
export const sdp: FuzzTarget = {
  name: 'sdp',
  inputs: fc.oneof(
    { weight: 10, arbitrary: bytesLike(texts.map((text) => Buffer.from(text))) },
    { weight: 10, arbitrary: shuffled },
    { weight: 1, arbitrary: long },
  ),
  start: () => Promise.resolve(run()),
};

function run(): FuzzRun {
  const { anchor, gateway, rtpengine } = anchorWith();
  return {
    feed: async (input) => {
      const text = input.toString('utf8');
      // Both sides with every input would take twice as long.
      const [from, to]: [Side, Side] = input.length % 2 === 0 ? ['access', 'core'] : ['core', 'access'];
      const goodOffer = from === 'access' ? iceOffer : coreAnswer;
      const goodAnswer = from === 'access' ? coreAnswer : iceOffer;
      const offered = await verdict(to, () => anchor.offer('offers', from, text));
      if (offered === 'taken') await verdict(from, () => anchor.answer('offers', to, goodAnswer));
      await anchor.offer('answers', from, goodOffer);
      const answered = await verdict(from, () => anchor.answer('answers', to, text));
      await verdict(to, () => anchor.offer('answers', from, text));
      await verdict(from, () => anchor.answer('answers', to, text));
      await anchor.rollback('answers');
      await Promise.all(['offers', 'answers'].map((call) => anchor.release(call)));
      must(anchor.calls === 0, `${anchor.calls} calls are left.`);
      must(gateway.streams.size === 0, `${gateway.streams.size} streams are left.`);
      rtpengine.received.length = 0;
      rtpengine.deleted.length = 0;
      return `offer of ${from} ${offered}, answer of ${to} ${answered}`;
    },
    end: () => anchor.close(),
  };
}

const ofAccess = /^a=(candidate|ice-|remote-candidates|end-of-candidates|connection)/;

/** `taken`, or the code of the EdgeError; throws on any other, and on an SDP that must not go to that side. */
async function verdict(to: Side, command: () => Promise<string>): Promise<string> {
  let result: string;
  try {
    result = await command();
  } catch (error) {
    if (error instanceof EdgeError && error.sipStatus === 488) return error.code;
    throw error;
  }
  // Not by parseSdp: what was just short enough may come out longer than it takes.
  const written = result.split('\r\n').slice(0, -1);
  must(written[0] === 'v=0' && written.every((line) => /^[a-z]=/.test(line)), 'What comes out is no SDP.');
  if (to === 'core') must(!written.some((line) => ofAccess.test(line)), 'ICE of the UE reaches the core.');
  return 'taken';
}
