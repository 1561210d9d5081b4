import fc from 'fast-check';
import { buildBindingRequest, errorCode, xorMappedAddress } from '../../../lib/ice/binding';
import { fingerprintOf } from '../../../lib/ice/fingerprint';
import { receiveCheck, type CheckOutcome } from '../../../lib/ice/lite-agent';
import {
  attributeType,
  priorityAttribute,
  roleAttribute,
  useCandidateAttribute,
  usernameAttribute,
  type StunAttribute,
} from '../../../lib/ice/stun-attribute';
import {
  buildStun,
  findAttribute,
  integrityAlgorithm,
  parseStun,
  verifyFingerprint,
  verifyIntegrity,
  type StunClass,
  type StunMessage,
} from '../../../lib/ice/stun-message';

const pwd = 'thePasswordOfTheStream';
const peer = { address: '203.0.113.7', port: 40001 };
const transactionId = Buffer.from('0123456789ab');
const usual = [usernameAttribute('local:remote'), priorityAttribute(123), roleAttribute('controlling', 5n)];

function receive(bytes: Buffer, authenticated = false): CheckOutcome {
  return receiveCheck({ bytes, peer, authenticated, lookup: (ufrag) => (ufrag === 'local' ? { pwd } : undefined) });
}

function check(
  attributes: StunAttribute[],
  options: { key?: string; class?: StunClass; method?: number } = {},
): Buffer {
  return buildStun({ class: 'request', transactionId, attributes, key: pwd, ...options });
}

function reply(outcome: CheckOutcome): StunMessage {
  if (!('reply' in outcome)) throw new Error(`No reply: ${outcome.verdict}.`);
  const message = parseStun(outcome.reply);
  if ('fault' in message) throw new Error(message.fault);
  return message;
}

/** Appends an attribute behind FINGERPRINT's place, fixing length and FINGERPRINT as an attacker would. */
function insertedBeforeFingerprint(bytes: Buffer, attribute: StunAttribute): Buffer {
  const message = parseStun(bytes) as StunMessage;
  const end = findAttribute(message, attributeType.fingerprint)!.offset;
  const extra = buildStun({ class: 'request', transactionId, attributes: [attribute] }).subarray(20, -8);
  const forged = Buffer.concat([bytes.subarray(0, end), extra, bytes.subarray(end)]);
  forged.writeUInt16BE(forged.length - 20, 2);
  forged.writeUInt32BE(fingerprintOf(forged.subarray(0, forged.length - 8)), forged.length - 4);
  return forged;
}

describe('a good check', () => {
  test.each([
    ['IPv4', { address: '203.0.113.7', port: 40001 }],
    ['IPv6', { address: '2001:db8::7', port: 40001 }],
  ])('C5: success has the address of the peer (%s), integrity and FINGERPRINT', (_family, from) => {
    const outcome = receiveCheck({ bytes: check(usual), peer: from, authenticated: false, lookup: () => ({ pwd }) });
    const success = reply(outcome);
    expect(success.class).toBe('success');
    expect(success.transactionId).toEqual(transactionId);
    expect(xorMappedAddress(success)).toEqual(from);
    expect(verifyIntegrity(success, pwd)).toBe(true);
    expect(verifyFingerprint(success)).toBe(true);
    expect(findAttribute(success, attributeType.username)).toBeUndefined();
  });

  test('C5: an IPv4-mapped peer is told its IPv4 address', () => {
    const from = { address: '::ffff:203.0.113.7', port: 9 };
    const outcome = receiveCheck({ bytes: check(usual), peer: from, authenticated: false, lookup: () => ({ pwd }) });
    expect(xorMappedAddress(reply(outcome))).toEqual({ address: '203.0.113.7', port: 9 });
  });

  test('C10: USE-CANDIDATE, PRIORITY and both ufrags are reported', () => {
    const outcome = receive(check([...usual, useCandidateAttribute()]));
    const expected = {
      localUfrag: 'local',
      remoteUfrag: 'remote',
      nominated: true,
      priority: 123,
      transactionId: expect.any(Buffer) as Buffer,
    };
    expect(outcome).toMatchObject({ verdict: 'accepted', authenticated: true, check: expected });
    expect(receive(check(usual))).toMatchObject({ check: { nominated: false } });
  });

  test('C4: unknown optional attributes are ignored', () => {
    expect(receive(check([...usual, { type: 0xc057, value: Buffer.alloc(3) }])).verdict).toBe('accepted');
  });

  test.each(['sha1', 'sha256'] as const)('C6: a check protected with %s is answered with the same', (algorithm) => {
    const request = { transactionId, username: 'local:remote', password: pwd, priority: 1, tieBreaker: 1n, algorithm };
    const success = reply(receive(buildBindingRequest(request)));
    expect(integrityAlgorithm(success)).toBe(algorithm);
    expect(verifyIntegrity(success, pwd)).toBe(true);
  });

  test('C2: what stands behind MESSAGE-INTEGRITY does not count', () => {
    const forged = insertedBeforeFingerprint(check(usual), useCandidateAttribute());
    expect(verifyFingerprint(parseStun(forged) as StunMessage)).toBe(true);
    expect(receive(forged)).toMatchObject({ verdict: 'accepted', check: { nominated: false } });
  });
});

