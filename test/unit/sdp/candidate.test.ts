import { canConnect, formatCandidate, isUsable, parseCandidate } from '../../../lib/sdp/candidate';

describe('candidates', () => {
  test.each([
    'a=candidate:1 1 UDP 2130706431 192.0.2.5 5000 typ host',
    'a=candidate:9 2 UDP 1694498815 203.0.113.7 61000 typ srflx raddr 10.0.0.5 rport 5001',
    'a=candidate:tcp1 1 TCP 8388863 2001:db8::1 80 typ host tcptype passive',
    'a=candidate:4 1 TCP 1518280447 192.0.2.5 9 typ host tcptype active generation 0 network-id 3 x-y z',
    'a=candidate:4 1 TCP 7 192.0.2.5 9 typ relay raddr 10.1.1.1 rport 9 tcptype so ufrag abcd',
  ])('B3: written back as read: %s', (line) => {
    expect(formatCandidate(parseCandidate(line)!)).toBe(line);
  });

  test.each([
    ['1 1 TCP 7 192.0.2.5 9 typ host tcptyp active', 'active'],
    ['1 1 tcp 7 192.0.2.5 9 typ host tcptyp tcp-active', 'active'],
    ['1 1 TCP 7 192.0.2.5 0 typ host tcptype tcp-so', 'so'],
    ['1 1 Tcp 7 192.0.2.5 80 typ host tcptype tcp-passive', 'passive'],
    ['1 1 tcp-act 7 192.0.2.5 9 typ host', 'active'],
    ['1 1 TCP-PASS 7 192.0.2.5 80 typ host', 'passive'],
    ['1 1 tcp-so 7 192.0.2.5 5000 typ host', 'so'],
    ['1 1 TCP 7 192.0.2.5 9 TYP host generation 0 TCPTYPE Active', 'active'],
  ])('B2: a legacy spelling is understood and not written: %s', (value, tcpType) => {
    const candidate = parseCandidate(`a=candidate:${value}`)!;
    expect(candidate).toMatchObject({ transport: 'tcp', tcpType });
    expect(formatCandidate(candidate)).toMatch(new RegExp(`^a=candidate:1 1 TCP .* tcptype ${tcpType}`));
    expect(formatCandidate(candidate)).not.toMatch(/tcp-|tcptyp /);
  });

  test('B1: tcptype comes before other extensions', () => {
    const candidate = parseCandidate('a=candidate:1 1 tcp 7 192.0.2.5 9 typ host generation 0 tcptype active')!;
    expect(formatCandidate(candidate)).toBe('a=candidate:1 1 TCP 7 192.0.2.5 9 typ host tcptype active generation 0');
  });

  test.each([
    ['1 1 UDP 7 b9e6.local 5000 typ host', false],
    ['1 1 UDP 7 ue.example.com 5000 typ host', false],
    ['1 1 SCTP 7 192.0.2.5 5000 typ host', false],
    ['1 1 UDP 7 2001:db8::5 5000 typ host', true],
  ])('B18: %s is usable: %s', (value, usable) => {
    expect(isUsable(parseCandidate(`a=candidate:${value}`)!)).toBe(usable);
  });

  test.each([
    ['tcptype active', true],
    ['tcptype so', true],
    ['tcptype passive', false],
    ['', false],
  ])('A9: a TCP candidate with "%s" connects to ours: %s', (extension, expected) => {
    expect(canConnect(parseCandidate(`a=candidate:1 1 TCP 7 192.0.2.5 9 typ host ${extension}`)!)).toBe(expected);
  });

  test.each([
    'a=candidate:',
    'a=candidate:1 1 UDP x 1.2.3.4 5 typ host',
    'a=candidate:1 1 UDP 7 1.2.3.4 70000 typ host',
  ])('no candidate: %s', (line) => expect(parseCandidate(line)).toBeUndefined());
});
