import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { buildBindingRequest, buildBindingSuccess, xorMappedAddress } from '../../lib/ice/binding';
import { fingerprintOf } from '../../lib/ice/fingerprint';
import { receiveCheck, type CheckOutcome } from '../../lib/ice/lite-agent';
import { buildStun, parseStun, verifyFingerprint, verifyIntegrity } from '../../lib/ice/stun-message';
import { isDeepStrictEqual } from 'node:util';
import published from '../vectors/stun/rfc5769.json';
import { bytesLike, mutated } from './bytes';
import { must, type FuzzTarget } from './target';

export const ufrag = 'Ab12Cd34';
export const pwd = 'thePasswordThatRtpengineChose';
const peer = { address: '203.0.113.7', port: 40001 };

/** The users and passwords of {@link genuineChecks} and of RFC 5769. */
const passwords = new Map([
  [ufrag, pwd],
  ['evtj', 'VOkJxbRl1RmTxUk/WvJxBt'],
]);

const ending = Buffer.from('8028000400000000', 'hex');
const transactionId = Buffer.from('0123456789ab');
const usual = { transactionId, username: `${ufrag}:ueue`, password: pwd, priority: 1015021823, tieBreaker: 5n };

export const genuineChecks: readonly Buffer[] = [
  buildBindingRequest(usual),
  buildBindingRequest({ ...usual, useCandidate: true }),
  buildBindingRequest({ ...usual, algorithm: 'sha256' }),
  buildBindingRequest({ ...usual, role: 'controlled' }),
  buildStun({ class: 'indication', transactionId }),
  buildBindingSuccess(transactionId, peer, { password: pwd, algorithm: 'sha1' }),
  ...published.vectors.map(({ hex }) => Buffer.from(hex.replaceAll(' ', ''), 'hex')),
];

/** Mutations that got their length and FINGERPRINT put right, so that they are looked into further. */
const refingerprinted = mutated(fc.constantFrom(...genuineChecks.map((check) => check.subarray(0, -8)))).map((body) => {
  const length = Math.max(20, body.length & ~3);
  const bytes = Buffer.concat([body.subarray(0, length), Buffer.alloc(Math.max(0, length - body.length)), ending]);
  bytes.writeUInt16BE(bytes.length - 20, 2);
  bytes.writeUInt32BE(0x2112a442, 4);
  bytes.writeUInt32BE(fingerprintOf(bytes.subarray(0, -8)), bytes.length - 4);
  return bytes;
});

/** Attributes of any kind under the right password. */
const signed = fc
  .array(
    fc.record({
      type: fc.oneof(fc.constantFrom(0x0006, 0x0024, 0x0025, 0x8029, 0x802a, 0x0008, 0x001c), fc.nat(0xffff)),
      value: fc.oneof(fc.constant(Buffer.from(`${ufrag}:ueue`)), fc.uint8Array({ maxLength: 40 })),
    }),
    { maxLength: 6 },
  )
  .map((attributes) =>
    buildStun({
      class: 'request',
      transactionId,
      attributes: [{ type: 0x0006, value: Buffer.from(`${ufrag}:ueue`) }, ...attributes],
      key: pwd,
    }),
  );

/** One frame to the ICE-lite agent, on a connection of a stranger and on one that is authenticated. */
export const stun: FuzzTarget = {
  name: 'stun',
  inputs: fc.oneof(bytesLike(genuineChecks), refingerprinted, signed),
  start: () => Promise.resolve({ feed, end: () => Promise.resolve() }),
};

function feed(bytes: Buffer): string {
  const [stranger, known] = [false, true].map((authenticated) => receive(bytes, authenticated)) as [
    CheckOutcome,
    CheckOutcome,
  ];
  must(stranger.verdict !== 'ignored', 'A stranger is ignored instead of disconnected.');
  must(known.verdict !== 'close', 'An authenticated connection is closed.');
  must(isAuthenticated(stranger) === isAuthenticated(known), 'Whether a check is genuine depends on the connection.');
  must('reply' in stranger === isAuthenticated(stranger), 'A stranger is answered.');
  must(!isAuthenticated(known) || isSigned(bytes), 'What no password signs is authenticated.');
  if ('reply' in known) requireReply(known.reply, bytes, known);
  return 'fault' in known ? `${known.verdict} ${known.fault}` : known.verdict;
}

function receive(bytes: Buffer, authenticated: boolean): CheckOutcome {
  const lookup = (name: string) => {
    const found = passwords.get(name);
    return found === undefined ? undefined : { pwd: found };
  };
  return receiveCheck({ bytes, peer, authenticated, lookup });
}

function isAuthenticated(outcome: CheckOutcome): boolean {
  return 'authenticated' in outcome && outcome.authenticated;
}

/** Whether an HMAC by one of the passwords is in it, computed here anew. */
function isSigned(bytes: Buffer): boolean {
  const attributes: { type: number; start: number; end: number }[] = [];
  for (let at = 20; at < bytes.length;) {
    const length = bytes.readUInt16BE(at + 2);
    attributes.push({ type: bytes.readUInt16BE(at), start: at, end: at + 4 + length });
    at += 4 + ((length + 3) & ~3);
  }
  return attributes.some(({ type, start, end }) => {
    if (type !== 0x0008 && type !== 0x001c) return false;
    const head = Buffer.from(bytes.subarray(0, start));
    head.writeUInt16BE(end - 20, 2);
    const value = bytes.subarray(start + 4, end);
    return [...passwords.values()].some((password) =>
      createHmac(type === 0x0008 ? 'sha1' : 'sha256', password)
        .update(head)
        .digest()
        .equals(value),
    );
  });
}

function requireReply(reply: Buffer, request: Buffer, outcome: CheckOutcome): void {
  const message = parseStun(reply);
  must(!('fault' in message), 'The answer is no STUN message.');
  must(message.transactionId.equals(request.subarray(8, 20)), 'The answer is to another request.');
  must(verifyFingerprint(message), 'The answer has no right FINGERPRINT.');
  must(message.class === (outcome.verdict === 'accepted' ? 'success' : 'error'), 'The answer is of another class.');
  if (!isAuthenticated(outcome)) return;
  must(
    [...passwords.values()].some((password) => verifyIntegrity(message, password)),
    'The answer is not signed.',
  );
  if (outcome.verdict === 'accepted')
    must(isDeepStrictEqual(xorMappedAddress(message), peer), 'The answer names another peer.');
}
