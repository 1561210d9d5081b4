import { familyOf } from '../../../lib/ip-address';
import { withPlaces, type MaySend } from '../../../lib/sdp/line-place';
import { parseSdp, writeSdp, type Sdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';
import { areSourcesKnown, uePlace } from '../../../lib/sdp/ue-place';
import { textsOf } from './texts';

const ice = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
const head = ['v=0', 'o=ue 1 1 IN IP4 10.0.0.5', 's=-'];
const sdp = (...lines: string[]) => parseSdp([...head, ...lines, ''].join('\r\n'));
const shownTo = (said: Sdp, source: string | undefined, maySend: MaySend = () => true) =>
  withPlaces(said, (line) =>
    uePlace(line, familyOf(line.address ?? source ?? ''), { source, maySend, isRelay: () => false }),
  );
const after = (source: string | undefined, ...lines: string[]) =>
  writeSdp(shownTo(sdp(...lines), source))
    .split('\r\n')
    .slice(head.length, -1);

const session = ['c=IN IP4 10.0.0.5', 't=0 0'];

describe('M6: where media goes to a UE without ICE behind a relay', () => {
  const relays = [40_001, 40_003];
  const shown = (...lines: string[]) => {
    const isRelay = ({ address, port }: { address: string; port: number }) =>
      address === '198.51.100.1' && relays.includes(port);
    const said = sdp(...lines);
    const known = { source: '203.0.113.5', maySend: () => false, isRelay };
    const placed = withPlaces(said, (line) => uePlace(line, 'IP4', known));
    const view = viewSession(placed).media[0]!;
    return [view.address, view.port, view.rtcpAddress, view.rtcpPort, areSourcesKnown(viewSession(said).media, [view])];
  };
  const at = ['c=IN IP4 198.51.100.1', 't=0 0'];

  test.each([
    ['RTCP has a relay of its own', ['m=audio 40001 RTP/AVP 0', 'a=rtcp:40003'], ['198.51.100.1', 40_003]],
    ['RTCP has none: the port above is somebody else’s', ['m=audio 40001 RTP/AVP 0'], ['0.0.0.0', 9]],
    ['RTCP on a port that is no relay', ['m=audio 40001 RTP/AVP 0', 'a=rtcp:2223'], ['0.0.0.0', 9]],
    ['RTCP elsewhere', ['m=audio 40001 RTP/AVP 0', 'a=rtcp:5060 IN IP4 192.0.2.2'], ['0.0.0.0', 9]],
    ['RTCP shares the port', ['m=audio 40001 RTP/AVP 0', 'a=rtcp-mux'], ['0.0.0.0', 9]],
  ])('to its relayed address: %s', (_, lines, rtcp) => {
    expect(shown(...at, ...lines)).toEqual(['198.51.100.1', 40_001, ...rtcp, true]);
  });

  test.each([
    ['a port of ours that is no relay of this UE', ['m=audio 40005 RTP/AVP 0']],
    ['another address', ['m=audio 40001 RTP/AVP 0', 'c=IN IP4 198.51.100.2']],
  ])('nowhere: %s', (_, lines) => {
    expect(shown(...at, ...lines).slice(0, 2)).toEqual(['127.0.0.1', 9]);
  });
});

describe('where media goes to a UE without ICE (C11)', () => {
  test('C11: to the address of its SIP, at the port of its SDP; not to what c= and a=rtcp name', () => {
    const audio = ['m=audio 5000 RTP/AVP 0', 'a=rtcp:5001 IN IP4 203.0.113.66', 'a=sendrecv'];
    expect(after('198.51.100.2', ...session, ...audio)).toEqual([
      't=0 0',
      'm=audio 5000 RTP/AVP 0',
      'c=IN IP4 198.51.100.2',
      'a=sendrecv',
      'a=rtcp:5001',
    ]);
  });

  test('C11: beside a line with ICE, which is sent nothing to what it names', () => {
    const lines = ['m=audio 5000 RTP/AVP 0', ...ice, 'm=video 6000 RTP/AVP 96', 'c=IN IP4 203.0.113.66'];
    expect(after('198.51.100.2', ...session, ...lines)).toEqual([
      't=0 0',
      'm=audio 9 RTP/AVP 0',
      'c=IN IP4 127.0.0.1',
      ...ice,
      'm=video 6000 RTP/AVP 96',
      'c=IN IP4 198.51.100.2',
    ]);
  });

  test.each([
    ['a line on hold by 0.0.0.0', 'm=audio 5000 RTP/AVP 0', 'c=IN IP4 0.0.0.0'],
    ['a line on hold by 0.0.0.0 in another spelling', 'm=audio 5000 RTP/AVP 0', 'c=IN IP6 0::0', 'c=IN IP6 ::'],
    ['a declined line', 'm=audio 0 RTP/AVP 0', 'c=IN IP4 10.0.0.5', 'c=IN IP4 0.0.0.0'],
    ['what rtpengine does not see', 'm=message 5000 TCP/MSRP *', 'c=IN IP4 10.0.0.5'],
  ])('no place of its own is put in: %s', (_name, line, said, expected = said) => {
    expect(after('198.51.100.2', 't=0 0', line, said)).toEqual(['t=0 0', line, expected]);
  });

  test.each([
    ['without ICE', '0.0.0.0', '5000', []],
    ['without ICE, at the discard port', '0.0.0.0', '9', []],
    ['with ICE', '0.0.0.0', '5000', ice],
    ['without ICE, IPv6', '::', '5000', []],
  ])('C11: a line on hold by address, %s, has RTCP sent to nobody', (_name, address, port, more) => {
    const held = [`c=IN IP${address === '::' ? 6 : 4} ${address}`, 't=0 0', `m=audio ${port} RTP/AVP 0`, ...more];
    const rtcp = 'a=rtcp:5001 IN IP4 203.0.113.66';
    for (const source of ['198.51.100.2', undefined])
      expect(writeSdp(shownTo(sdp(...held, rtcp), source))).not.toContain('a=rtcp');
  });

  test.each([
    ['unknown', undefined, 'c=IN IP4 10.0.0.5', 'c=IN IP4 127.0.0.1'],
    ['of the other family', '2001:db8::2', 'c=IN IP4 10.0.0.5', 'c=IN IP4 127.0.0.1'],
    ['of the other family', '198.51.100.2', 'c=IN IP6 2001:db8::2', 'c=IN IP6 ::1'],
  ])('C11: where the address of its SIP is %s, to nobody until the UE is heard', (_what, source, given, expected) => {
    expect(after(source, given, 't=0 0', 'm=audio 5000 RTP/AVP 0', 'a=rtcp:5001')).toEqual([
      't=0 0',
      'm=audio 9 RTP/AVP 0',
      expected,
    ]);
  });

  test('a name in c= is replaced like an address', () => {
    expect(after('2001:db8::2', 'c=IN IP4 ue.example', 't=0 0', 'm=audio 5000 RTP/AVP 0')).toEqual([
      't=0 0',
      'm=audio 5000 RTP/AVP 0',
      'c=IN IP6 2001:db8::2',
    ]);
  });
});

describe('C11: the default address of a line with ICE as rtpengine is shown it', () => {
  test.each([
    ['an address', '10.0.0.5', '5000', '127.0.0.1 9'],
    ['an IPv6 address', '2001:db8::5', '5000', '::1 9'],
    ['none yet', '0.0.0.0', '9', '127.0.0.1 9'],
    ['none yet, IPv6', '::', '9', '::1 9'],
    ['a name', 'ue.example.com', '5000', '127.0.0.1 9'],
    ['a hold by 0.0.0.0', '0.0.0.0', '5000', '0.0.0.0 5000'],
    ['a declined line', '10.0.0.5', '0', '0.0.0.0 0'],
  ])('for %s', (_, address, port, expected) => {
    const connection = `c=IN IP${address.includes(':') ? 6 : 4} ${address}`;
    const shown = shownTo(sdp(connection, 't=0 0', `m=audio ${port} RTP/AVP 0`, ...ice), undefined);
    expect(viewSession(shown).media.map((line) => `${line.address} ${line.port}`)).toEqual([expected]);
  });

  test('a=rtcp goes with it, and c= of the line, all else stays', () => {
    const rtcp = 'a=rtcp:5001 IN IP4 10.0.0.6';
    const line = ['m=audio 5000 RTP/AVP 0', 'i=x', 'c=IN IP4 10.0.0.5', 'b=AS:64', rtcp, ...ice];
    expect(textsOf(shownTo(sdp('t=0 0', ...line), '10.0.0.5')).media).toEqual([
      ['m=audio 9 RTP/AVP 0', 'i=x', 'c=IN IP4 127.0.0.1', 'b=AS:64', ...ice],
    ]);
  });
});

describe('whether it is known where a UE sends from (X9)', () => {
  const isKnown = (source: string | undefined, ...lines: string[]) => {
    const said = sdp(...lines);
    const shown = shownTo(said, source, (_, { port }) => port !== 22);
    return areSourcesKnown(viewSession(said).media, viewSession(shown).media);
  };
  const audio = 'm=audio 5000 RTP/AVP 0';
  const video = 'm=video 6000 RTP/AVP 96';
  const nat = 'c=IN IP4 192.168.1.5';

  test.each([
    ['its SDP names the address of its SIP', '10.0.0.5', [...session, audio, video]],
    ['the same in another spelling', '2001:db8::5', ['c=IN IP6 2001:DB8:0::5', 't=0 0', audio]],
    ['the line that names another is declined', '10.0.0.5', [...session, audio, 'm=video 0 RTP/AVP 96', nat]],
    ['the line that names another is no RTP', '10.0.0.5', [...session, audio, 'm=message 9 TCP/MSRP *', nat]],
    ['it does ICE', '198.51.100.2', [...session, audio, ...ice]],
    ['it does ICE on a line', '198.51.100.2', [...session, audio, ...ice, video]],
  ])('it is: %s', (_, source, lines) => {
    expect(isKnown(source, ...lines)).toBe(true);
  });

  test.each([
    ['a NAT is before it', '198.51.100.2', [...session, audio]],
    ['one line names another address', '10.0.0.5', [...session, audio, video, nat]],
    ['the address of its SIP is not known', undefined, [...session, audio]],
    ['media may not be sent to its port', '127.0.0.1', ['c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 22 RTP/AVP 0']],
    ['it holds by 0.0.0.0', '10.0.0.5', ['c=IN IP4 0.0.0.0', 't=0 0', audio]],
    ['its ICE is for MSRP alone', '198.51.100.2', [...session, audio, 'm=message 9 TCP/MSRP *', ...ice]],
  ])('it is not: %s', (_, source, lines) => {
    expect(isKnown(source, ...lines)).toBe(false);
  });
});
