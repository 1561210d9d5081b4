import { receiveCheck } from '../../../lib/ice/lite-agent';
import { parseStun, verifyIntegrity } from '../../../lib/ice/stun-message';
import { xorMappedAddress } from '../../../lib/ice/binding';
import { packetKind } from '../../../lib/gateway/first-byte';
import answered from '../../vectors/libwebrtc/answered.json';
import unanswered from '../../vectors/libwebrtc/unanswered.json';

const captures = [
  ['unanswered', unanswered],
  ['answered', answered],
] as const;

describe.each(captures)('what libwebrtc sends, %s', (_name, { ufrag, pwd, remoteUfrag, connections }) => {
  const frames = connections.flatMap(({ remote, frames: all }) =>
    all.map((hex) => ({ remote, bytes: Buffer.from(hex, 'hex') })),
  );
  const checks = frames.filter(({ bytes }) => packetKind(bytes) === 'stun');
  const lookup = (wanted: string) => (wanted === ufrag ? { pwd } : undefined);

  test('E6: it opens two connections for one stream', () => {
    expect(connections).toHaveLength(2);
  });

  test('C2 C5: each check is authenticated and answered with the address it came from', () => {
    expect(checks.length).toBeGreaterThan(5);
    for (const { remote, bytes } of checks) {
      const outcome = receiveCheck({ bytes, peer: remote, authenticated: false, lookup });
      if (outcome.verdict !== 'accepted') throw new Error(outcome.verdict);
      expect(outcome.check).toMatchObject({ localUfrag: ufrag, remoteUfrag });
      const reply = parseStun(outcome.reply);
      if ('fault' in reply) throw new Error(reply.fault);
      expect(xorMappedAddress(reply)).toEqual(remote);
      expect(verifyIntegrity(reply, pwd)).toBe(true);
    }
  });

  test('C3: with another password none is answered', () => {
    for (const { remote, bytes } of checks) {
      const outcome = receiveCheck({ bytes, peer: remote, authenticated: false, lookup: () => ({ pwd: 'other' }) });
      expect(outcome).toEqual({ verdict: 'close', fault: 'bad-integrity' });
    }
  });
});

test('C10: libwebrtc nominates one of its two connections, after it was answered; DTLS is told by its first byte', () => {
  const { ufrag, pwd } = answered;
  const seen = answered.connections.map(({ remote, frames }) =>
    frames.map((hex) => {
      const bytes = Buffer.from(hex, 'hex');
      if (packetKind(bytes) !== 'stun') return packetKind(bytes);
      const lookup = (wanted: string) => (wanted === ufrag ? { pwd } : undefined);
      const outcome = receiveCheck({ bytes, peer: remote, authenticated: true, lookup });
      return outcome.verdict === 'accepted' && outcome.check.nominated ? 'nominated' : outcome.verdict;
    }),
  );
  expect(seen).toEqual([
    ['accepted', 'accepted', 'accepted', 'dtls', 'dtls', 'dtls', 'dtls', 'dtls', 'nominated', 'dtls', 'nominated'],
    ['accepted', 'accepted', 'accepted'],
  ]);
});
