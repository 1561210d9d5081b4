import { parsePrefix } from '../../../lib/ip-prefix';
import { fallbackByRealm } from '../../../lib/media/access-realms';

describe('access realms (A7)', () => {
  const fallback = fallbackByRealm(
    [
      { prefix: '198.51.0.0/16', fallback: 'off' },
      { prefix: '198.51.100.0/24', fallback: 'offered' },
      { prefix: '198.51.100.7', fallback: 'always' },
      { prefix: '2001:db8::/32', fallback: 'off' },
    ],
    'always',
  );

  test.each([
    ['198.51.1.1', 'off'],
    ['198.51.100.1', 'offered'],
    ['198.51.100.7', 'always'],
    ['192.0.2.1', 'always'],
    ['2001:db8::1', 'off'],
    ['2001:db9::1', 'always'],
    ['::ffff:198.51.1.1', 'off'],
    ['unknown', 'always'],
    [undefined, 'always'],
  ])('A7: of the realms that %s is in, the longest prefix decides: %s', (address, expected) => {
    expect(fallback(address)).toBe(expected);
  });

  test.each([
    ['198.51.100.1', true],
    ['198.51.100.0/24', true],
    ['0.0.0.0/0', true],
    ['2001:db8::/128', true],
    ['198.51.100.0/33', false],
    ['2001:db8::/129', false],
    ['198.51.100/24', false],
    ['198.51.100.0/', false],
    ['', false],
  ])('A7: %s is a prefix: %s', (text, expected) => {
    expect(parsePrefix(text) !== undefined).toBe(expected);
  });
});
