import {
  anchorWith,
  coreAnswer,
  coreAudio,
  coreSdp,
  FakeGateway,
  gatewayAddress,
  ice,
  iceOffer,
  mediaOf,
  tcpCandidate,
  tcpCandidatesOf,
  ueSdp,
} from './fixtures';

const candidates = [...ice, tcpCandidate, 'a=rtcp-mux'];
const tcpLine = (transport: string, ...lines: string[]) => [
  `m=audio 9 ${transport} 0 101`,
  'a=rtpmap:101 telephone-event/8000',
  ...candidates,
  ...lines,
];
const moved = ueSdp(...tcpLine('TCP/RTP/AVP', 'a=setup:active', 'a=connection:existing'));
const attributes = (sdp: string, name: string) =>
  sdp.split('\r\n').filter((line) => line === `a=${name}` || line.startsWith(`a=${name}:`));
const remote = { address: '203.0.113.5', port: 50000 };

async function answerTo(offer: string, around = anchorWith(), answer = coreAnswer) {
  const towardCore = await around.anchor.offer('c', 'access', offer);
  return { ...around, towardCore, sdp: await around.anchor.answer('c', 'core', answer) };
}

const crypto = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';

describe('a UE with RTP over TCP in its m= lines', () => {
  test.each([
    ['TCP/RTP/AVP', 'RTP/AVP'],
    ['TCP/RTP/SAVP', 'RTP/SAVP'],
    ['TCP/RTP/AVPF', 'RTP/AVPF'],
    ['TCP/RTP/SAVPF', 'RTP/SAVPF'],
  ])('B13: %s in a first offer is answered with port 80; core and rtpengine see %s', async (transport, inside) => {
    const keys = inside.includes('SAVP') ? [crypto] : [];
    const offer = ueSdp(...tcpLine(transport, 'a=setup:actpass', 'a=connection:new', ...keys));
    const { towardCore, sdp, rtpengine, gateway } = await answerTo(
      offer,
      anchorWith(),
      coreSdp(`m=audio 6000 ${inside} 0`, ...keys),
    );
    expect(mediaOf(sdp)[0]).toMatchObject({ transport, address: '198.51.100.1', port: 80, rtcpMux: true });
    expect(attributes(sdp, 'setup')).toEqual(['a=setup:passive']);
    expect(attributes(sdp, 'connection')).toEqual(['a=connection:new']);
    expect(attributes(sdp, 'rtcp')).toEqual([]);
    expect(tcpCandidatesOf(sdp)).toMatchObject([{ address: '198.51.100.1', port: 80, tcpType: 'passive' }]);
    expect(mediaOf(sdp)[0]!.candidates).toHaveLength(2);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
    for (const text of [towardCore, ...rtpengine.received.map((command) => command.sdp)]) {
      expect(mediaOf(text)[0]).toMatchObject({ transport: inside });
      expect(mediaOf(text)[0]!.port).not.toBe(0);
      expect(text).not.toMatch(/\btcp|setup|a=connection/i);
    }
  });

  test("B13: the address is the gateway's of the line's family", async () => {
    const gateway = new FakeGateway([{ address: '2001:db8::1', port: 80, family: 6 }, gatewayAddress]);
    const { sdp } = await answerTo(moved, anchorWith({ gateway }));
    expect(mediaOf(sdp)[0]).toMatchObject({ address: '198.51.100.1', port: 80 });
  });

  test('B13: a line without ICE is declined, in its transport', async () => {
    const offer = ueSdp('m=audio 4000 TCP/RTP/AVP 0', 'a=setup:passive', 'm=audio 5000 RTP/AVP 0', ...candidates);
    const { sdp, towardCore } = await answerTo(offer, anchorWith(), coreSdp('m=audio 6000 RTP/AVP 0', ...coreAudio));
    expect(mediaOf(towardCore)[0]).toMatchObject({ transport: 'RTP/AVP', port: 0 });
    expect(sdp).toContain('m=audio 0 TCP/RTP/AVP 0\r\n');
    expect(tcpCandidatesOf(sdp, 1)).toHaveLength(1);
    expect(sdp).not.toMatch(/a=(setup|connection)/);
  });

  test('B17: a line that the core declines keeps its transport, and has nothing else', async () => {
    const { sdp, gateway } = await answerTo(moved, anchorWith(), coreSdp('m=audio 0 RTP/AVP 0'));
    expect(mediaOf(sdp)[0]).toMatchObject({ transport: 'TCP/RTP/AVP', port: 0, hasIce: false });
    expect(sdp).not.toMatch(/a=(setup|connection|candidate)/);
    expect(gateway.ufrags()).toEqual([]);
  });

  test.each([
    ['the fallback is off', moved, 'off'],
    ['the UE does not do rtcp-mux', moved.replace('a=rtcp-mux\r\n', ''), 'always'],
  ] as const)('B12: where %s the answer has no default: 0.0.0.0 and port 9', async (_, offer, fallback) => {
    const { sdp } = await answerTo(offer, anchorWith({ fallback }));
    expect(mediaOf(sdp)[0]).toMatchObject({ transport: 'TCP/RTP/AVP', address: '0.0.0.0', port: 9, hasIce: true });
    expect(mediaOf(sdp)[0]!.candidates.map(({ transport }) => transport)).not.toContain('tcp');
    expect(mediaOf(sdp)[0]!.candidates.length).toBeGreaterThan(0);
  });

  test('B14: with DTLS, setup is that of the core, and there is one', async () => {
    const dtls = ['a=fingerprint:sha-256 AA:BB', 'a=setup:actpass'];
    const offer = ueSdp(...tcpLine('TCP/DTLS/RTP/SAVPF', ...dtls, 'a=connection:new'));
    const { sdp, rtpengine, gateway } = await answerTo(
      offer,
      anchorWith(),
      coreSdp('m=audio 6000 UDP/TLS/RTP/SAVPF 0', 'a=fingerprint:sha-256 CC:DD', 'a=setup:active'),
    );
    expect(attributes(rtpengine.received[0]!.sdp, 'setup')).toEqual(['a=setup:actpass']);
    expect(attributes(sdp, 'setup')).toEqual(['a=setup:active']);
    expect(attributes(sdp, 'connection')).toEqual(['a=connection:new']);
    expect([...gateway.streams.values()][0]).toMatchObject({ content: 'dtls' });
  });

  test('B14: a line over UDP has neither setup nor connection, in answers and in offers', async () => {
    const { sdp, anchor } = await answerTo(iceOffer + 'a=setup:active\r\na=connection:new\r\n');
    const offered = await anchor.offer('c', 'core', coreAnswer + 'a=setup:active\r\na=connection:new\r\n');
    expect(sdp + offered).not.toMatch(/a=(setup|connection)/);
  });
});

