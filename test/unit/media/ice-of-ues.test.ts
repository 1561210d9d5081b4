import {
  anchorWith,
  audio,
  coreAnswer,
  coreAudio,
  coreSdp,
  ice,
  iceOffer,
  mediaOf,
  plainOffer,
  tcpCandidatesOf,
  udpCandidate,
  ueSdp,
} from './fixtures';

/** Where the UE's SIP comes from. */
const ue = { address: '203.0.113.77' };

async function answerTo(offer: string, around = anchorWith(), answer = coreAnswer) {
  const towardCore = await around.anchor.offer('c', 'access', offer, ue);
  return { ...around, towardCore, sdp: await around.anchor.answer('c', 'core', answer) };
}

/** As something between, which knows nothing of ICE, would leave it. */
const rewritten = iceOffer.replace('c=IN IP4 10.0.0.5', `c=IN IP4 ${ue.address}`);
const held = iceOffer.replace('c=IN IP4 10.0.0.5', 'c=IN IP4 0.0.0.0');

describe('B16: an ICE mismatch', () => {
  test('is answered with a=ice-mismatch, without any other ICE, and the line is one without ICE', async () => {
    const { sdp, rtpengine, gateway, towardCore } = await answerTo(rewritten);
    expect(sdp.match(/a=.*(ice|candidate).*/g)).toEqual(['a=ice-mismatch']);
    expect(gateway.ufrags()).toEqual([]);
    expect(rtpengine.received[0]!.sdp).not.toMatch(/ice|candidate/);
    expect(mediaOf(rtpengine.received[0]!.sdp)[0]).toMatchObject({ ...ue, port: 5000 });
    expect(towardCore).not.toMatch(/ice|candidate/);
  });

  test('of one line leaves ICE to the others', async () => {
    const video = ['m=video 5004 RTP/AVP 34', 'c=IN IP4 10.0.0.5', ...ice.slice(0, 2)];
    const offer = `${rewritten}${[...video, udpCandidate.replace('5000', '5004'), 'a=rtcp-mux', ''].join('\r\n')}`;
    const { sdp } = await answerTo(offer, anchorWith(), coreSdp(...coreAudio, 'm=video 6002 RTP/AVP 34'));
    expect(mediaOf(sdp).map(({ hasIce }) => hasIce)).toEqual([false, true]);
    expect(sdp.indexOf('a=ice-mismatch')).toBeLessThan(sdp.indexOf('m=video'));
    expect(tcpCandidatesOf(sdp, 1)).toHaveLength(1);
    expect(sdp).toContain('a=ice-lite\r\n');
  });

  test('is not written on a line that is declined, nor in offers', async () => {
    const declined = await answerTo(rewritten, anchorWith(), coreSdp('m=audio 0 RTP/AVP 0'));
    const { anchor } = await answerTo(rewritten);
    expect(declined.sdp + (await anchor.offer('c', 'core', coreAnswer))).not.toMatch(/ice/);
  });

  test('in an answer ends ICE on the line', async () => {
    const { anchor, gateway } = anchorWith();
    await anchor.offer('c', 'core', coreAnswer);
    await anchor.answer('c', 'access', rewritten);
    expect(gateway.ufrags()).toEqual([]);
    expect(await anchor.offer('c', 'core', coreAnswer)).not.toMatch(/ice|candidate/);
  });
});

