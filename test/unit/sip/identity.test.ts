import type { ParsedMessage } from '../../../lib/drachtio/messages';
import {
  assertedIdentity,
  calledIdentity,
  calledRegistrations,
  privateIdentity,
  registrationFor,
  usersOf,
} from '../../../lib/sip/identity';
import { covers } from '../../../lib/sip/wildcarded-identity';
import type { Registration } from '../../../lib/sip/registration';

const message = (headers: Record<string, string>) =>
  ({ get: (name: string) => headers[name.toLowerCase()] }) as unknown as ParsedMessage;

const registration = (aor: string, associated: string[]): Registration => ({
  ...{ aor, associated, key: 'b', serviceRoute: [], expiresAt: 0 },
  binding: { uri: 'b', instance: undefined, outbound: undefined },
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

test('M2: the names of a user are all public identities and the private one, without scheme, port and wildcards', () => {
  const user = { ...registration('sips:Alice@ims.example:5061', [...alice.associated, '<tel:+1202!555[0-9]{4}!>']) };
  expect(usersOf([{ ...user, privateIdentity: 'alice@private.example' }])).toEqual([
    ...['alice@ims.example', 'alice@private.example', '+15550100', 'desk@ims.example'],
  ]);
  expect(usersOf([])).toEqual([]);
});

test('M2: of several registrations on one flow, the one that is called has the call', () => {
  expect(calledRegistrations(message({ to: '<sip:carol@ims.example>' }), [alice, carol])).toEqual([carol]);
  expect(calledRegistrations(message({ to: '<tel:+15550100>' }), [carol, alice])).toEqual([alice]);
  expect(calledRegistrations(message({ to: '<sip:x@y>' }), [])).toEqual([]);
});

test.each([
  ['Digest username="alice@private.example", realm="x", nonce=""', 'alice@private.example'],
  ['Digest realm="x, username=\\"bob\\"", username="a\\"b"', 'a"b'],
  ['Bearer abc', undefined],
  [undefined, undefined],
])('M2: the private identity in %s', (authorization, expected) => {
  expect(privateIdentity(message(authorization === undefined ? {} : { authorization }))).toBe(expected);
});

describe('P14: an identity is one of the UE’s', () => {
  const pbx = registration('sip:pbx@example.net', [
    '<sip:pbx@example.net>',
    '<sip:pbx-!.*!@example.net>',
    '<tel:+1202!555[0-9]{4}!>',
    '<sip:7042;phone-context=example.net@example.net;user=phone>',
    '<sip:+12025550100@example.net>',
  ]);

  test.each([
    ['with an escaped plus', '<sip:%2B12025550100@example.net>', '<sip:+12025550100@example.net>'],
    ['with user=phone', '<sip:+12025550100@example.net;user=phone>', '<sip:+12025550100@example.net>'],
    ['with separators', '<sip:+1-202-555-0100@example.net;user=phone>', '<sip:+12025550100@example.net>'],
    ['with another case of its host', 'sip:+12025550100@Example.NET', '<sip:+12025550100@example.net>'],
    ['with its context', '<sip:7042;phone-context=EXAMPLE.net@example.net;user=phone>', pbx.associated[3]],
    ['that a wildcard covers', '"Desk" <sip:pbx-17@example.net;x=1>', '<sip:pbx-17@example.net>'],
    ['that a wildcard of numbers covers', '<tel:+1-202-555-0199>', '<tel:+12025550199>'],
    ['not: another context', '<sip:7042;phone-context=b.example@example.net;user=phone>', '<sip:pbx@example.net>'],
    ['not: no context', '<sip:7042@example.net;user=phone>', '<sip:pbx@example.net>'],
    ['not: without its plus', '<sip:12025550100@example.net>', '<sip:pbx@example.net>'],
    ['not: another host', '<sip:pbx-17@example.org>', '<sip:pbx@example.net>'],
    ['not: another scheme', '<sips:pbx-17@example.net>', '<sip:pbx@example.net>'],
    ['not: beside the wildcard', '<sip:xpbx-17@example.net>', '<sip:pbx@example.net>'],
    ['not: too short a number', '<tel:+120255501>', '<sip:pbx@example.net>'],
    ['not: a wildcard itself', '<sip:pbx-!.*!@example.org>', '<sip:pbx@example.net>'],
    ['not: what would break out', '<sip:pbx-1>, <sip:boss@example.net>@example.net>', '<sip:pbx@example.net>'],
  ])('%s: %s', (_what, wish, asserted) => {
    expect(assertedIdentity(message({ 'p-preferred-identity': wish }), pbx)).toBe(asserted);
  });

  test('a wildcard is never the default', () => {
    const only = registration('sip:pbx@example.net', ['<sip:pbx-!.*!@example.net>', '<sip:main@example.net>']);
    expect(assertedIdentity(message({}), only)).toBe('<sip:main@example.net>');
    expect(assertedIdentity(message({}), { ...only, associated: ['<sip:pbx-!.*!@example.net>'] })).toBe(
      '<sip:pbx@example.net>',
    );
  });

  test('the called one, too', () => {
    expect(calledIdentity(message({ to: '<sip:pbx-9@example.net>' }), [pbx])).toBe('<sip:pbx-9@example.net>');
  });
});

test.each([
  ['sip:a!.*!@h', 'sip:a@h', true],
  ['sip:!(sales|support)!-eu@H', 'sip:support-eu@h', true],
  ['sip:!(sales|support)!-eu@h', 'sip:sales@h', false],
  ['sip:!x[[:digit:]]+!@h', 'sip:x12@h', true],
  ['sip:%2B1!.*!@h', 'sip:+1202@h', true],
  ['sip:a!(!@h', 'sip:a(@h', false],
  ['sip:a!(a+)+!@h', 'sip:aaa@h', false],
  ['sip:a!.*.*.*.*!@h', 'sip:aaa@h', false],
  ['sip:a@h', 'sip:a@h', false],
  ['sip:a!.*.*.*!@h', 'sip:aaa@h', true],
  ['sip:a!.*!@h', `sip:a${'x'.repeat(127)}@h`, true],
  ['sip:a!.*!@h', `sip:a${'x'.repeat(128)}@h`, false],
  [`sip:a!${'b'.repeat(128)}!@h`, `sip:a${'b'.repeat(127)}@h`, false],
  [`sip:a!(?:${'b|'.repeat(60)}c)!@h`, 'sip:ac@h', false],
  [`sip:a!(${'b|'.repeat(62)}c)!@h`, 'sip:ac@h', true],
  [`sip:a!(${'b|'.repeat(63)}c)!@h`, 'sip:ac@h', false],
  ['sip:a!.*!@h', 'sip:a b@h', false],
  ['sip:a!.*!@h', 'sip:a\n@h', false],
  ['sip:a!.*!@h', 'sip:a@other', false],
  ['sip:a!.*!@h', 'sips:a@h', false],
  ['tel:+1(202)-!.*!', 'tel:+12025550199', true],
  ['sip:a(b)-!.*!@h', 'sip:ab7@h', false],
])('P14: %s covers %s: %s', (wildcarded, identity, does) => {
  expect(covers(wildcarded, identity)).toBe(does);
});
