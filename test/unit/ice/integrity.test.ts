import crypto from 'node:crypto';
import { integrityEquals } from '../../../lib/ice/integrity';

describe('integrityEquals', () => {
  const right = Buffer.alloc(20, 7);

  it.each([
    ['the right value', right, true],
    ['a first byte that is wrong', Buffer.from(right).fill(0, 0, 1), false],
    ['a last byte that is wrong', Buffer.from(right).fill(0, 19), false],
  ])('C7: %s goes through the comparison in constant time', (_, received, equal) => {
    const compare = jest.spyOn(crypto, 'timingSafeEqual');
    expect(integrityEquals(right, received)).toBe(equal);
    expect(compare).toHaveBeenCalledTimes(1);
    compare.mockRestore();
  });

  it('a value of another length is wrong, and no fault', () => {
    expect(integrityEquals(right, right.subarray(0, 19))).toBe(false);
  });
});
