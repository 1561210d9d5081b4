import fc from 'fast-check';
import { formatCandidate, parseCandidate } from '../../../lib/sdp/candidate';
import { withGatewayCandidates } from '../../../lib/sdp/gateway-candidate';
import { withIceLite, withoutIce } from '../../../lib/sdp/ice-attributes';
import { parseSdp, writeSdp, type Sdp } from '../../../lib/sdp/sdp';
import { sectionOf, textsIn, textsOf } from './texts';

const token = fc.stringMatching(/^[a-z][a-z0-9+/-]{0,9}$/);
const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('4b1a.local'));
const tcpTypes = ['active', 'passive', 'so'].flatMap((type) => [type, `tcp-${type}`, type.toUpperCase()]);
const transport = fc.oneof(
  fc.constantFrom('UDP', 'udp', 'Tcp', 'tcp-act', 'TCP-PASS', 'tcp-so', 'sctp').map((word) => [word, ''] as const),
  fc
    .tuple(fc.constantFrom('TCP', 'tcp'), fc.constantFrom('tcptype', 'tcptyp', 'TCPTYPE'), fc.constantFrom(...tcpTypes))
    .map(([word, name, type]) => [word, ` ${name} ${type}`] as const),
);
/** Names that no reader of candidates knows. */
const extensions = fc.array(
  fc.tuple(
    token.map((name) => `x-${name}`),
    token,
  ),
  { maxLength: 4 },
);
const related = fc.option(fc.tuple(address, fc.nat(65535)).map(([host, port]) => ` raddr ${host} rport ${port}`));

const candidate = fc
  .record({
    foundation: fc.oneof(token, fc.constantFrom('tcp1', 'tcp1x', 'tcp2')),
    component: fc.constantFrom(1, 2),
    transport,
    // Room for two of ours below: RFC 8445 §5.1.2 allows 1, and nothing is below it.
    priority: fc.integer({ min: 3, max: 2 ** 31 - 1 }),
    address,
    port: fc.nat(65535),
    type: fc.constantFrom('host', 'srflx', 'prflx', 'relay'),
    related,
    extensions,
  })
  .map((all) => ({
    ...all,
    line: [
      `a=candidate:${all.foundation} ${all.component} ${all.transport[0]} ${all.priority} ${all.address} ${all.port}`,
      ` typ ${all.type}${all.related ?? ''}${all.transport[1]}`,
      ...all.extensions.map(([name, value]) => ` ${name} ${value}`),
    ].join(''),
  }));

const ofIce = fc.oneof(
  candidate.map(({ line }) => line),
  fc.constantFrom('a=ice-ufrag:abcd', 'a=ice-options:trickle', 'a=end-of-candidates', 'a=connection:new', 'a=ice-lite'),
);
const ofOthers = fc.oneof(
  fc.constantFrom(
    'a=rtpmap:0 PCMU/8000',
    'a=sendonly',
    'c=IN IP4 192.0.2.5',
    'b=AS:64',
    'a=icecream',
    'a=candidates:1',
  ),
  fc.tuple(token, fc.stringMatching(/^[ -~]{0,30}$/)).map(([name, value]) => `a=x-${name}:${value}`),
);
const lines = fc.array(fc.oneof(ofIce, ofOthers), { maxLength: 12 });
const media = fc.array(
  fc.tuple(fc.constantFrom('m=audio 5000 RTP/AVP 0', 'm=video 0 RTP/AVPF 96', 'm=x-y 9 TCP/MSRP *'), lines),
  { maxLength: 5 },
);
const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0'];
const texts = fc
  .tuple(lines, media)
  .map(([session, sections]) => [...head, ...session, ...sections.flatMap(([first, rest]) => [first, ...rest])]);
const sdps = texts.map((all) => parseSdp(all.join('\n')));
const isIce = (line: string) => /^a=(candidate:|ice-|end-of-candidates$|connection:)/.test(line);
const all = (sdp: Sdp) => {
  const { session, media: sections } = textsOf(sdp);
  return [...session, ...sections.flat()];
};

test('B3: what is taken apart is put together the same', () => {
  fc.assert(fc.property(texts, (text) => expect(writeSdp(parseSdp(text.join('\n')))).toBe(`${text.join('\r\n')}\r\n`)));
});

test('B3, B19: without ICE and TCP, every other line is there, in its place', () => {
  fc.assert(fc.property(sdps, (sdp) => expect(all(withoutIce(sdp))).toEqual(all(sdp).filter((line) => !isIce(line)))));
});

test('B3, B8: ice-lite at session level loses no other line', () => {
  const others = (line: string) => !/^a=(ice-lite|candidate:)/.test(line);
  fc.assert(
    fc.property(sdps, (sdp) => {
      expect(all(withIceLite(sdp)).filter(others)).toEqual(all(sdp).filter(others));
    }),
  );
});

test('B2, B3: a candidate is written back with all that it says, and reads the same again', () => {
  fc.assert(
    fc.property(candidate, ({ line, foundation, component, priority, address: host, port, type, extensions: more }) => {
      const read = parseCandidate(line)!;
      expect(read).toMatchObject({ foundation, component, priority, address: host, port, type, extensions: more });
      expect(parseCandidate(formatCandidate(read))).toEqual(read);
      expect(formatCandidate(read)).not.toMatch(/ tcp-|tcptyp /i);
    }),
  );
});

test('A3, B3, B6, B7: ours are the lowest of a line, unlike all others, and change nothing else', () => {
  fc.assert(
    fc.property(lines, fc.constantFrom('lowest', 'above-relay'), (rest, rank) => {
      const addresses = ['198.51.100.1', '2001:db8::1'].map((address) => ({ address, port: 80, rank }));
      const section = ['m=audio 5000 RTP/AVP 0', ...rest];
      const theirs = section.flatMap((line) => parseCandidate(line) ?? []);
      const result = textsIn(withGatewayCandidates(sectionOf(section), addresses, 'rfc6544'));
      const at = result.findIndex((line, i) => line !== section[i]);
      const added = result.slice(at, at + 2).map((line) => parseCandidate(line)!);
      expect([...result.slice(0, at), ...result.slice(at + 2)]).toEqual(section);
      expect(added.map((ours) => ours.address)).toEqual(addresses.map((ours) => ours.address));
      const taken = new Set(theirs.map(({ foundation }) => foundation));
      expect(added.some(({ foundation }) => taken.has(foundation))).toBe(false);
      expect(added[0]!.foundation).not.toBe(added[1]!.foundation);
      expect(added[0]!.priority).not.toBe(added[1]!.priority);
      for (const { priority } of added) {
        expect(priority).toBeGreaterThanOrEqual(1);
        expect(theirs.every((other) => other.priority > priority)).toBe(true);
      }
    }),
  );
});
