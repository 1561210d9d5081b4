import { isIP } from 'node:net';
import { z } from 'zod';
import { usableHop } from '../lib/egress/errand';
import { addressBytes, normalAddress } from '../lib/ip-address';
import { parsePrefix } from '../lib/ip-prefix';
import type { AccessRealm } from '../lib/media/access-realms';
import { parseMediaNetwork } from '../lib/media-places';
import type { Fallback } from '../lib/media/fallback';
import { parseControlUrl } from '../lib/rtpengine/control-address';
import type { TcpPriority } from '../lib/sdp/gateway-candidate';
import { parseContact, type Contact } from '../lib/wire/contact';
import { isWrittenHere } from '../lib/sip/header-table';
import { parseSipUri } from '../lib/wire/sip-uri';

/* What the values of settings look like, each checked by itself: app/config.ts has the table. */

export const list = z.string().transform((text) => text.split(/[\s]+/).filter((item) => item !== ''));

export const commaList = z
  .string()
  .transform((text) => text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()])));

/** A comma list that is not empty; `atLeast` says what it must have. */
export const someOf = <Item>(item: z.ZodType<Item, string>, atLeast: string) =>
  commaList.pipe(z.array(item).min(1, atLeast));

export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  z.enum(words, `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`);

/** What is made of the text; `hint` says what it must be where that is undefined. */
const madeOf = <Value>(make: (text: string) => Value | undefined, hint: string) =>
  z.string().transform((text, context) => {
    const value = make(text);
    if (value !== undefined) return value;
    context.addIssue(hint);
    return z.NEVER;
  });

const ipAddress = z.string().refine((text) => isIP(text) !== 0, 'must be an IP address');

/** Of one host, as others can be told it: not all addresses, not a group, not one that needs an interface beside it. */
function isOfOneHost(address: string): boolean {
  const bytes = addressBytes(address);
  if (bytes === undefined || address.includes('%') || bytes.every((byte) => byte === 0)) return false;
  const [first = 0] = bytes;
  return bytes.length === 4 ? first !== 0 && first < 224 : first !== 0xff;
}

const oneOfFamily = 'must name one address per family at most';

const oneHost = 'must name the address of one host, as others reach it';

const onePerFamily = (items: string[]) => new Set(items.map((item) => isIP(item))).size === items.length;

export const ipAddresses = someOf(ipAddress, 'must name an address').refine(
  (items) => areDistinct(items.map(normalAddress)),
  'must name each address once',
);

/** Addresses that UEs are told. */
export const shownAddresses = ipAddresses
  .refine((items) => items.every(isOfOneHost), oneHost)
  .refine(onePerFamily, oneOfFamily);

export const port = z
  .string()
  .regex(/^\d+$/, 'must be a port number')
  .transform(Number)
  .pipe(z.number().min(1, 'must be 1 or more').max(65535, 'must be 65535 or less'));

/** A port, or a port and the rank of its candidates: `443=above-relay`. */
const rankedPort = z
  .string()
  .transform((text) => {
    const [number = '', rank] = text.split(/=(.*)/);
    return rank === undefined ? { port: number } : { port: number, rank };
  })
  .pipe(
    z.object({
      port,
      rank: z
        .string()
        .regex(/^(lowest|above-relay)$/, 'must have ranks lowest or above-relay')
        .transform((rank) => rank as TcpPriority)
        .exactOptional(),
    }),
  );

export const publicPorts = commaList.pipe(
  z
    .array(rankedPort)
    .min(1, 'must name a port')
    .max(8, 'must name 8 ports at most')
    .refine((ports) => areDistinct(ports.map(({ port }) => port)), 'must name each port once'),
);

/** `127.0.0.1:8480`, `[::1]:8480` or `off`. */
export const adminPlace = z.string().transform((text, context) => {
  const place = text === 'off' ? text : placeIn(text);
  if (place !== undefined) return place;
  context.addIssue('must look like 127.0.0.1:8480 or [::1]:8480, or be off');
  return z.NEVER;
});

/** `192.0.2.60:9060` or `[2001:db8::60]:9060`. */
export const hostPlace = z.string().transform((text, context) => {
  const place = placeIn(text);
  if (place !== undefined) return place;
  context.addIssue('must look like 192.0.2.60:9060 or [2001:db8::60]:9060');
  return z.NEVER;
});

function placeIn(text: string): { address: string; port: number } | undefined {
  const [, inner, plain, number = ''] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  const address = inner ?? plain ?? '';
  const found = port.safeParse(number);
  return isIP(address) === (inner === undefined ? 4 : 6) && found.success ? { address, port: found.data } : undefined;
}

export const adminToken = z
  .string()
  .regex(/^[\x21-\x7e]{16,}$/, 'must have 16 characters or more of printable ASCII, and no spaces');

/** Digits alone: 0x10 and 1e3 are numbers, too, but nobody means them. */
export const countFrom = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `must be ${least} or more`).max(most, `must be ${most} or less`));

export const count = (most: number) => countFrom(1, most);

/** What stands in a header as it is. */
export const printable = (hint: string) =>
  z
    .string()
    .max(255, 'must have 255 characters at most')
    .regex(/^[\x20-\x7e]+$/, hint);

export const areDistinct = (values: unknown[]) => new Set(values).size === values.length;

const contactLike = (example: string, isFit: (contact: Contact) => boolean) =>
  z.string().refine(
    (text) => {
      const contact = read(() => parseContact(text));
      return contact !== undefined && isOfOneHost(contact.address) && isFit(contact);
    },
    { message: `must look like ${example}`, abort: true },
  );

