import parser from 'drachtio-srf/lib/sip-parser/parser';
import '../../../lib/drachtio/header-parsers';

type Parser = typeof parser;

let original: Parser;
jest.isolateModules(() => {
  original = jest.requireActual<Parser>('drachtio-srf/lib/sip-parser/parser');
});

function read(by: Parser, header: string, value: string): unknown {
  try {
    return by.getParser(header)({ s: value, i: 0 });
  } catch {
    return 'unreadable';
  }
}

const values = [
  'sip:a@b',
  'sip:a@b;tag=1;x',
  '<sip:a@b;p=1>;TAG = "q;\\"uo,t" ; y=2',
  'Alice Al <sip:a@b>',
  'Alice   <sip:a@b>;q=0.5, "Bob, \\"B\\" <x>" <tel:+1>;expires=3 , <sip:c@d>',
  '"Alice"<sip:a@b>;tag=1',
  '< sip:a@b>;tag=1',
  ' <sip:a@b>',
  '<sip:a@b',
  '<>;tag=1',
  '',
  ' ',
  '*',
  '"unclosed <sip:a@b>',
  '<sip:a@b>;',
  '<sip:a@b>;;x=1',
  '<sip:a@b>;x=,<sip:c@d>',
  'a@b c@d',
  'Mü <sip:a@b>',
  ';tag=1',
];

test.each(['from', 'to', 'contact', 'refer-to', 'referred-by'])('%s is read as drachtio-srf reads it', (header) => {
  for (const value of values)
    expect([value, read(parser, header, value)]).toEqual([value, read(original, header, value)]);
});

const many = (unit: string, bytes = 8000) => unit.repeat(bytes / unit.length);

test.each([
  ['contact', `<${many(' ')}x`],
  ['contact', `<${many(' ')}>${many(' ')}!`],
  ['contact', many('<sip:>,', 60_000)],
  ['contact', many('<sip:a@b>;x, ', 60_000)],
  ['from', `"${many(' ')}"<sip:a@b>${many(' ')};tag=1${many('\t')}!`],
  ['from', `a${many(' ')}!`],
  ['from', `${many('a ')}!`],
  ['from', many('"a" ')],
  ['to', `<sip:a@b>${many(';a=" ')}`],
  ['to', `<sip:a@b>${many(' ;')}`],
  ['to', many('\\"')],
  ['referred-by', many('<')],
])('N3: %s is read in no time, whatever fills it (%#)', (header, value) => {
  for (let times = 0; times < 100; times++) read(parser, header, value);
});

test('a blank before the bracket is not part of the URI', () => {
  expect(read(parser, 'from', '<sip:a@b >;tag=1')).toMatchObject({ uri: 'sip:a@b', params: { tag: '1' } });
});

test('N3: a URI of brackets is none', () => {
  for (let times = 0; times < 100; times++) expect(parser.parseUri(`sip:a@${many('[')}`)).toBeUndefined();
  expect(parser.parseUri('sip:a@[2001:db8::1]:5070')).toMatchObject({ host: '[2001:db8::1]', port: 5070 });
});
