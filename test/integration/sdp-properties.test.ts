import fc from 'fast-check';
import { pino } from 'pino';
import { EdgeError } from '../../lib/errors';
import type { NamedCalls } from '../unit/media/named-calls';
import { otherSide, type Side } from '../../lib/media/media-anchor';
import { MsrpBridges } from '../../lib/msrp/bridges';
import { parseSdp } from '../../lib/sdp/sdp';
import { viewSession } from '../../lib/sdp/session-view';
import { describeWithRtpengine, RealAnchor } from './support/real-anchor';
import { brokenRules, LineCounts } from './support/sdp-rules';

const own = { access: '127.0.0.2', core: '127.0.0.3' };
const ports = { first: 46_400, last: 46_499 };
const addresses: Record<Side, string> = { access: '10.0.0.5', core: '203.0.113.9' };
const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const sides = ['access', 'core'] as const;

/** What one side writes, in all the ways that were seen, and their brothers. */
const maybe = (lines: readonly string[], most = lines.length) => fc.subarray([...lines], { maxLength: most });
const direction = maybe(
  directions.map((name) => `a=${name}`),
  2,
);
const keys = maybe([
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR',
  'a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj',
  'a=fingerprint:sha-256 49:66:12:17:0D:1C:91:AE:57:4C:C6:36:DD:D5:97:D2:7D:2C:99:BF:67:D1:AC:F3:6C:45:D1:4C:29:6D:5E:8A',
]);
const mappings = maybe([
  'a=rtpmap:96 VP8/90000',
  'a=rtpmap:101 telephone-event/8000',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:97 /0',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:126 red/48000/2',
  'a=fmtp:126 111/111',
]);
const ice = fc.constantFrom<string[]>(
  [],
  [
    'a=ice-ufrag:ueUF',
    'a=ice-pwd:uepwduepwduepwduepwd12',
    'a=candidate:1 1 UDP 2130706431 10.0.0.5 5000 typ host',
    'a=rtcp-mux',
  ],
);
const formats = maybe(['0', '8', '31', '34', '13', '19', '72', '96', '97', '101', '111', '126', '200', 'x'], 6);
const rtp = fc
  .record({
    kind: fc.constantFrom('audio', 'audio', 'video'),
    port: fc.constantFrom(0, 5000, 5000, 5000),
    transport: fc.constantFrom('RTP/AVP', 'RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'UDP/TLS/RTP/SAVPF'),
    formats,
    rest: fc.tuple(mappings, direction, keys, ice).map((parts) => parts.flat()),
  })
  .map(({ kind, port, transport, formats: numbers, rest }) => [
    ['m=' + kind, port, transport, ...numbers].join(' '),
    ...rest,
  ]);
const otherLine = fc
  .tuple(
    fc.constantFrom(
      'm=application 5010 UDP/DTLS/SCTP webrtc-datachannel',
      'm=application 0 UDP/DTLS/SCTP',
      'm=application 5010 TCP/BFCP *',
      'm=image 5012 udptl t38',
      'm=image 0 udptl',
      'm=message 2855 TCP/MSRP *',
      'm=message 0 TCP/MSRP',
    ),
    direction,
  )
  .map(([line, said]) => [line, 'a=path:msrp://10.0.0.5:2855/x;tcp', ...said]);
/** Ways of writing that RFC 8866 does not know. */
const odd = maybe(['spaces', 'order', 'no name', 'no time', 'LF']);
const description = fc.record({
  hasAddress: fc.boolean(),
  odd,
  session: fc.tuple(direction, maybe(['a=x-unknown:1'])).map((parts) => parts.flat()),
  sections: fc.array(fc.oneof({ weight: 3, arbitrary: rtp }, { weight: 1, arbitrary: otherLine }), { maxLength: 5 }),
});
type Description = typeof description extends fc.Arbitrary<infer T> ? T : never;

const steps = fc.array(fc.record({ from: fc.constantFrom(...sides), offer: description, answer: description }), {
  minLength: 1,
  maxLength: 3,
});

/** Without an address in the session part, each line that is used has one, as RFC 8866 §5.7 has it. */
function written(side: Side, { hasAddress, odd: ways, session, sections }: Description): string {
  const c = `c=IN IP4 ${addresses[side]}`;
  const head = ['v=0', `o=- 1 1 IN IP4 ${addresses[side]}`, 's=-', ...(hasAddress ? [c] : []), 't=0 0', ...session];
  const media = sections.map(([m = '', ...rest]) => (hasAddress || m.includes(' 0 ') ? [m, ...rest] : [m, c, ...rest]));
  const isOdd = (way: string) => ways.includes(way);
  const left = head.filter((line) => !(isOdd('no name') && line === 's=-') && !(isOdd('no time') && line === 't=0 0'));
  const [first = '', ...rest] = left;
  const ordered = isOdd('order')
    ? [first, ...rest.reverse(), ...media.map(lastFirst).flat()]
    : [...left, ...media.flat()];
  const spaced = isOdd('spaces') ? ordered.map((line) => `${line} `) : ordered;
  return [...spaced, ''].join(isOdd('LF') ? '\n' : '\r\n');
}

/** The section with its last line right behind m=. */
function lastFirst([m = '', ...rest]: readonly string[]): string[] {
  return [m, ...rest.slice(-1), ...rest.slice(0, -1)];
}

describeWithRtpengine('whatever SDP comes in', () => {
  const bridges = new MsrpBridges({
    sides: { access: { addresses: [own.access], ports }, core: { addresses: [own.core], ports } },
    logger: pino({ level: 'silent' }),
  });
  let real: RealAnchor;
  let anchor: NamedCalls;
  let calls = 0;

  beforeAll(async () => {
    real = await RealAnchor.start(own);
    anchor = real.another({ msrp: { open: () => bridges.open(), shown: { access: [own.access], core: [own.core] } } });
  });
  afterAll(async () => {
    await anchor.close();
    expect(real.gateway.counters().streams).toBe(0);
    bridges.close();
    await real.close();
  });

  /** Undefined if it has no line in use. */
  async function taken(command: Promise<string>): Promise<string | undefined> {
    try {
      return await command;
    } catch (error) {
      if (error instanceof EdgeError && error.code === 'no-usable-media') return undefined;
      throw error;
    }
  }

  test('B23, B24, B26, B30: what leaves has all lines, and on each an address, a format, a meaning and one kind of keys', async () => {
    let reached = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (exchanges) => {
        const call = `properties-${calls++}`;
        const counts = new LineCounts();
        const judge = (does: 'offers' | 'answers', side: Side, sdp: string, came: string) =>
          expect([...brokenRules(came), ...counts.faults({ does, side, sdp }, came)]).toEqual([]);
        for (const { from, offer, answer } of exchanges) {
          const to = otherSide(from);
          const [offered, answered] = [written(from, offer), written(to, answer)];
          const atOther = await taken(anchor.offer(call, from, offered, { address: addresses.access }));
          if (atOther === undefined) break;
          judge('offers', from, offered, atOther);
          const back = await taken(anchor.answer(call, to, answered));
          if (back === undefined) break;
          judge('answers', to, answered, back);
          reached += 1;
        }
        await anchor.release(call);
      }),
      { numRuns: 150, seed: 20261130 },
    );
    // Most are to be taken, or nothing is tested.
    expect(reached).toBeGreaterThan(100);
  });

  test.each(sides)(
    'S9, B26: the direction of a line beats that of the session, in all combinations, from the %s',
    async (from) => {
      const lines = (side: Side, session: string | undefined, media: string | undefined) => {
        const own = (said: string | undefined) => (said === undefined ? [] : [`a=${said}`]);
        const head = ['v=0', `o=- 1 1 IN IP4 ${addresses[side]}`, 's=-', `c=IN IP4 ${addresses[side]}`, 't=0 0'];
        return [...head, ...own(session), 'm=audio 5000 RTP/AVP 0', ...own(media), ''].join('\r\n');
      };
      const seen = (sdp: string) => viewSession(parseSdp(sdp)).media[0]?.direction;
      for (const session of [undefined, ...directions])
        for (const media of [undefined, ...directions]) {
          const call = `directions-${calls++}`;
          const said = `${session ?? 'none'}, ${media ?? 'none'}`;
          const meant = media ?? session ?? 'sendrecv';
          const offered = await anchor.offer(call, from, lines(from, session, media));
          expect([said, seen(offered)]).toEqual([said, meant]);
          const answered = await anchor.answer(call, otherSide(from), lines(otherSide(from), session, media));
          expect([said, seen(answered)]).toEqual([said, meant]);
          await anchor.release(call);
        }
    },
  );
});