const contact = contactLike('sip:198.51.100.1:5060;transport=udp,tcp', () => true);

export const listeningPoint = contactLike(
  'sip:198.51.100.1:5060;transport=tcp sip:198.51.100.1:5061;transport=tls',
  ({ transports }) => /^(tcp|tls)$/.test(transports.join()),
);

export const contacts = list.pipe(z.array(contact).min(1, 'must name at least one contact'));

export const sipUri = z.string().refine(isSipUri, 'must be a SIP URI such as sip:192.0.2.2:5060');

export const hostName = z
  .string()
  .refine((text) => isIP(text) !== 0 || /^[\w-]+(\.[\w-]+)*\.?$/.test(text), 'must be a host name or an IP address');

export const relayedHop = 'must be a sip: URI over UDP or TCP without maddr, since it is reached from EGRESS_PORT';

export const rtpengineUrl = z
  .string()
  .refine(
    (url) => read(() => parseControlUrl(url)) !== undefined,
    'must be a comma list of tcp://host:port, or udp://host:port',
  );

/** `ws://host:port`, and maybe `;weight=2`. */
export const nodePlace = z
  .string()
  .regex(/^ws:\/\/[^/?#;@]+(;weight=\d{1,4})?$/, 'must look like ws://192.0.2.10:2225;weight=2')
  .transform((text, context) => {
    const [at = '', weight = '1'] = text.split(';weight=');
    const isPlace = URL.canParse(at) && new URL(at).port !== '' && Number(weight) > 0;
    if (!isPlace) context.addIssue({ code: 'custom', message: 'must look like ws://192.0.2.10:2225;weight=2' });
    return { at, weight: Number(weight) };
  });

export const interfaces = commaList.pipe(
  z
    .array(
      z.string().refine((text) => {
        const [address = '', ...advertised] = text.split('!');
        return isOfOneHost(address) && advertised.length <= 1 && advertised.every(isOfOneHost);
      }, 'must be address or address!advertised'),
    )
    .min(1, 'must name an address')
    .refine((items) => onePerFamily(items.map((item) => item.split('!', 1)[0] ?? '')), oneOfFamily),
);

export const flowTokenKeys = someOf(
  z.string().min(16, 'must have keys of 16 characters or more'),
  'must have at least one key',
);

const realmForm = /^[0-9a-fA-F.:]+(\/\d{1,3})?=(always|offered|off)$/;

export const realm = madeOf((text): AccessRealm | undefined => {
  const [prefix = '', fallback] = text.split('=');
  const isOne = realmForm.test(text) && parsePrefix(prefix) !== undefined;
  return isOne ? { prefix, fallback: fallback as Fallback } : undefined;
}, 'must be a comma list such as 198.51.100.0/24=off,2001:db8::/32=offered');

/** Too short a secret is found by who has one credential. */
export const turnSecret = z.string().min(16, 'must have 16 characters or more');

/** A name with a colon behind digits is one of a time-limited credential. */
export const turnUser = z
  .string()
  .max(255, 'must have 255 characters at most')
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .refine((text) => !/^\d+(:|$)/.test(text), 'must not look like a time-limited one, which begins with digits');

export const headerNames = commaList.pipe(
  z.array(
    z
      .string()
      .regex(/^[\w.!%*+`'~-]+$/, 'must be a comma list of header names')
      .refine((name) => !isWrittenHere(name), 'must not name a header that the edge alone writes'),
  ),
);

/** As browsers write it (RFC 6454 §6.2). */
export const webOrigin = z
  .string()
  .toLowerCase()
  .refine((text) => urlOf(text)?.origin === text, 'must be a comma list of origins such as https://phone.example.com');

export const webServerHint = 'must look like http://127.0.0.1:8080';

/** Without a path of its own: whoever asks names it. */
export function isWebServer(text: string): boolean {
  const url = urlOf(text);
  return url?.protocol === 'http:' && [url.origin, `${url.origin}/`].includes(text);
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

const portRangeHint = 'must be a range of ports such as 50000-50999';

export const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, portRangeHint)
  .transform((text) => text.split('-').map(Number))
  .refine(([first = 0, last = 0]) => first >= 1 && first <= last && last <= 65535, portRangeHint)
  .transform(([first = 0, last = 0]) => ({ first, last }));

export const networkPrefix = madeOf(parsePrefix, 'must be a comma list of networks such as 192.0.2.0/24,2001:db8::/32');

export const mediaNetwork = madeOf(
  parseMediaNetwork,
  'must be a comma list such as 192.0.2.0/24,203.0.113.0/24:16384-32767,2001:db8::/32',
);

/** Undefined for what cannot be read. */
function read<Value>(reading: () => Value): Value | undefined {
  try {
    return reading();
  } catch {
    return undefined;
  }
}

/**
 * Whether it is a URI that requests can be sent to: over a transport that there is, without headers, and with a host that
 * there can be. A name whose last label is a number is an IPv4 address (RFC 3696 §2), and maybe a wrong one.
 */
function isSipUri(text: string): boolean {
  const uri = parseSipUri(text);
  if (uri === undefined || uri.scheme === 'tel') return false;
  const { host, params } = uri;
  const hasHeaders = uri.text !== text;
  if (!/^(udp|tcp|tls)$/i.test(params.get('transport') ?? 'udp') || hasHeaders || host.includes('..')) return false;
  return isIP(host) !== 0 ? isOfOneHost(host) : !/(^|\.)\d+\.?$/.test(host) && !/[:]/.test(host);
}

export function isForRelay(nextHop: string): boolean {
  return usableHop(nextHop) !== undefined;
}
