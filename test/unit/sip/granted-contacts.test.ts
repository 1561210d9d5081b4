import type { SipMessage } from '../../../lib/drachtio/messages';
import { grantedContacts } from '../../../lib/sip/granted-contacts';

const message = (headers: Record<string, string>) =>
  ({ get: (name: string) => headers[name.toLowerCase()] }) as unknown as SipMessage;

const granted = (request: Record<string, string>, response: Record<string, string>) =>
  grantedContacts(message(request), message(response));

test('G4: a contact has the expiry that the registrar granted, of all that it lists', () => {
  const request = { contact: '<sip:a@192.0.2.7:5060>;expires=3600' };
  const response = { contact: '<sip:other@192.0.2.8>;expires=7200, <sip:a@192.0.2.7:5060>;expires=600' };
  expect(granted(request, response)).toEqual([{ binding: 'sip:a@192.0.2.7:5060', expires: 600 }]);
});

test('G4: without a parameter, Expires holds', () => {
  const contact = '<sip:a@192.0.2.7>';
  expect(granted({ contact, expires: '900' }, { contact, expires: '300' })).toMatchObject([{ expires: 300 }]);
  expect(granted({ contact, expires: '900' }, { contact })).toMatchObject([{ expires: 900 }]);
  expect(granted({ contact }, { contact })).toMatchObject([{ expires: 3600 }]);
});

test('G4: several contacts, one of which is taken back', () => {
  const request = { contact: '<sip:a@192.0.2.7>;expires=60, <sip:b@192.0.2.7>;expires=0' };
  const response = { contact: '<sip:a@192.0.2.7>;expires=60' };
  expect(granted(request, response)).toEqual([
    { binding: 'sip:a@192.0.2.7', expires: 60 },
    { binding: 'sip:b@192.0.2.7', expires: 0 },
  ]);
});

test('G4: a contact that the registrar does not list is not registered', () => {
  expect(granted({ contact: '<sip:a@192.0.2.7>' }, {})).toMatchObject([{ expires: 0 }]);
});

test('G4: Contact: * takes all back', () => {
  expect(granted({ contact: '*', expires: '0' }, {})).toBe('all-removed');
});

test('G1: with outbound, instance and reg-id name the binding, whatever the URI', () => {
  const instance = '+sip.instance="<urn:uuid:1>"';
  const request = { contact: `<sip:a@192.0.2.7:40000>;reg-id=2;${instance};expires=600` };
  const response = { contact: `<sip:a@192.0.2.7:40000>;reg-id=1;${instance};expires=5, ${request.contact}` };
  expect(granted(request, response)).toEqual([{ binding: '"<urn:uuid:1>" 2', expires: 600 }]);
});

test('a query registers nothing', () => {
  expect(granted({}, { contact: '<sip:a@192.0.2.7>;expires=60' })).toEqual([]);
});
