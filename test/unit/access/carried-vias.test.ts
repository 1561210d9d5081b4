import { CarriedVias } from '../../../lib/access/carried-vias';

const common = 'SIP/2.0/TCP 127.0.0.1:5080';
const vias = `${common};rport;branch=z9hG4bKBtvQZ2Xa`;

test.each([vias, `${vias}, SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK1`, 'SIP/2.0/TCP other;branch=z9hG4bK2', ''])(
  'what is carried comes back as it was: %s',
  (text) => {
    const carried = new CarriedVias(common);
    const token = carried.seal(text);
    expect(token).toMatch(/^[\w-]+$/);
    expect(carried.open(token)).toBe(text);
    expect(carried.seal(text)).toBe(token);
  },
);

test('N5: nothing can be read in it, nor can its length be told from that of the address', () => {
  const token = new CarriedVias(common).seal(vias);
  expect(Buffer.from(token, 'base64url').toString('latin1')).not.toMatch(/127|5080|TCP|z9hG4bK|Btv/);
  expect(token).toHaveLength(
    new CarriedVias('SIP/2.0/TCP [2001:db8::1]:50800').seal(vias.replace(common, 'SIP/2.0/TCP [2001:db8::1]:50800'))
      .length,
  );
});

test('N5: no UE can make one up, change one, or use that of another connection', () => {
  const carried = new CarriedVias(common);
  const token = carried.seal(vias);
  for (let i = 0; i < token.length; i++) {
    const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
    // The last character may have bits that mean nothing.
    if (!Buffer.from(changed, 'base64url').equals(Buffer.from(token, 'base64url')))
      expect(carried.open(changed)).toBeUndefined();
  }
  for (const other of ['', 'A', token.slice(0, -4), `${token}AAAA`, new CarriedVias(common).seal(vias)])
    expect(carried.open(other)).toBeUndefined();
});
