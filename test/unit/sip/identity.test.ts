import type { SipMessage } from '../../../lib/drachtio/messages';
import { assertedIdentity, calledIdentity, registrationFor } from '../../../lib/sip/identity';
import type { Registration } from '../../../lib/sip/registration';

const message = (headers: Record<string, string>) =>
  ({ get: (name: string) => headers[name.toLowerCase()] }) as unknown as SipMessage;

const registration = (aor: string, associated: string[]): Registration => ({
  ...{ aor, associated, binding: 'b', serviceRoute: [], expiresAt: 0 },
  flow: { transport: 'tcp', address: '198.51.100.2', port: 40000 },
});

const alice = registration('sip:alice@ims.example', [
  '"Alice" <sip:alice@ims.example>',
  '<tel:+15550100>',
  '<sip:desk@ims.example>',
]);
const carol = registration('sip:carol@ims.example', ['<sip:carol@ims.example>']);

test.each([
  ['none', {}, '"Alice" <sip:alice@ims.example>'],
  ['one of its own', { 'p-preferred-identity': '<sip:desk@IMS.example>' }, '<sip:desk@ims.example>'],
  ['its number, otherwise written', { 'p-preferred-identity': '<tel:+1-555-0100>' }, '<tel:+15550100>'],
  ['somebody else’s', { 'p-preferred-identity': '<sip:boss@ims.example>' }, '"Alice" <sip:alice@ims.example>'],
  ['one that only begins like it', { 'p-preferred-identity': '<sip:desk@ims.example.evil>' }, alice.associated[0]],
])('G9: a UE that prefers %s is asserted as one of its own', (_what, headers, expected) => {
  expect(assertedIdentity(message(headers), alice)).toBe(expected);
});

test('G9: P-Asserted-Identity of a UE counts for nothing', () => {
  expect(assertedIdentity(message({ 'p-asserted-identity': '<sip:desk@ims.example>' }), alice)).toBe(
    '"Alice" <sip:alice@ims.example>',
  );
});

test('of several registrations on one flow, the preferred identity and then From choose', () => {
  const both = [alice, carol];
  expect(registrationFor(message({}), both)).toBe(alice);
  expect(registrationFor(message({ from: '<sip:carol@ims.example>;tag=1' }), both)).toBe(carol);
  const wish = { 'p-preferred-identity': '<sip:desk@ims.example>', from: '<sip:carol@ims.example>;tag=1' };
  expect(registrationFor(message(wish), both)).toBe(alice);
  expect(registrationFor(message({}), [])).toBeUndefined();
});

test('G9: the called identity is P-Called-Party-ID or To, where it is the UE’s own', () => {
  const called = { 'p-called-party-id': '<sip:desk@ims.example>', to: '<tel:+15550100>' };
  expect(calledIdentity(message(called), [alice])).toBe('<sip:desk@ims.example>');
  expect(calledIdentity(message({ to: '<tel:+15550100>' }), [alice])).toBe('<tel:+15550100>');
  expect(calledIdentity(message({ to: '<sip:x@y>' }), [alice])).toBe('"Alice" <sip:alice@ims.example>');
  expect(calledIdentity(message({ to: '<sip:x@y>' }), [])).toBeUndefined();
});
