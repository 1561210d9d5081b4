import { networks, placesOn } from '../media-networks';
import { anchorWith, coreAnswer, coreSdp, ice, iceOffer, mediaOf, plainOffer, ueSdp } from './fixtures';

const ue = { address: '198.51.100.77' };
const places = placesOn(['192.0.2.1']);

let around: ReturnType<typeof anchorWith>;
beforeEach(() => {
  around = anchorWith({ places });
});
afterEach(() => around.anchor.close());

const shown = () => around.rtpengine.received.map(({ sdp }) => sdp);
const counted = () => Object.values(around.placed.counts()).reduce((sum, count) => sum + count, 0);
const good = ['m=video 7000 RTP/AVP 34', 'c=IN IP4 203.0.113.9'];

/** SDPs of a core that would have media sent to `127.0.0.7` or to port 2223, by what says so. */
const misplaced: [string, string][] = [
  ['c= of the session', coreSdp('m=audio 6000 RTP/AVP 0').replace('c=IN IP4 203.0.113.9', 'c=IN IP4 127.0.0.7')],
  ['c= of the line', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP4 127.0.0.7')],
  ['c= with a TTL', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP4 127.0.0.7/127')],
  ['c= of IPv6', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP6 ::ffff:127.0.0.7')],
  ['c= of IPv6 by NAT64', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP6 64:ff9b::7f00:7')],
  ['c= in octal', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP4 0177.0.0.7')],
  ['c= with leading zeros', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP4 127.0.0.007')],
  ['c= with a name', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP4 rtpengine.example')],
  ['c= with our own address', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP4 192.0.2.1')],
  ['the port', coreSdp('m=audio 2223 RTP/AVP 0')],
  ['the port of the RTCP that nothing is said of', coreSdp('m=audio 2222 RTP/AVP 0')],
  ['the port of a line that is only sent from', coreSdp('m=audio 2223 RTP/AVP 0', 'a=sendonly')],
  ['the port of an inactive line', coreSdp('m=audio 2223 RTP/AVP 0', 'a=inactive')],
  ['the port of a line without RTCP', coreSdp('m=audio 2222 RTP/AVP 0', 'b=RS:0', 'b=RR:0')],
  ['the port of a fax', coreSdp('m=image 2223 udptl t38')],
  [
    'the port of a line with SRTP',
    coreSdp('m=audio 2223 UDP/TLS/RTP/SAVPF 0', 'a=fingerprint:sha-1 AA', 'a=setup:active'),
  ],
  ['a=rtcp with a port', coreSdp('m=audio 6000 RTP/AVP 0', 'a=rtcp:2223')],
  ['a=rtcp with an address', coreSdp('m=audio 6000 RTP/AVP 0', 'a=rtcp:6001 IN IP4 127.0.0.7')],
  ['a=rtcp with a number', coreSdp('m=audio 6000 RTP/AVP 0', 'a=rtcp:6001 IN IP4 2130706433')],
  ['a=rtcp with 0', coreSdp('m=audio 6000 RTP/AVP 0', 'a=rtcp:6001 IN IP4 0')],
  ['a=rtcp with a name', coreSdp('m=audio 6000 RTP/AVP 0', 'a=rtcp:6001 IN IP4 localhost')],
  ['a core that claims ICE', coreSdp('m=audio 6000 RTP/AVP 0', 'c=IN IP4 127.0.0.7', ...ice)],
];

describe.each(misplaced)('N1: a core whose SDP names a place that is none of media by %s', (_name, text) => {
  const withVideo = `${text}${good.join('\r\n')}\r\n`;

  test('is refused its offer, and rtpengine never sees it', async () => {
    await expect(around.anchor.offer('c', 'core', text, ue)).rejects.toMatchObject({
      code: 'no-usable-media',
      sipStatus: 488,
    });
    expect(shown()).toEqual([]);
    expect(counted()).toBe(1);
  });

  test('has that line of its offer declined, and keeps the other', async () => {
    const toUe = await around.anchor.offer('c', 'core', withVideo, ue);
    expect(mediaOf(toUe).map(({ port }) => port === 0)).toEqual([true, false]);
    const answer = ueSdp('m=audio 5000 RTP/AVP 0', 'm=video 5002 RTP/AVP 34');
    const toCore = await around.anchor.answer('c', 'access', answer);
    expect(mediaOf(toCore).map(({ port }) => port === 0)).toEqual([true, false]);
    requireUnseen();
  });

  test('is refused its answer, and the call is as it was', async () => {
    await around.anchor.offer('c', 'access', plainOffer, ue);
    await expect(around.anchor.answer('c', 'core', text)).rejects.toMatchObject({ sipStatus: 488 });
    requireUnseen();
    const toUe = await around.anchor.answer('c', 'core', coreAnswer);
    expect(mediaOf(toUe)[0]!.port).not.toBe(0);
  });

  test('has that line of its answer taken as declined', async () => {
    await around.anchor.offer('c', 'access', ueSdp('m=audio 5000 RTP/AVP 0', 'm=video 5002 RTP/AVP 34'), ue);
    const toUe = await around.anchor.answer('c', 'core', withVideo);
    expect(mediaOf(toUe).map(({ port }) => port === 0)).toEqual([true, false]);
    requireUnseen();
  });

  test('is refused the answer of a second fork, an offer in the call, and an answer in it', async () => {
    await around.anchor.offer('c', 'access', iceOffer, ue);
    await around.anchor.answer('c', 'core', coreAnswer);
    await expect(around.anchor.answer('c', 'core', text)).rejects.toMatchObject({ sipStatus: 488 });
    await expect(around.anchor.offer('c', 'core', text)).rejects.toMatchObject({ sipStatus: 488 });
    await around.anchor.offer('c', 'access', iceOffer);
    await expect(around.anchor.answer('c', 'core', text)).rejects.toMatchObject({ sipStatus: 488 });
    requireUnseen();
    await around.anchor.rollback('c');
    requireUnseen();
  });

  function requireUnseen(): void {
    for (const sdp of shown()) {
      expect(sdp).not.toMatch(/127\.0\.0\.0*7|7f00:7|192\.0\.2\.1|localhost|example|0177/);
      for (const { port, rtcpPort } of mediaOf(sdp)) expect([2222, 2223]).not.toContain(rtcpPort ?? port);
    }
  }
});

describe('what rtpengine could read otherwise than we do', () => {
  test.each([
    ['two c= lines', ['m=audio 6000 RTP/AVP 0', 'c=IN IP4 127.0.0.7', 'c=IN IP4 203.0.113.9']],
    ['two a=rtcp', ['m=audio 6000 RTP/AVP 0', 'a=rtcp:2223 IN IP4 127.0.0.7', 'a=rtcp:6001']],
    ['an a=rtcp that is hard to read', ['m=audio 6000 RTP/AVP 0', 'a=rtcp:6001  IN  IP4  127.0.0.7']],
    ['several ports', ['m=audio 6000/9 RTP/AVP 0']],
    ['a declined line', ['m=audio 0 RTP/AVP 0', 'c=IN IP4 127.0.0.7', 'a=rtcp:2223', ...good]],
    ['a line on hold by its address', ['m=audio 6000 RTP/AVP 0', 'c=IN IP4 0.0.0.0', 'a=rtcp:2223 IN IP4 127.0.0.7']],
    [
      'a line on hold, in another spelling',
      ['m=audio 6000 RTP/AVP 0', 'c=IN IP6 0:0::0', 'a=rtcp:2223 IN IP4 127.0.0.7'],
    ],
  ])('N1: %s of a core: it is shown one place, said once', async (_name, lines) => {
    await around.anchor.offer('c', 'access', ueSdp('m=audio 5000 RTP/AVP 0', 'm=video 5002 RTP/AVP 34'), ue);
    await around.anchor.answer('c', 'core', coreSdp(...lines)).catch(() => undefined);
    for (const sdp of shown().slice(1)) {
      expect(sdp).not.toMatch(/127\.0\.0\.7|2223|\/9\b/);
      for (const section of sdp.split('m=').slice(1)) {
        expect(section.match(/^c=/gm)).toHaveLength(1);
        expect(section.match(/^a=rtcp:/gm) ?? []).toHaveLength(Number(section.includes('a=rtcp:')));
      }
    }
  });

  test.each([
    ['two c= lines, one of a hold', ['m=audio 5000 RTP/AVP 0', 'c=IN IP4 127.0.0.7', 'c=IN IP4 0.0.0.0']],
    ['the same of a line with ICE', ['m=audio 5000 RTP/AVP 0', 'c=IN IP4 127.0.0.7', 'c=IN IP4 0.0.0.0', ...ice]],
    ['two a=rtcp', ['m=audio 5000 RTP/AVP 0', 'a=rtcp:2223', 'a=rtcp:5001']],
    ['several ports', ['m=audio 5000/9 RTP/AVP 0']],
    ['a declined line', ['m=audio 0 RTP/AVP 0', 'c=IN IP4 127.0.0.7', 'm=video 5002 RTP/AVP 34']],
  ])('N1: %s of a UE: it is shown one place, said once', async (_name, lines) => {
    await around.anchor.offer('c', 'access', ueSdp(...lines), ue);
    expect(shown()).toHaveLength(1);
    expect(shown()[0]).not.toMatch(/127\.0\.0\.7|2223|\/9\b/);
    for (const section of shown()[0]!.split('m=').slice(1)) expect(section.match(/^c=/gm)).toHaveLength(1);
  });
});

describe('a core on hold by 0.0.0.0 (RFC 2543)', () => {
  test.each([
    ['0.0.0.0', 'IP4'],
    ['::', 'IP6'],
  ])('N1, F1: is no place, and rtpengine is shown the hold: %s', async (address, family) => {
    await around.anchor.offer('c', 'access', iceOffer, ue);
    await around.anchor.answer('c', 'core', coreAnswer);
    await around.anchor.offer('c', 'core', coreSdp('m=audio 6000 RTP/AVP 0', `c=IN ${family} ${address}`));
    // Of the family that it has its media in: rtpengine would move its own place otherwise.
    expect(shown().at(-1)).toContain('m=audio 6000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n');
    expect(counted()).toBe(0);
  });
});

describe('a UE without ICE', () => {
  test.each([
    ['the port of SIP', ['m=audio 5060 RTP/AVP 0']],
    ['a port whose next is that of control', ['m=audio 2222 RTP/AVP 0']],
    ['a port of services', ['m=audio 53 RTP/AVP 0']],
    ['the port of SIP in a=rtcp', ['m=audio 5000 RTP/AVP 0', 'a=rtcp:5060']],
  ])('N1: that names %s is sent nothing until it is heard: in its offer and in its answer', async (_name, lines) => {
    await around.anchor.offer('c', 'access', ueSdp(...lines), ue);
    await around.anchor.offer('d', 'core', coreAnswer, ue);
    await around.anchor.answer('d', 'access', ueSdp(...lines));
    expect(counted()).toBe(2);
    for (const sdp of [shown()[0]!, shown().at(-1)!]) {
      expect(mediaOf(sdp)[0]).toMatchObject({ address: '127.0.0.1', port: 9, rtcpPort: undefined });
    }
  });

  test.each([['127.0.0.1'], ['192.0.2.1'], ['::1']])(
    'N1: whose SIP comes from this machine (%s) is sent nothing until it is heard',
    async (address) => {
      await around.anchor.offer('c', 'access', plainOffer, { address });
      expect(mediaOf(shown()[0]!)[0]).toMatchObject({ address: '127.0.0.1', port: 9 });
    },
  );

  test('N1: on this machine has its media in a trial that says so', async () => {
    around = anchorWith({ places: placesOn(['192.0.2.1'], { coreMedia: networks('127.0.0.0/8') }) });
    await around.anchor.offer('c', 'access', plainOffer, { address: '127.0.0.5' });
    expect(mediaOf(shown()[0]!)[0]).toMatchObject({ address: '127.0.0.5', port: 5000 });
  });
});

test('N1: with CORE_MEDIA a core elsewhere is refused, and one there is not', async () => {
  around = anchorWith({ places: placesOn(['192.0.2.1'], { coreMedia: networks('203.0.113.0/24:6000-6001') }) });
  await around.anchor.offer('c', 'access', plainOffer, ue);
  for (const [address, port] of [
    ['198.51.100.9', 6000],
    ['203.0.113.9', 6002],
    // Its RTCP would go to the port above.
    ['203.0.113.9', 6001],
  ] as const) {
    const answer = coreSdp(`m=audio ${port} RTP/AVP 0`).replace('c=IN IP4 203.0.113.9', `c=IN IP4 ${address}`);
    await expect(around.anchor.answer('c', 'core', answer)).rejects.toMatchObject({ code: 'no-usable-media' });
  }
  expect(around.placed.counts()).toEqual({ 'not-core-media': 3 });
  await around.anchor.answer('c', 'core', coreAnswer);
});

test.each(['a=rtcp:9 IN IP4 0.0.0.0', 'a=rtcp:9 IN IP6 ::', 'a=rtcp:6001 IN IP6 0:0::0'])(
  'a core that says nothing yet of where its RTCP goes, as libwebrtc does, has its media: %s',
  async (line) => {
    const toUe = await around.anchor.offer('c', 'core', coreSdp('m=audio 6000 RTP/AVP 0', line, 'a=rtcp-mux'), ue);
    expect(mediaOf(toUe)[0]!.port).not.toBe(0);
    expect(shown()[0]).toMatch(/m=audio 6000 .*\r\nc=IN IP4 203\.0\.113\.9\r\n/);
    expect(shown()[0]).toMatch(/a=rtcp:\d+ IN (IP4 0\.0\.0\.0|IP6 ::)\r\n/);
    expect(counted()).toBe(0);
  },
);
