import type { ParsedMessage } from '../../../lib/drachtio/messages';
import { bindingOf, grantedContacts, isReplaced } from '../../../lib/sip/granted-contacts';

const message = (contact: string | undefined, expires?: string) =>
  ({
    get: (name: string) => (name === 'contact' ? contact : name === 'expires' ? expires : undefined),
  }) as ParsedMessage;

interface Case {
  /** Contact and Expires of the REGISTER, and of its 2xx. */
  asked?: string;
  askedExpires?: string;
  listed?: string;
  listedExpires?: string;
  others?: string[];
}

/** What is granted, as `URI expiry`. */
const granted = ({ asked, askedExpires, listed, listedExpires, others = [] }: Case) => {
  const contacts = grantedContacts(message(asked, askedExpires), message(listed, listedExpires), others.map(bindingOf));
  return contacts === 'all-removed' ? contacts : contacts.map(({ binding, expires }) => `${binding.uri} ${expires}`);
};

const a = 'sip:a@192.0.2.7:5062;transport=tcp';

describe('G4: how long a contact is registered', () => {
  test.each<[string, Case, number]>([
    ['its own expiry in the list', { asked: `<${a}>;expires=3600`, listed: `<${a}>;expires=600` }, 600],
    ['Expires', { asked: `<${a}>`, askedExpires: '900', listed: `<${a}>`, listedExpires: '300' }, 300],
    [
      'what Expires asked for, where the 2xx names none',
      { asked: `<${a}>`, askedExpires: '900', listed: `<${a}>` },
      900,
    ],
    ['what the Contact asked for, where the 2xx names none', { asked: `<${a}>;expires=900`, listed: `<${a}>` }, 900],
    ['an hour, where nobody names one', { asked: `<${a}>`, listed: `<${a}>` }, 3600],
    ['its own among several', { asked: `<${a}>`, listed: `<sip:b@h>;expires=7200, <${a}>;expires=600` }, 600],
    ['none, where the list has it with 0', { asked: `<${a}>`, listed: `<${a}>;expires=0` }, 0],
    ['an unreadable expiry counts for none', { asked: `<${a}>`, listed: `<${a}>;expires=soon` }, 3600],
  ])('%s', (_what, exchange, expires) => {
    expect(granted(exchange)).toEqual([`${a} ${expires}`]);
  });
});

describe('P2: what was asked for is registered, however the 2xx spells it', () => {
  test.each([
    ['a parameter more', '<sip:a@192.0.2.7:5062;transport=tcp;line=7>;expires=60'],
    ['parameters in another order', '<sip:a@192.0.2.7:5062;ob;transport=tcp>;expires=60'],
    ['escapes', '<sip:%61@192.0.2.7:5062;transport=tcp>;expires=60'],
    ['another case', '<SIP:a@192.0.2.7:5062;TRANSPORT=TCP>;Expires=60'],
    ['another host', '<sip:a@198.51.100.2:5062;transport=tcp>;expires=60'],
    ['another port', '<sip:a@192.0.2.7;transport=tcp>;expires=60'],
    ['without its transport', '<sip:a@192.0.2.7:5062>;expires=60'],
    ['another user', '<sip:alice@192.0.2.7:5062;transport=tcp>;expires=60'],
    ['no brackets', `${a};expires=60`.replace(';transport=tcp', '')],
    [
      'q and a GRUU',
      `"A" <${a}>;q=0.5;pub-gruu="sip:alice@ims.example;gr=urn:uuid:1";expires=60;temp-gruu="sip:x@h;gr"`,
    ],
    ['instance and reg-id', `<${a}>;reg-id=1;+sip.instance="<urn:uuid:1>";expires=60`],
  ])('%s', (_what, listed) => {
    expect(granted({ asked: `<${a}>;expires=3600`, listed })).toEqual([`${a} 60`]);
  });

  test('and if it lists nothing', () => {
    expect(granted({ asked: `<${a}>;expires=600` })).toEqual([`${a} 600`]);
    expect(granted({ asked: `<${a}>`, listedExpires: '300' })).toEqual([`${a} 300`]);
  });

  test('a port written out, with other devices in the list', () => {
    const asked = '<sip:a@192.0.2.7>;expires=3600';
    const listed = '<sip:b@192.0.2.8>;expires=7200, <sip:a@192.0.2.7:5060>;expires=60';
    expect(granted({ asked, listed, others: ['<sip:b@192.0.2.8>'] })).toEqual(['sip:a@192.0.2.7 60']);
    // Whoever cannot be told from it may be it.
    expect(granted({ asked, listed })).toEqual(['sip:a@192.0.2.7 7200']);
  });

  test.each([
    ['without outbound, where it was asked for', `<${a}>;reg-id=1;+sip.instance="<urn:uuid:1>"`, `<${a}>`],
    ['with outbound, where it was not', `<${a}>`, `<${a}>;reg-id=1;+sip.instance="<urn:uuid:1>"`],
  ])('%s: by its URI', (_, asked, its) => {
    expect(granted({ asked, listed: `<sip:b@192.0.2.8>;expires=7200, ${its};expires=60` })).toEqual([`${a} 60`]);
  });

  test('several contacts, in any order', () => {
    const asked = `<${a}>;expires=60, <sip:b@192.0.2.7>;expires=60`;
    const listed = `<sip:b@192.0.2.7;line=2>;expires=20, <sip:A@192.0.2.9>;expires=40, <${a};line=1>;expires=10`;
    expect(granted({ asked, listed })).toEqual([`${a} 10`, 'sip:b@192.0.2.7 20']);
  });
});

