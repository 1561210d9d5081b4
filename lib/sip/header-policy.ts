import type { Headers, ParsedMessage } from '../drachtio/messages';
import { headerOf } from '../drachtio/fence/hidden-headers';
import { listOf } from '../wire/sip-uri';
import { isAnew } from './header-table';

/*
 * What goes from one side of the edge to the other is made anew of what came: this takes out what belongs to a hop, a
 * dialog or a transaction, and writes what of that the other side gets. Which of the rest passes is decided last, for
 * each side, by header-table.ts.
 */

/** Options between two neighbours. */
const hopOptions = new Set(['gruu', 'outbound', 'path', 'sec-agree', 'timer']);

/** Hops that a request may still take. A Max-Forwards that is no number up to 255 counts as none (RFC 4475 §3.1.2.4). */
export function hopsLeft(request: ParsedMessage): number {
  const named = Number(request.get('max-forwards') ?? mostHops);
  return named >= 0 && named <= 255 ? named : mostHops;
}

/** RFC 3261 §8.1.1.6 */
const mostHops = 70;

/** Headers of an INVITE for the other side. Tags of From and To are left out: the server makes new ones. */
export function inviteHeaders(invite: ParsedMessage, hasOffer: boolean): Headers {
  return {
    ...passedOn(invite),
    // A reliable response to an INVITE without offer brings an offer, whose answer a PRACK of the server cannot carry.
    ...(hasOffer ? withRequired(invite, optionHeaders(invite)) : optionHeaders(invite, ['100rel'])),
    From: withoutTag(invite, 'from'),
    To: withoutTag(invite, 'to'),
    'Max-Forwards': String(hopsLeft(invite) - 1),
  };
}

/** Headers of a request outside a call for the other side, with its type of content. */
export function exchangeHeaders(request: ParsedMessage): Headers {
  return { ...inviteHeaders(request, true), ...contentHeaders(request) };
}

/** Headers of a response for the other side. Whether it is reliable is not the other side's to say. */
export function responseHeaders(response: ParsedMessage): Headers {
  const options = { ...optionHeader(response, 'Supported'), ...optionHeader(response, 'Require', ['100rel']) };
  const unsupported = response.get('unsupported');
  return {
    ...passedOn(response),
    ...options,
    ...(unsupported !== undefined && { Unsupported: unsupported }),
  };
}

/** Headers of a request inside a dialog for the other side, with those of its content. */
export function inDialogHeaders(request: ParsedMessage): Headers {
  // Reliable responses to a re-INVITE are acknowledged here, and not passed on.
  const options = optionHeaders(request, ['100rel']);
  return { ...passedOn(request), ...options, ...contentHeaders(request) };
}

/** What a body that passes as it is needs to be read. */
export function contentHeaders(message: ParsedMessage): Headers {
  const headers: Headers = {};
  for (const name of ['Content-Type', 'Content-Encoding']) {
    const value = message.get(name);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

/** Whether Supported or Require names the option. */
export function hasOption(message: ParsedMessage, option: string): boolean {
  return tokens(message.get('supported')).includes(option) || requiresOption(message, option);
}

export function requiresOption(message: ParsedMessage, option: string): boolean {
  return tokens(message.get('require')).includes(option);
}

/** Whether Allow names the method (RFC 3261 §20.5). */
export function allows(message: ParsedMessage, method: string): boolean {
  return tokens(message.get('allow')).includes(method.toLowerCase());
}

/** What the callee has to do, where the SIP server was not told of it (`askForReliability`). */
function withRequired(invite: ParsedMessage, headers: Headers): Headers {
  if (!invite.has(headerOf('Reliable'))) return headers;
  return { ...headers, Require: [headers['Require'], '100rel'].filter(Boolean).join(', ') };
}

function passedOn(message: ParsedMessage): Headers {
  return Object.fromEntries(Object.entries(message.headers).filter(([name]) => !isAnew(name)));
}

function optionHeaders(message: ParsedMessage, except: string[] = []): Headers {
  return { ...optionHeader(message, 'Supported', except), ...optionHeader(message, 'Require', except) };
}

function optionHeader(message: ParsedMessage, name: 'Supported' | 'Require', except: string[] = []): Headers {
  const options = tokens(message.get(name)).filter((option) => !hopOptions.has(option) && !except.includes(option));
  return options.length > 0 ? { [name]: options.join(', ') } : {};
}

function withoutTag(message: ParsedMessage, header: 'from' | 'to'): string {
  const { name, uri, params } = message.getParsedHeader(header);
  const others = Object.entries(params).filter(([param]) => param !== 'tag');
  const parameters = others.map(([param, value]) => (value === undefined ? `;${param}` : `;${param}=${value}`));
  return `${name ? `${name} ` : ''}<${uri}>${parameters.join('')}`;
}

/** The tokens of a list such as Require, in lower case. */
export function tokens(list: string | undefined): string[] {
  return listOf(list).map((token) => token.toLowerCase());
}