describe('errors', () => {
  const unknown = { type: 0x7001, value: Buffer.alloc(4) };
  const unprotected = buildStun({ class: 'request', transactionId, attributes: usual });
  const table: [row: string, name: string, bytes: Buffer, code: number, fault: string][] = [
    ['C3', 'no MESSAGE-INTEGRITY', unprotected, 400, 'no-credentials'],
    ['C3', 'no USERNAME', check([priorityAttribute(1)]), 400, 'no-credentials'],
    ['C3', 'an unknown ufrag', check([usernameAttribute('nobody:remote')]), 401, 'unknown-ufrag'],
    ['C3', 'a USERNAME without colon', check([usernameAttribute('local')]), 401, 'unknown-ufrag'],
    ['C3', 'a USERNAME that is too long', check([usernameAttribute(`local:${'r'.repeat(600)}`)]), 401, 'unknown-ufrag'],
    ['C3', 'a wrong password', check(usual, { key: 'wrong' }), 401, 'bad-integrity'],
    [
      'C2',
      'a wrong password and an unknown attribute',
      check([...usual, unknown], { key: 'no' }),
      401,
      'bad-integrity',
    ],
  ];

  test.each(table)('%s: %s → an error without integrity on an authenticated connection', (_row, _name, bytes, code) => {
    const outcome = receive(bytes, true);
    expect(outcome).toMatchObject({ verdict: 'rejected', authenticated: false, code });
    const error = reply(outcome);
    expect(error.class).toBe('error');
    expect(errorCode(error)?.code).toBe(code);
    expect(integrityAlgorithm(error)).toBeUndefined();
    expect(verifyFingerprint(error)).toBe(true);
  });

  test.each(table)('%s: %s → close on one that never authenticated', (_row, _name, bytes, _code, fault) => {
    expect(receive(bytes)).toEqual({ verdict: 'close', fault });
  });

  test('C4: unknown required attributes → 420 that lists them, with integrity', () => {
    const other = { type: 0x0003, value: Buffer.alloc(4) };
    const error = reply(receive(check([...usual, unknown, other, unknown])));
    expect(errorCode(error)).toEqual({ code: 420, reason: 'Unknown Attribute' });
    expect(findAttribute(error, attributeType.unknownAttributes)?.value.toString('hex')).toBe('70010003');
    expect(verifyIntegrity(error, pwd)).toBe(true);
  });

  test('C8 C9: ICE-CONTROLLED → 487 with integrity: we are always controlled', () => {
    const error = reply(receive(check([usernameAttribute('local:remote'), roleAttribute('controlled', 1n)])));
    expect(errorCode(error)?.code).toBe(487);
    expect(verifyIntegrity(error, pwd)).toBe(true);
  });

  test('C4 C9: a rejected check never nominates', () => {
    for (const extra of [unknown, roleAttribute('controlled', 1n)]) {
      expect(receive(check([...usual, useCandidateAttribute(), extra])).verdict).toBe('rejected');
    }
  });
});

describe('what is no check', () => {
  const good = check(usual);
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(good);
    bytes[at] = value;
    return bytes;
  };
  const table: [name: string, bytes: Buffer, fault: string][] = [
    ['shorter than a header', good.subarray(0, 19), 'short'],
    ['the first bits are set', changed(0, 0x80), 'first-bits'],
    ['another cookie', changed(4, 0), 'cookie'],
    ['cut off', good.subarray(0, good.length - 4), 'length'],
    ['followed by more', Buffer.concat([good, Buffer.alloc(4)]), 'length'],
    ['an attribute that is longer than the message', changed(23, 0xff), 'attribute'],
    ['without FINGERPRINT', withoutFingerprint(), 'fingerprint'],
    ['a wrong FINGERPRINT', changed(good.length - 1, (good.at(-1) ?? 0) ^ 1), 'fingerprint'],
    ['another method', check(usual, { method: 3 }), 'method'],
    ['a response', check(usual, { class: 'success' }), 'class'],
  ];

  function withoutFingerprint(): Buffer {
    const bytes = Buffer.from(good.subarray(0, good.length - 8));
    bytes.writeUInt16BE(bytes.length - 20, 2);
    return bytes;
  }

  test.each(table)('C2: %s → silence, or close if nothing was ever authenticated', (_name, bytes, fault) => {
    expect(receive(bytes, true)).toEqual({ verdict: 'ignored', fault });
    expect(receive(bytes)).toEqual({ verdict: 'close', fault });
  });

  test('C14: an indication gets no answer', () => {
    const indication = buildStun({ class: 'indication', transactionId });
    expect(receive(indication, true)).toEqual({ verdict: 'ignored', fault: 'indication' });
    expect(receive(indication).verdict).toBe('close');
  });

  test('C2: no bytes throw, and none but the right ones are accepted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(receive(Buffer.from(bytes)).verdict).toBe('close');
      }),
    );
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, mask, authenticated) => {
          const bytes = Buffer.from(good);
          bytes[at]! ^= mask;
          expect(receive(bytes, authenticated).verdict).not.toBe('accepted');
        },
      ),
    );
    const header = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 100 }), (id, body) => {
        const bytes = Buffer.alloc(20 + (body.length & ~3));
        bytes.writeUInt16BE(1, 0);
        bytes.writeUInt16BE(bytes.length - 20, 2);
        bytes.writeUInt32BE(0x2112a442, 4);
        bytes.set(id, 8);
        bytes.set(body.subarray(0, body.length & ~3), 20);
        expect(receive(bytes, true).verdict).not.toBe('accepted');
      }),
    );
  });
});
