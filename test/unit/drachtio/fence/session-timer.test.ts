import { dropShortSessionTimer } from '../../../../lib/drachtio/fence/session-timer';
import { SipMessage } from '../../../../lib/wire/sip-message';

const left = (...values: string[]): string[] => {
  const response = new SipMessage('SIP/2.0 200 OK');
  for (const value of values) response.add('x', value);
  dropShortSessionTimer(response);
  return response.lines('session-expires');
};

test.each(['90', '1800;refresher=uac', '1800 ; refresher=uas', '999999999'])(
  'G31: a session timer of %s passes',
  (value) => {
    expect(left(value)).toEqual([value]);
  },
);

test.each(['0', '1;refresher=uac', '89', '-1', '', 'nonsense', '1e9', '90x', '9999999999'])(
  'G31: a session timer of %p does not',
  (value) => {
    expect(left(value)).toEqual([]);
  },
);

test('G31: nor do two, of which the server takes one', () => {
  expect(left('1800', '1')).toEqual([]);
});
