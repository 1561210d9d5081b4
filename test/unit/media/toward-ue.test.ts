import {
  anchorWith,
  audio,
  coreAnswer,
  coreAudio,
  coreSdp,
  FakeGateway,
  gatewayAddress,
  ice,
  iceOffer,
  mediaOf,
  plainOffer,
  tcpCandidate,
  tcpCandidatesOf,
  ueSdp,
} from './fixtures';

/** A call by the UE: what it gets as answer. */
async function answerTo(offer: string, answer = coreAnswer, options: Parameters<typeof anchorWith>[0] = {}) {
  const around = anchorWith(options);
  const towardCore = await around.anchor.offer('c', 'access', offer);
  const sdp = await around.anchor.answer('c', 'core', answer);
  return { ...around, towardCore, sdp };
}

describe('the answer to a UE', () => {
  test('A1, B1, B5: has the candidate on port 80, and the gateway was opened to it', async () => {
    const { sdp, gateway } = await answerTo(iceOffer);
    expect(sdp).toContain('a=candidate:tcp1 1 TCP 8388863 198.51.100.1 80 typ host tcptype passive\r\n');
    expect([...gateway.streams.values()]).toEqual([
      {
        ufrag: 'uf0gen1',
        pwd: 'abcdefghijklmnopqrstuvwxyz',
        anchor: { address: '198.51.100.1', port: 40000 },
        content: 'rtp',
        kind: 'audio',
        call: 'c',
        line: 0,
      },
    ]);
  });

  test('A3, A6, B11: the UDP candidates come first, the default among them, and port 80 is the lowest', async () => {
    const [line] = mediaOf((await answerTo(iceOffer)).sdp);
    const { candidates } = line!;
    expect(candidates.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
    expect(candidates[0]).toMatchObject({ address: line!.address, port: line!.port });
    expect(candidates[1]!.priority).toBeLessThan(candidates[0]!.priority);
  });

  test.each([
    ['B15: without ICE', plainOffer],
    ['B15: without ICE but with rtcp-mux', ueSdp(...audio, 'a=rtcp-mux')],
    ['D5: without rtcp-mux', ueSdp(...audio, ...ice)],
  ])('to an offer %s has no candidate on port 80', async (_, offer) => {
    const { sdp, gateway } = await answerTo(offer);
    expect(tcpCandidatesOf(sdp)).toEqual([]);
    expect(gateway.ufrags()).toEqual([]);
  });

  test('B15: to an offer without ICE has no ICE line at all', async () => {
    expect((await answerTo(plainOffer)).sdp).not.toMatch(/ice|candidate/);
  });

  test('D5: without rtcp-mux there is one if the stream has no RTCP', async () => {
    const offer = ueSdp(audio[0]!, 'b=RS:0', 'b=RR:0', ...ice);
    expect(tcpCandidatesOf((await answerTo(offer)).sdp)).toHaveLength(1);
  });

  test('B15: line by line', async () => {
    const offer = ueSdp(...audio, 'm=video 5000 RTP/AVP 34', ...ice, 'a=rtcp-mux');
    const { sdp } = await answerTo(offer, coreSdp(...coreAudio, 'm=video 6002 RTP/AVP 34'));
    expect(mediaOf(sdp).map(({ hasIce }) => hasIce)).toEqual([false, true]);
    expect(tcpCandidatesOf(sdp, 1)).toHaveLength(1);
  });

  test('B8: ice-lite is at session level though the first line is declined', async () => {
    const offer = ueSdp('m=video 0 RTP/AVP 34', ...audio, ...ice, 'a=rtcp-mux');
    const { sdp } = await answerTo(offer, coreSdp('m=video 0 RTP/AVP 34', ...coreAudio));
    expect(sdp.indexOf('a=ice-lite\r\n')).toBeGreaterThan(0);
    expect(sdp.indexOf('a=ice-lite')).toBeLessThan(sdp.indexOf('m='));
  });

  test('B17: a line that the core declines has no candidates, and no stream', async () => {
    const { sdp, gateway } = await answerTo(iceOffer, coreSdp('m=audio 0 RTP/AVP 0'));
    expect(sdp).not.toMatch(/candidate|ice/);
    expect(gateway.ufrags()).toEqual([]);
  });

  test('B21: one candidate for each address family', async () => {
    const gateway = new FakeGateway([gatewayAddress, { address: '2001:db8::1', port: 80, family: 6 }]);
    const { sdp } = await answerTo(iceOffer, coreAnswer, { gateway });
    expect(tcpCandidatesOf(sdp).map(({ address, priority }) => [address, priority])).toEqual([
      ['198.51.100.1', 8388863],
      ['2001:db8::1', 8389119],
    ]);
  });

  test('A8: one candidate for each port, ranked as the ports are', async () => {
    const gateway = new FakeGateway([gatewayAddress, { ...gatewayAddress, port: 443, rank: 'above-relay' }]);
    const { sdp } = await answerTo(iceOffer, coreAnswer, { gateway });
    expect(tcpCandidatesOf(sdp).map(({ port, priority }) => [port, priority])).toEqual([
      [80, 8389119],
      [443, 176161023],
    ]);
  });

  test.each([
    ['rfc6544', 'tcptype passive'],
    ['w', 'tcptyp tcp-passive'],
  ] as const)(
    'B2: the spelling %s is written, in answers and offers, and nothing else changes',
    async (spelling, written) => {
      const { sdp, anchor } = await answerTo(iceOffer, coreAnswer, { candidateSpelling: spelling });
      for (const text of [sdp, await anchor.offer('c', 'core', coreAnswer)]) {
        expect(text.match(/tcptyp.*/g)).toEqual([written]);
        expect(tcpCandidatesOf(text)).toMatchObject([{ priority: 8388863, tcpType: 'passive' }]);
      }
    },
  );

  // A relayed candidate of the UE has type preference 0 too: its highest priority is 2^24 - 1.
  test.each([
    ['lowest', 8388863, false],
    ['above-relay', 176161023, true],
  ] as const)('B5: the TCP candidate ranks %s', async (rank, priority, isAboveRelay) => {
    const gateway = new FakeGateway([{ ...gatewayAddress, rank }]);
    const { sdp } = await answerTo(iceOffer, coreAnswer, { gateway });
    const [tcp] = tcpCandidatesOf(sdp);
    expect(tcp?.priority).toBe(priority);
    expect(priority > 2 ** 24 - 1).toBe(isAboveRelay);
    const priorities = mediaOf(sdp)[0]!.candidates.map((candidate) => candidate.priority);
    expect(Math.min(...priorities)).toBe(priority);
    expect(new Set(priorities).size).toBe(priorities.length);
  });

  test.each([
    ['always', iceOffer, 1],
    ['always', ueSdp(...audio, ...ice, 'a=rtcp-mux'), 1],
    ['offered', iceOffer, 1],
    ['offered', ueSdp(...audio, ...ice, tcpCandidate.replace('active', 'so'), 'a=rtcp-mux'), 1],
    ['offered', ueSdp(...audio, ...ice, tcpCandidate.replace('tcptype', 'tcptyp'), 'a=rtcp-mux'), 1],
    ['offered', ueSdp(...audio, ...ice, tcpCandidate.replace('active', 'passive'), 'a=rtcp-mux'), 0],
    ['offered', ueSdp(...audio, ...ice, 'a=rtcp-mux'), 0],
    ['off', iceOffer, 0],
  ] as const)('A9: with fallback %s (case %#)', async (fallback, offer, count) => {
    const { sdp, gateway } = await answerTo(offer, coreAnswer, { fallback });
    expect(tcpCandidatesOf(sdp)).toHaveLength(count);
    expect(gateway.streams.size).toBe(count);
    expect(mediaOf(sdp)[0]!.hasIce).toBe(true);
  });

  test('B10: a ufrag that another line has already leaves the line without the candidate', async () => {
    const gateway = new FakeGateway();
    gateway.taken = 'uf0gen1';
    expect(tcpCandidatesOf((await answerTo(iceOffer, coreAnswer, { gateway })).sdp)).toEqual([]);
  });

  test('F6: forks in the core stay behind one session of the UE', async () => {
    const { anchor, sdp, gateway } = await answerTo(iceOffer);
    const second = await anchor.answer('c', 'core', coreAnswer.replace('o=core 1 1', 'o=other 99 7'));
    const third = await anchor.answer('c', 'core', coreAnswer.replace('m=audio 6000', 'm=audio 7000'));
    expect(second).toBe(sdp);
    expect(third).toBe(sdp);
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
  });
});

describe('what the core gets and gives', () => {
  test("B19: nothing of the UE's ICE or TCP", async () => {
    const offer = ueSdp(
      'a=ice-options:trickle',
      ...audio,
      ...ice,
      tcpCandidate,
      'a=end-of-candidates',
      'a=setup:active',
    );
    const { towardCore } = await answerTo(offer);
    expect(towardCore).not.toMatch(/ice-|candidate|\btcp|setup|10\.0\.0\.5/i);
  });

  test("B19, D7: nothing of the core's ICE and rtcp-mux is shown to rtpengine or the UE", async () => {
    const coreIce = ['a=ice-ufrag:core', 'a=ice-pwd:corecorecorecorecorecore', 'a=rtcp-mux'];
    const candidate = 'a=candidate:1 1 UDP 2130706431 203.0.113.9 6000 typ host';
    const { sdp, rtpengine } = await answerTo(iceOffer, coreSdp('a=ice-lite', ...coreAudio, ...coreIce, candidate));
    expect(rtpengine.received[1]!.sdp).not.toMatch(/ice|candidate|rtcp-mux/);
    expect(sdp).not.toMatch(/203\.0\.113\.9|core/);
  });

  test('B22: no BUNDLE either way', async () => {
    const bundled = iceOffer.replace('m=audio', 'a=group:BUNDLE 0\r\nm=audio');
    const { sdp, towardCore } = await answerTo(bundled, coreSdp('a=group:BUNDLE 0', ...coreAudio));
    expect(sdp + towardCore).not.toContain('BUNDLE');
  });

  test('B18: names among the candidates, or as the default, are no fault', async () => {
    const named = 'a=candidate:3 1 UDP 2130706431 ue.local 5000 typ host';
    const { sdp, rtpengine } = await answerTo(
      ueSdp('m=audio 9 RTP/AVP 0', 'c=IN IP4 0.0.0.0', ...ice.slice(0, 2), named, 'a=rtcp-mux'),
    );
    expect(rtpengine.received[0]!.sdp).toContain('m=audio 9 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n');
    expect(rtpengine.received[0]!.sdp).not.toContain('ue.local');
    expect(tcpCandidatesOf(sdp)).toHaveLength(1);
  });

  test('B12: lines that cannot be carried are declined to both, to the UE with their transport', async () => {
    const message = ['m=message 2855 TCP/MSRP *', 'a=path:msrp://10.0.0.5:2855/x;tcp'];
    const tcpLine = ['m=video 9 TCP/RTP/AVP 34', 'a=setup:active'];
    const { towardCore, sdp, rtpengine } = await answerTo(
      ueSdp(...message, ...audio, ...ice, 'a=rtcp-mux', ...tcpLine),
      coreSdp('m=message 0 TCP/MSRP *', ...coreAudio, 'm=video 7000 RTP/AVP 34'),
    );
    expect(rtpengine.received.map((command) => mediaOf(command.sdp).map(({ port }) => port > 0))).toEqual([
      [true, false],
      [true, false],
    ]);
    const lines = (text: string) => mediaOf(text).map(({ kind, port, transport }) => [kind, port > 0, transport]);
    const expected = [
      ['message', false, 'TCP/MSRP'],
      ['audio', true, 'RTP/AVP'],
    ];
    expect(lines(towardCore)).toEqual([...expected, ['video', false, 'RTP/AVP']]);
    expect(lines(sdp)).toEqual([...expected, ['video', false, 'TCP/RTP/AVP']]);
    expect(tcpCandidatesOf(sdp, 1)).toHaveLength(1);
  });
});
