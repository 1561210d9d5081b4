import parser from 'drachtio-srf/lib/sip-parser/parser';

/*
 * drachtio-srf looks for each part of a header in all that is left of it, and takes blanks by several patterns in a row: a
 * From with a few thousand blanks takes half a second, a Contact of `<` and blanks a quarter of an hour, in which nobody
 * is served. These read the same where they stand, in time that grows with the length alone.
 */

/** A header, and how far it was read. */
interface Reading {
  s: string;
  i: number;
}

type Params = Record<string, string | undefined>;

interface Address {
  name: string | undefined;
  uri: string;
  params: Params;
}

const token = "[\\w\\-.!%*_+`'~]+";
const quoted = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';

const addressPattern = new RegExp(`(${token}(?:\\s+${token})*|${quoted})?\\s*<([^>]*)>|((?:[^\\s@"<]@)?[^\\s;]+)`, 'y');
const paramPattern = new RegExp(`\\s*;\\s*(${token})(?:\\s*=\\s*(${token}|${quoted}))?`, 'y');
const commaPattern = /\s*,\s*/y;

function take(pattern: RegExp, reading: Reading): RegExpExecArray | undefined {
  pattern.lastIndex = reading.i;
  const found = pattern.exec(reading.s) ?? undefined;
  if (found) reading.i = pattern.lastIndex;
  return found;
}

/** @throws Error where no address stands */
function address(reading: Reading): Address {
  const found = take(addressPattern, reading);
  if (!found) throw new Error('A header cannot be read.');
  const [, name, inBrackets = '', bare = ''] = found;
  const params: Params = {};
  for (let param = take(paramPattern, reading); param; param = take(paramPattern, reading)) {
    params[(param[1] ?? '').toLowerCase()] = param[2];
  }
  return { name, uri: inBrackets.trim() || bare, params };
}

function addresses(reading: Reading): Address[] {
  const all: Address[] = [];
  do all.push(address(reading));
  while (reading.i < reading.s.length && take(commaPattern, reading));
  return all;
}

const parsers = new Map<string, (reading: Reading) => unknown>([
  ...['from', 'to', 'refer-to', 'referred-by'].map((name) => [name, address] as const),
  ['contact', addresses],
]);

const { getParser, parseUri } = parser;

/** From now on drachtio-srf reads these headers by the parsers above. */
parser.getParser = (name) => parsers.get(name) ?? getParser(name);

/** Brackets stand around an IPv6 address, and in parameters; of thousands drachtio-srf takes long to find a pair. */
const mostBrackets = 16;

parser.parseUri = (uri) =>
  typeof uri === 'string' && uri.split('[', mostBrackets + 2).length > mostBrackets + 1 ? undefined : parseUri(uri);
