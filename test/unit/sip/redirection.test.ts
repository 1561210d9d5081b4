import type { IncomingResponse } from '../../../lib/drachtio/messages';
import { redirection } from '../../../lib/sip/redirection';

const response = (status: number, contact?: string) =>
  ({ status, get: (name: string) => (name === 'contact' ? contact : undefined) }) as unknown as IncomingResponse;

describe('P8: where else to go', () => {
  const asked = 'sip:bob@ims.example:5080';

  test.each([
    [299, false],
    [300, true],
    [399, true],
    [400, false],
    [485, true],
    [486, false],
    [488, false],
  ])('a %i says it: %s', (status, isIt) => {
    const shown = redirection(response(status, '<sip:carol@other.example>'), 'access', asked);
    expect(shown).toEqual(isIt ? { Contact: '<sip:carol@other.example>' } : {});
  });

  test.each([
    ['<sip:carol@10.1.2.3>', '<sip:carol@ims.example:5080>'],
    ['"C" <sip:carol@10.1.2.3:5070;x=1>;q=0.5', '"C" <sip:carol@ims.example:5080>;q=0.5'],
    ['<sip:carol@[2001:db8::3]>', '<sip:carol@ims.example:5080>'],
    ['<sip:10.1.2.3>', undefined],
    ['<tel:+12025550199>', '<tel:+12025550199>'],
    ['<sip:10.1.2.3>, <sip:a@b.example>, <sip:c@10.1.2.3>', '<sip:a@b.example>, <sip:c@ims.example:5080>'],
    [undefined, undefined],
  ])('a UE is told names, and no address of the inside: %s', (contact, shown) => {
    expect(redirection(response(302, contact), 'access', asked)).toEqual(shown === undefined ? {} : { Contact: shown });
  });

  test('a UE that asked for no host is told of none', () => {
    expect(redirection(response(302, '<sip:carol@10.1.2.3>'), 'access', 'tel:+12025550199')).toEqual({});
  });

  test('the core is told what the UE says', () => {
    expect(redirection(response(302, '<sip:carol@10.1.2.3>, <sip:10.1.2.4>'), 'core', asked)).toEqual({
      Contact: '<sip:carol@10.1.2.3>, <sip:10.1.2.4>',
    });
  });
});
