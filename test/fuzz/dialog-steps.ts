/*
 * What two ends may do in one dialog, right or wrong: the alphabet of the target "dialogs". A byte chooses from a table,
 * whatever its value.
 */

/** Who begins, and with what. */
const beginnings = [
  { method: 'INVITE', from: 'ue' },
  { method: 'INVITE', from: 'core' },
  { method: 'SUBSCRIBE', from: 'ue' },
  { method: 'SUBSCRIBE', from: 'core' },
] as const;

/** `stranger`: another UE, which knows the dialog and has no part in it. */
export type End = 'ue' | 'core' | 'stranger';

export type Beginning = (typeof beginnings)[number] & {
  /** Of the first request, in place of what is right; an empty value leaves the header out. */
  headers?: Record<string, string>;
};

/** One thing that an end does, and whether the server is waited for after it. */
export interface Step {
  who: End;
  action: Action;
  isAwaited: boolean;
}

/** A dialog from its first request on. */
export interface Script {
  beginning: Beginning;
  steps: Step[];
}

/** Who acts, and how often. */
const ends: readonly End[] = ['core', 'ue', 'ue', 'core', 'ue', 'ue', 'core', 'stranger'];

/** Bytes of a step: who acts, what he does, how that is spoiled, and whether the server is waited for. */
export const stepLength = 4;

/** An answer to the request that began the dialog. */
interface Answer {
  kind: 'answer';
  status: number;
  headers: Record<string, string>;
}

interface Inside {
  kind: 'request';
  method: string;
  headers: Record<string, string>;
}

/** An answer to the latest request inside the dialog that came to this end. */
interface Reply {
  kind: 'reply';
  status: number;
  headers: Record<string, string>;
}

/** Of the request that began the dialog, by its branch. */
interface OfInvite {
  kind: 'cancel' | 'ack';
  headers?: Record<string, string>;
}

export type Action = Answer | Inside | Reply | OfInvite | { kind: 'hang up' };

const answer = (status: number, headers: Record<string, string> = {}): Action => ({ kind: 'answer', status, headers });
const reply = (status: number, headers: Record<string, string> = {}): Action => ({ kind: 'reply', status, headers });
const request = (method: string, headers: Record<string, string> = {}): Action => ({
  kind: 'request',
  method,
  headers,
});

const reliable = { Require: '100rel', RSeq: '1' };
const text = { 'Content-Type': 'text/plain' };

const actions: readonly Action[] = [
  answer(180),
  answer(183),
  answer(183, reliable),
  answer(183, { ...reliable, RSeq: '2' }),
  answer(183, { ...reliable, RSeq: '0' }),
  answer(100),
  answer(199),
  answer(200),
  answer(202),
  answer(302),
  answer(401, { 'WWW-Authenticate': 'Digest realm="ims.example", nonce="n"' }),
  answer(407, { 'Proxy-Authenticate': 'Digest realm="ims.example", nonce="n"' }),
  answer(422, { 'Min-SE': '1800' }),
  answer(486),
  answer(487),
  answer(491),
  answer(603),
  answer(699),
  { kind: 'ack', headers: {} },
  { kind: 'cancel', headers: {} },
  { kind: 'hang up' },
  request('PRACK', { RAck: '1 1 INVITE' }),
  request('PRACK', { RAck: '9 9 INVITE' }),
  request('PRACK'),
  request('UPDATE', { 'Content-Type': 'application/sdp' }),
  request('UPDATE'),
  request('INVITE', { 'Content-Type': 'application/sdp' }),
  request('INVITE'),
  request('ACK'),
  request('BYE'),
  request('INFO', text),
  request('INFO'),
  request('MESSAGE', text),
  request('OPTIONS'),
  request('SUBSCRIBE', { Event: 'presence', Expires: '60' }),
  request('SUBSCRIBE', { Event: 'presence', Expires: '0' }),
  request('NOTIFY', { Event: 'presence', 'Subscription-State': 'active' }),
  request('NOTIFY', { Event: 'presence', 'Subscription-State': 'terminated' }),
  request('NOTIFY', { Event: 'refer', 'Subscription-State': 'terminated;reason=noresource' }),
  request('NOTIFY'),
  request('PUBLISH', { Event: 'presence', Expires: '60' }),
  request('REFER', { 'Refer-To': '<sip:carol@ims.example>' }),
  request('REGISTER'),
  request('FETCH'),
  request('CANCEL'),
  reply(180),
  reply(183, reliable),
  reply(200),
  reply(202),
  reply(481),
  reply(491),
  reply(603),
];

/** How a message of such an action is spoiled; an empty value takes the header out. Most are left as they are. */
const spoilings: readonly Record<string, string>[] = [
  {},
  {},
  {},
  {},
  {},
  {},
  {},
  {},
  { Contact: '' },
  { Contact: '<tel:+12025550101>' },
  { Contact: '*' },
  { Contact: 'nonsense' },
  { To: '<sip:bob@ims.example>;tag=another' },
  { To: '<sip:bob@ims.example>' },
  { From: '<sip:alice@ims.example>;tag=another' },
  { From: '<sip:alice@ims.example>' },
  { CSeq: '0 INVITE' },
  { CSeq: '4294967295 INVITE' },
  { CSeq: '1 NONSENSE' },
  { 'Call-ID': '' },
  { 'Call-ID': 'another@invalid' },
  { 'Record-Route': '<sip:192.0.2.99;lr>, <nonsense>' },
  { Route: '<sip:192.0.2.99;lr>' },
  { Require: 'nonsense' },
  { Require: '100rel' },
  { 'Session-Expires': '1;refresher=uac' },
  { 'Session-Expires': 'nonsense' },
  { Expires: '-1' },
  { 'Max-Forwards': '0' },
  { 'Content-Type': 'multipart/mixed;boundary=x' },
  { Replaces: 'another;to-tag=1;from-tag=2' },
  { RSeq: '4294967296' },
  { 'Subscription-State': 'nonsense;;;' },
  { Event: '' },
  { From: '<sip:alice@ims.example>;tag=fork' },
  { From: '<tel:+12025550101>;tag=1' },
  { To: '<tel:+12025550101>' },
  { Supported: '100rel' },
  { Contact: '<sip:ue@192.0.2.99:1;transport=udp>' },
  { RAck: '2 1 INVITE' },
  { From: '<sip:alice@ims.example>;tag=' },
  { CSeq: '1 CANCEL' },
  { CSeq: '1 ACK' },
];

/** The first byte says who begins, and how. */
export function scriptOf(input: Buffer): Script {
  const steps: Step[] = [];
  for (let at = 1; at + stepLength <= input.length; at += stepLength) {
    const [who = 0, what, how, wait = 0] = input.subarray(at);
    const action = pick(actions, what);
    const spoiled = 'headers' in action ? { headers: { ...action.headers, ...pick(spoilings, how) } } : {};
    steps.push({ who: pick(ends, who), action: { ...action, ...spoiled }, isAwaited: wait % 4 !== 0 });
  }
  const [first = 0] = input;
  const headers = spoilings[Math.floor(first / beginnings.length)];
  return { beginning: { ...pick(beginnings, first), ...(headers && { headers }) }, steps };
}

function pick<T>(table: readonly T[], byte = 0): T {
  const picked = table[byte % table.length];
  if (picked === undefined) throw new Error('The table is empty.');
  return picked;
}