describe('F1: ICE restarts of a UE', () => {
  const restarted = iceOffer.replace('ueUF', 'ueU2').replace('uepwd', 'uepwX');
  const shownSessions = (around: ReturnType<typeof anchorWith>) =>
    around.rtpengine.received.filter(({ command }) => command === 'offer').map(({ sdp }) => mediaOf(sdp)[0]!.ufrag);

  test.each([
    ['with new credentials', restarted],
    ['with new credentials and a hold by 0.0.0.0', restarted.replace('c=IN IP4 10.0.0.5', 'c=IN IP4 0.0.0.0')],
  ])('%s: rtpengine is told of them, and the UE of new ones', async (_, offer) => {
    const around = anchorWith();
    const first = await answerTo(iceOffer, around);
    around.rtpengine.restarts = true;
    const { sdp, gateway } = await answerTo(offer, around);
    expect(shownSessions(around)).toEqual(['ueUF', 'ueUF', 'ueU2']);
    expect(mediaOf(sdp)[0]!.ufrag).not.toBe(mediaOf(first.sdp)[0]!.ufrag);
    expect(gateway.ufrags()).toHaveLength(2);
  });

  test('by a hold with 0.0.0.0 alone: rtpengine is shown other credentials in between, and makes new ones', async () => {
    const around = anchorWith();
    const first = await answerTo(iceOffer, around);
    around.rtpengine.restarts = true;
    const { sdp, gateway } = await answerTo(held, around);
    const [before, atOnce, between, after] = shownSessions(around);
    expect([before, atOnce, after]).toEqual(['ueUF', 'ueUF', 'ueUF']);
    expect(between).not.toBe('ueUF');
    expect(mediaOf(sdp)[0]!.hasIce).toBe(true);
    expect(mediaOf(sdp)[0]!.ufrag).not.toBe(mediaOf(first.sdp)[0]!.ufrag);
    expect(tcpCandidatesOf(sdp)).toHaveLength(1);
    expect(gateway.ufrags()).toHaveLength(2);
  });

  test('a hold that is repeated, or resumed, is none', async () => {
    const around = anchorWith();
    around.rtpengine.restarts = true;
    await answerTo(iceOffer, around);
    const { sdp } = await answerTo(held, around);
    for (const offer of [held, iceOffer]) {
      const again = await answerTo(offer, around);
      expect(mediaOf(again.sdp)[0]!.ufrag).toBe(mediaOf(sdp)[0]!.ufrag);
    }
  });

  test('a hold that is refused is none either', async () => {
    const around = anchorWith();
    await answerTo(iceOffer, around);
    await around.anchor.offer('c', 'access', held);
    await around.anchor.rollback('c');
    expect(new Set(shownSessions(around))).toEqual(new Set(['ueUF']));
  });

  test('credentials that move from the session to the line are none', async () => {
    const around = anchorWith();
    const atSession = ueSdp(...ice.slice(0, 2), ...audio, udpCandidate, 'a=rtcp-mux');
    await answerTo(atSession, around);
    await answerTo(ueSdp(...audio, ...ice, 'a=rtcp-mux'), around);
    expect(shownSessions(around)).toEqual(['ueUF', 'ueUF']);
  });
});

describe('later offers and answers of a UE', () => {
  test('F3: remote-candidates that name port 80 are understood: same session, shown to nobody, in no answer', async () => {
    const around = anchorWith();
    const first = await answerTo(iceOffer, around);
    around.gateway.emit('selected', {
      stream: around.gateway.streams.get('uf0gen1')!,
      remote: { address: '203.0.113.5', port: 50000 },
      port: 80,
    });
    const before = [...around.gateway.streams.values()];
    const { sdp, towardCore } = await answerTo(`${iceOffer}a=remote-candidates:1 198.51.100.1 80\r\n`, around);
    expect(sdp).toBe(first.sdp);
    expect([...around.gateway.streams.values()]).toEqual(before);
    const all = [sdp, towardCore, ...around.rtpengine.received.map((command) => command.sdp)].join();
    expect(all).not.toContain('remote-candidates');
  });

  test("F3: the core's, or rtpengine's, do not reach the UE", async () => {
    const { anchor } = await answerTo(iceOffer);
    const offered = await anchor.offer('c', 'core', `${coreAnswer}a=remote-candidates:1 192.0.2.1 40050\r\n`);
    expect(offered).not.toContain('remote-candidates');
  });

  test('F5: an offer of the UE without ICE ends it on the line, and the call goes on', async () => {
    const around = anchorWith();
    await answerTo(iceOffer, around);
    const { sdp, gateway } = await answerTo(plainOffer, around);
    expect(sdp).not.toMatch(/ice|candidate/);
    expect(mediaOf(sdp)[0]!.port).not.toBe(0);
    expect(gateway.ufrags()).toEqual([]);
  });

  test('F5: an answer with ICE to an offer without it is one without', async () => {
    const { anchor, rtpengine, gateway } = anchorWith();
    await anchor.offer('c', 'core', coreAnswer);
    await anchor.answer('c', 'access', plainOffer);
    await anchor.offer('c', 'core', coreAnswer);
    await anchor.answer('c', 'access', iceOffer);
    expect(rtpengine.received.at(-1)!.sdp).not.toMatch(/ice|candidate/);
    expect(rtpengine.received.at(-1)).toMatchObject({ flags: ['strict-source'] });
    expect(gateway.ufrags()).toEqual([]);
  });
});

describe('B20: trickle', () => {
  const options = 'a=ice-options:trickle ice2';

  test.each([
    ['at session level', ueSdp(options, ...audio, ...ice, 'a=rtcp-mux')],
    ['at media level', ueSdp(...audio, options, ...ice, 'a=rtcp-mux')],
    ['with end-of-candidates', ueSdp(...audio, options, ...ice, 'a=end-of-candidates', 'a=rtcp-mux')],
    [
      'with no candidate yet',
      ueSdp('m=audio 9 RTP/AVP 0', 'c=IN IP4 0.0.0.0', options, ...ice.slice(0, 2), 'a=rtcp-mux'),
    ],
  ])('offered %s is answered with all candidates, and not echoed', async (_, offer) => {
    const { sdp, rtpengine } = await answerTo(offer);
    expect(mediaOf(sdp)[0]!.candidates).toHaveLength(2);
    expect(sdp).not.toMatch(/trickle|end-of-candidates/);
    expect(rtpengine.received[0]!.sdp).not.toMatch(/trickle|end-of-candidates/);
  });

  test('of the core is not offered to the UE', async () => {
    const { anchor } = anchorWith();
    const own = ['a=ice-options:trickle', 'a=ice-ufrag:core', 'a=ice-pwd:corecorecorecorecorecore'];
    expect(await anchor.offer('c', 'core', coreSdp(...own, ...coreAudio, 'a=end-of-candidates'))).not.toMatch(
      /trickle|end-of/,
    );
  });
});

