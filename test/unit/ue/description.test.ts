import { parseCandidate } from '../../../lib/sdp/candidate';
import { answeringDirection, readDescription, writeDescription } from '../../../lib/ue/description';

const candidates = [
  '1 1 UDP 2130706431 203.0.113.2 4000 typ host',
  '2 1 TCP 2111832063 203.0.113.2 9 typ host tcptype active',
].map((line) => parseCandidate(`candidate:${line}`)!);
const ice = { ufrag: 'abcd', pwd: 'a-password-of-22-letters', candidates };
const description = { address: '203.0.113.2', sessionId: 1, version: 1 };

describe('an offer of the UE', () => {
  it('has UDP as default, ICE with both candidates, and rtcp-mux', () => {
    const sdp = writeDescription({
      ...description,
      streams: [{ kind: 'audio', port: 4000, direction: 'sendrecv', ice }],
    });
    expect(sdp.split('\r\n')).toEqual([
      'v=0',
      'o=- 1 1 IN IP4 203.0.113.2',
      's=-',
      'c=IN IP4 203.0.113.2',
      't=0 0',
      'a=ice-options:ice2',
      'm=audio 4000 RTP/AVP 0',
      'a=rtpmap:0 PCMU/8000',
      'a=ptime:20',
      'a=sendrecv',
      'a=rtcp-mux',
      'a=ice-ufrag:abcd',
      'a=ice-pwd:a-password-of-22-letters',
      'a=candidate:1 1 UDP 2130706431 203.0.113.2 4000 typ host',
      'a=candidate:2 1 TCP 2111832063 203.0.113.2 9 typ host tcptype active',
      '',
    ]);
    expect(readDescription(sdp)).toMatchObject([{ accepted: true, ice, rtcpMux: true, rtcp: { port: 4000 } }]);
  });

  it('of a core phone has neither ICE nor mux, and RTCP on the next port', () => {
    const sdp = writeDescription({ ...description, streams: [{ kind: 'audio', port: 4000, direction: 'sendrecv' }] });
    expect(sdp).not.toMatch(/ice|candidate|mux/);
    expect(readDescription(sdp)[0]).toMatchObject({ ice: undefined, rtcpMux: false, rtcp: { port: 4001 } });
  });

  it('declines a stream with port 0 and its own formats', () => {
    const declined = {
      kind: 'video',
      port: 0,
      direction: 'inactive',
      transport: 'RTP/AVPF',
      formats: '96 97',
    } as const;
    const sdp = writeDescription({ ...description, streams: [declined] });
    expect(sdp).toMatch(/m=video 0 RTP\/AVPF 96 97\r\n$/);
  });

  it.each([
    ['video', 'RTP/AVP', '0'],
    ['image', 'udptl', 't38'],
    ['application', 'TCP/BFCP', '*'],
  ])('S7, B24: declines %s of a peer that named no format with one all the same', (kind, transport, expected) => {
    const declined = { kind, port: 0, direction: 'inactive', transport, formats: '' } as const;
    const sdp = writeDescription({ ...description, streams: [declined] });
    expect(sdp).toMatch(new RegExp(`m=${kind} 0 ${transport} ${expected === '*' ? '\\*' : expected}\r\n$`));
  });
});

describe('the peer’s description', () => {
  const audio = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0'].join('\r\n');

  test.each([
    ['audio in PCMU', 'm=audio 4000 RTP/AVP 8 0', true],
    ['another codec alone', 'm=audio 4000 RTP/AVP 8', false],
    ['a declined stream', 'm=audio 0 RTP/AVP 0', false],
    ['video', 'm=video 4000 RTP/AVP 0', false],
    ['MSRP', 'm=message 4000 TCP/MSRP *', true],
    ['a declined stream of MSRP', 'm=message 0 TCP/MSRP *', false],
  ])('%s', (_, line, accepted) => {
    expect(readDescription(`${audio}\r\n${line}\r\n`)[0]?.accepted).toBe(accepted);
  });

  test.each([
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ] as const)('%s is answered by %s', (offered, answered) => {
    expect(answeringDirection(offered)).toBe(answered);
  });
});