describe('F4: a UE that moves its m= line to TCP in mid-call', () => {
  async function movedAfter(selected: boolean) {
    const around = await answerTo(iceOffer);
    if (selected) around.gateway.emit('selected', { stream: around.gateway.streams.get('uf0gen1')!, remote, port: 80 });
    return { ...around, again: await answerTo(moved, around) };
  }

  test.each([
    [true, moved, 'existing'],
    [true, moved.replace('existing', 'new'), 'new'],
    [false, moved, 'new'],
  ] as const)('a nominated connection (%s) is kept as it asks (case %#)', async (selected, offer, expected) => {
    const around = await answerTo(iceOffer);
    if (selected) around.gateway.emit('selected', { stream: around.gateway.streams.get('uf0gen1')!, remote, port: 80 });
    const before = [...around.gateway.streams.values()];
    const { sdp, towardCore } = await answerTo(offer, around);
    expect(attributes(sdp, 'connection')).toEqual([`a=connection:${expected}`]);
    expect(mediaOf(sdp)[0]).toMatchObject({ transport: 'TCP/RTP/AVP', port: 80, ufrag: 'uf0gen1' });
    expect([...around.gateway.streams.values()]).toEqual(before);
    expect(towardCore).not.toMatch(/\btcp|setup|a=connection/i);
  });

  test('the core sees the same SDP as before, and so does rtpengine', async () => {
    const { towardCore, again, rtpengine } = await movedAfter(true);
    expect(again.towardCore).toBe(towardCore);
    expect(rtpengine.received[2]!.sdp).toBe(rtpengine.received[0]!.sdp);
  });

  test('an offer to it stays with TCP and the connection, and it may answer so', async () => {
    const { anchor, again } = await movedAfter(true);
    const offered = await anchor.offer('c', 'core', coreAnswer);
    expect(mediaOf(offered)[0]).toMatchObject({ transport: 'TCP/RTP/AVP', address: '198.51.100.1', port: 80 });
    expect(attributes(offered, 'setup')).toEqual(['a=setup:passive']);
    expect(attributes(offered, 'connection')).toEqual(['a=connection:existing']);
    expect(mediaOf(offered)[0]!.candidates).toEqual(mediaOf(again.sdp)[0]!.candidates);
    const answered = await anchor.answer('c', 'access', moved);
    expect(mediaOf(answered)[0]).toMatchObject({ transport: 'RTP/AVP' });
    expect(answered).not.toMatch(/\btcp|setup|a=connection/i);
  });

  test('an offer to it is over UDP again once it went back', async () => {
    const { anchor } = await movedAfter(true);
    await anchor.offer('c', 'access', iceOffer);
    expect(mediaOf(await anchor.answer('c', 'core', coreAnswer))[0]).toMatchObject({ transport: 'RTP/AVP' });
    expect(mediaOf(await anchor.offer('c', 'core', coreAnswer))[0]).toMatchObject({
      transport: 'RTP/AVP',
      port: 40000,
    });
  });

  test('a move that is refused leaves offers to it over UDP', async () => {
    const { anchor } = await answerTo(iceOffer);
    await anchor.offer('c', 'access', moved);
    await anchor.rollback('c');
    expect(mediaOf(await anchor.offer('c', 'core', coreAnswer))[0]).toMatchObject({ transport: 'RTP/AVP' });
  });

  test('B12: an answer over TCP to an offer over UDP is invalid, and leaves the call as it was', async () => {
    const { anchor, gateway, rtpengine } = anchorWith();
    await anchor.offer('c', 'core', coreAnswer);
    const before = rtpengine.received.length;
    await expect(anchor.answer('c', 'access', moved)).rejects.toMatchObject({ code: 'sdp-invalid', sipStatus: 488 });
    expect(rtpengine.received).toHaveLength(before);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
    await anchor.answer('c', 'access', iceOffer);
  });
});