describe('D4: payload types 64-95', () => {
  const lines = ['m=audio 5000 RTP/AVP 0 72 101', 'a=rtpmap:72 X/8000', 'a=rtpmap:101 telephone-event/8000'];

  test('of a UE with rtcp-mux are gone, of one without they pass', async () => {
    const muxed = await answerTo(ueSdp(...lines, ...ice, 'a=rtcp-mux'));
    expect(muxed.towardCore).toMatch(/m=audio \d+ RTP\/AVP 0 101\r\n/);
    expect(muxed.towardCore).not.toContain('rtpmap:72');
    const plain = await answerTo(ueSdp(...lines));
    expect(plain.towardCore).toMatch(/m=audio \d+ RTP\/AVP 0 72 101\r\n/);
  });

  test('of the core do not reach a UE, in offers and answers; a line of nothing else is declined', async () => {
    const own = coreSdp(...lines, 'm=video 6002 RTP/AVP 72', 'a=rtpmap:72 Y/90000');
    const { anchor, gateway } = anchorWith();
    const offered = await anchor.offer('c', 'core', own);
    expect(mediaOf(offered).map(({ formats, port }) => [formats, port > 0])).toEqual([
      ['0 101', true],
      ['72', false],
    ]);
    expect(offered).not.toContain('rtpmap:72');
    expect(gateway.ufrags()).toEqual(['uf0gen1']);
    expect((await answerTo(iceOffer, anchorWith(), coreSdp(...lines))).sdp).not.toMatch(/ 72 |rtpmap:72/);
  });

  test('all else of the codecs passes as it is, both ways', async () => {
    const codecs = [
      'a=rtpmap:96 AMR-WB/16000',
      'a=rtpmap:63 L16/8000',
      'a=fmtp:96 mode-set=0,1,2; octet-align=1',
      'a=ptime:20',
      'a=rtcp-fb:* x',
    ];
    const own = ['m=audio 5000 RTP/AVP 96 63 0', ...codecs];
    const { towardCore, sdp } = await answerTo(ueSdp(...own, ...ice, 'a=rtcp-mux'), anchorWith(), coreSdp(...own));
    for (const text of [towardCore, sdp]) {
      expect(text).toMatch(/m=audio \d+ RTP\/AVP 96 63 0\r\n/);
      const written = text.split('\r\n').filter((line) => codecs.includes(line));
      expect(written.sort()).toEqual([...codecs].sort());
    }
  });
});

describe('C11: until a pair is nominated', () => {
  test('rtpengine knows no address of a UE with ICE but its candidates, whatever it says later', async () => {
    const around = anchorWith();
    const offer = `${iceOffer}a=rtcp:5001 IN IP4 10.0.0.6\r\n`;
    await answerTo(offer, around);
    await answerTo(offer.replaceAll('5000', '5100').replaceAll('10.0.0.5', '10.0.0.9'), around);
    const shown = around.rtpengine.received.filter(({ command }) => command === 'offer').map(({ sdp }) => sdp);
    for (const sdp of shown) {
      expect(mediaOf(sdp)[0]).toMatchObject({ address: '127.0.0.1', port: 9, rtcpPort: undefined });
      expect(sdp).not.toMatch(/(c=|a=rtcp:).* 10\.0\.0/);
    }
  });

  test('in an answer of the UE too', async () => {
    const { anchor, rtpengine } = anchorWith();
    await anchor.offer('c', 'core', coreAnswer);
    await anchor.answer('c', 'access', iceOffer);
    expect(mediaOf(rtpengine.received[1]!.sdp)[0]).toMatchObject({ address: '127.0.0.1', port: 9 });
  });

  test('a line without ICE beside it is told apart, and a hold by 0.0.0.0 is one', async () => {
    const mixed = await answerTo(`${iceOffer}m=video 5002 RTP/AVP 34\r\n`);
    expect(mediaOf(mixed.rtpengine.received[0]!.sdp)).toMatchObject([
      { address: '127.0.0.1', port: 9 },
      { ...ue, port: 5002 },
    ]);
    const around = anchorWith();
    await answerTo(iceOffer, around);
    await answerTo(held, around);
    const shown = around.rtpengine.received.filter(({ command }) => command === 'offer');
    expect(mediaOf(shown.at(-1)!.sdp)[0]).toMatchObject({ address: '0.0.0.0', port: 5000 });
  });
});