describe('P3: several contacts in one REGISTER, some taken back', () => {
  const [older, newer] = ['sip:u@192.0.2.7:40000', 'sip:u@198.51.100.7:50000'];
  const instance = '+sip.instance="<urn:uuid:7>"';

  test.each([
    [`<${newer}>;${instance},<${older}>;${instance};expires=0`],
    [`<${older}>;${instance};expires=0, <${newer}>;${instance}`],
    [`<${older}>;expires=0, <${newer}>`],
  ])('%s: the new one is registered first, then the old one is gone', (asked) => {
    expect(granted({ asked, listed: `<${newer}>;${instance};expires=60` })).toEqual([`${newer} 60`, `${older} 0`]);
    expect(granted({ asked, listedExpires: '60' })).toEqual([`${newer} 60`, `${older} 0`]);
  });

  test('with outbound both are one binding, which stays', () => {
    const asked = `<${newer}>;${instance};reg-id=1, <${older}>;${instance};reg-id=1;expires=0`;
    expect(granted({ asked, listedExpires: '60' })).toEqual([`${newer} 60`]);
    expect(granted({ asked, listed: `<${newer}>;${instance};reg-id=1;expires=0` })).toEqual([
      `${newer} 0`,
      `${older} 0`,
    ]);
  });

  test('one that is taken back is gone, even if the list still has it', () => {
    const asked = `<${a}>;expires=60, <sip:b@192.0.2.7>;expires=0`;
    const listed = `<${a}>;expires=60, <sip:b@192.0.2.7>;expires=30`;
    expect(granted({ asked, listed })).toEqual([`${a} 60`, 'sip:b@192.0.2.7 0']);
  });
});

test('P4: what takes one device back grants nothing, whoever else is listed', () => {
  expect(granted({ asked: `<${a}>;expires=0`, listed: '<sip:b@192.0.2.8>;expires=60' })).toEqual([`${a} 0`]);
  expect(granted({ asked: `<${a}>`, askedExpires: '0', listed: '<sip:b@192.0.2.8>;expires=60' })).toEqual([`${a} 0`]);
});

test('P4: a query grants nothing', () => {
  expect(granted({ listed: `<${a}>;expires=60` })).toEqual([]);
});

test('G4: Contact: * takes all back', () => {
  expect(granted({ asked: '*', askedExpires: '0' })).toBe('all-removed');
});

test('G1: with outbound, instance and reg-id name the binding, whatever the URI', () => {
  const instance = '+sip.instance="<urn:uuid:F1>"';
  const asked = `<${a}>;reg-id=2;${instance};expires=600`;
  const listed = `<${a}>;reg-id=1;${instance};expires=5, <sip:x@y>;reg-id=2;+sip.instance="<urn:UUID:f1>";expires=60`;
  expect(granted({ asked, listed })).toEqual([`${a} 60`]);
});

describe('P3: a registrar that keeps one contact of a device', () => {
  const of = (uri: string, more = '') => bindingOf(`<${uri}>;+sip.instance="<urn:uuid:7>"${more}`);
  const [older, newer] = [of('sip:u@192.0.2.7'), of('sip:u@198.51.100.7')];

  test.each<[string, boolean, Parameters<typeof isReplaced>]>([
    ['has replaced what it lists no more', true, [older, newer, message('<sip:u@198.51.100.7>')]],
    ['has not replaced what it lists', false, [older, newer, message('<sip:u@192.0.2.7>, <sip:u@198.51.100.7>')]],
    ['has not said that it did, where it lists nothing', false, [older, newer, message(undefined)]],
    [
      'has nothing to do with other devices',
      false,
      [bindingOf('<sip:v@192.0.2.8>'), newer, message('<sip:u@198.51.100.7>')],
    ],
    [
      'nor with another that says which one it is',
      false,
      [bindingOf('<sip:v@192.0.2.8>;+sip.instance="<urn:uuid:8>"'), newer, message('<sip:u@198.51.100.7>')],
    ],
    ['has not replaced what it spells another way', false, [newer, newer, message('<sip:u@203.0.113.7>')]],
    ...(['', ';reg-id=1'] as const).map((ofOlder): [string, boolean, Parameters<typeof isReplaced>] => [
      `replaces what is no flow of outbound, or by what is none: ${ofOlder}`,
      true,
      [
        of('sip:u@192.0.2.7', ofOlder),
        of('sip:u@198.51.100.7', ofOlder === '' ? ';reg-id=1' : ''),
        message('<sip:u@198.51.100.7>'),
      ],
    ]),
    [
      'lets flows of outbound stand',
      false,
      [of('sip:u@192.0.2.7', ';reg-id=1'), of('sip:u@198.51.100.7', ';reg-id=2'), message('<sip:u@198.51.100.7>')],
    ],
  ])('%s', (_what, isIt, [one, other, response]) => {
    expect(isReplaced(one, other, response)).toBe(isIt);
  });
});
