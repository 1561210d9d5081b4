import { createHash } from 'node:crypto';
import { priority, username, xorMappedAddress } from '../../../lib/ice/binding';
import { attributeType } from '../../../lib/ice/stun-attribute';
import { findAttribute, parseStun, verifyFingerprint, verifyIntegrity } from '../../../lib/ice/stun-message';
import published from '../../vectors/stun/rfc5769.json';

interface Vector {
  name: string;
  hex: string;
  class: string;
  key: { text?: string; md5?: string };
  fingerprint: boolean;
  username?: string;
  software?: string;
  priority?: number;
  mapped?: { address: string; port: number };
}

const vectors = published.vectors as Vector[];

describe('RFC 5769 (C15)', () => {
  test.each(vectors.map((vector) => [vector.name, vector] as const))('C15: %s', (_name, vector) => {
    const message = parseStun(Buffer.from(vector.hex.replaceAll(' ', ''), 'hex'));
    if ('fault' in message) throw new Error(message.fault);
    const key = vector.key.text ?? createHash('md5').update(vector.key.md5!).digest();

    expect(message.class).toBe(vector.class);
    expect(verifyIntegrity(message, key)).toBe(true);
    expect(verifyIntegrity(message, 'another password')).toBe(false);
    expect(verifyFingerprint(message)).toBe(vector.fingerprint);
    expect(username(message)).toBe(vector.username);
    expect(findAttribute(message, attributeType.software)?.value.toString()).toBe(vector.software);
    expect(priority(message)).toBe(vector.priority);
    expect(xorMappedAddress(message)).toEqual(vector.mapped);
  });

  test.each(vectors.map((vector) => [vector.name, vector] as const))(
    'C15: each flipped bit of %s is noticed',
    (_name, vector) => {
      const bytes = Buffer.from(vector.hex.replaceAll(' ', ''), 'hex');
      const key = vector.key.text ?? createHash('md5').update(vector.key.md5!).digest();
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const message = parseStun(flipped);
        const genuine =
          !('fault' in message) && verifyIntegrity(message, key) && (!vector.fingerprint || verifyFingerprint(message));
        expect(genuine).toBe(false);
      }
    },
  );
});
