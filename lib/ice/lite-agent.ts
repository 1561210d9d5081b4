import { buildBindingError, buildBindingSuccess, priority, username, type ResponseIntegrity } from './binding';
import { attributeType, isUnknownRequired } from './stun-attribute';
import {
  bindingMethod,
  findAttribute,
  integrityAlgorithm,
  parseStun,
  verifyFingerprint,
  verifyIntegrity,
  stunFaults,
  type StunMessage,
} from './stun-message';
import type { TransportAddress } from './transport-address';

/** What a check arrives with. */
export interface ReceivedCheck {
  /** One whole frame or datagram. */
  bytes: Buffer;
  /** The sender, as the socket reports it; told to it in XOR-MAPPED-ADDRESS (C5). */
  peer: TransportAddress;
  /** Whether a check on this connection was authenticated before. */
  authenticated: boolean;
  /** The credentials that a local ufrag stands for; undefined if it is unknown. */
  lookup: (ufrag: string) => { pwd: string } | undefined;
}

/** Why a check is not answered. */
export type CheckFault = (typeof checkFaults)[number];

export const checkFaults = [
  ...stunFaults,
  'fingerprint',
  'method',
  'class',
  'no-credentials',
  'unknown-ufrag',
  'bad-integrity',
] as const;

/**
 * What becomes of a check.
 *
 * - `accepted`: authenticated and answered with success; the pair is valid (RFC 8445 §7.3.1.4).
 * - `rejected`: answered with an error. `authenticated` tells whether integrity was right (420, 487) or not (400, 401).
 * - `ignored`: not answered.
 * - `close`: not answered, and the connection, on which nothing was ever authenticated, is to be closed (C3, D9).
 */
export type CheckOutcome =
  | { verdict: 'accepted'; reply: Buffer; authenticated: true; check: AuthenticCheck }
  | { verdict: 'rejected'; reply: Buffer; authenticated: true; code: 420 | 487; check: AuthenticCheck }
  | { verdict: 'rejected'; reply: Buffer; authenticated: false; code: 400 | 401; fault: CheckFault }
  | { verdict: 'ignored'; fault: CheckFault | 'indication' }
  | { verdict: 'close'; fault: CheckFault };

/** Whether what was not answered is no STUN message at all, or one without its FINGERPRINT. */
export function isNoStun(fault: CheckFault | 'indication'): boolean {
  return fault === 'fingerprint' || (stunFaults as readonly string[]).includes(fault);
}

/** What an authenticated check says. */
export interface AuthenticCheck {
  /** The ufrag of ours that it names. */
  localUfrag: string;
  remoteUfrag: string;
  /** USE-CANDIDATE was there (RFC 8445 §7.3.1.5); in an accepted check it selects the pair. */
  nominated: boolean;
  /** 12 bytes. */
  transactionId: Buffer;
  /** PRIORITY, if present; 256 − (priority & 0xff) is the component. */
  priority: number | undefined;
}

/**
 * The ICE-lite responder (RFC 8445 §7.3, RFC 8489 §6.3 and §9.1.3): always controlled, never sends checks
 * of its own. The order is that of C2: form, FINGERPRINT, authentication, unknown attributes, role.
 *
 * FINGERPRINT is demanded: media shares the connection, and bytes that only look like STUN must not be
 * answered, nor STUN without it pass as media.
 */
export function receiveCheck(received: ReceivedCheck): CheckOutcome {
  const unanswered = (fault: CheckFault): CheckOutcome => ({
    verdict: received.authenticated ? 'ignored' : 'close',
    fault,
  });
  const message = parseStun(received.bytes);
  if ('fault' in message) return unanswered(message.fault);
  if (!verifyFingerprint(message)) return unanswered('fingerprint');
  if (message.method !== bindingMethod) return unanswered('method');
  if (message.class === 'indication' && received.authenticated) return { verdict: 'ignored', fault: 'indication' };
  if (message.class !== 'request') return unanswered('class');

  const authentication = authenticate(message, received.lookup);
  if ('code' in authentication) {
    // A stranger learns nothing, not even that something here answers STUN.
    if (!received.authenticated) return { verdict: 'close', fault: authentication.fault };
    const reply = buildBindingError(message.transactionId, authentication.code);
    return { verdict: 'rejected', reply, authenticated: false, ...authentication };
  }
  return answer(message, received.peer, authentication.check, authentication.integrity);
}

function answer(
  message: StunMessage,
  peer: TransportAddress,
  check: AuthenticCheck,
  integrity: ResponseIntegrity,
): CheckOutcome {
  const { transactionId } = message;
  const unknown = new Set(message.attributes.map(({ type }) => type).filter(isUnknownRequired));
  if (unknown.size > 0) {
    const reply = buildBindingError(transactionId, 420, { integrity, unknownAttributes: [...unknown] });
    return { verdict: 'rejected', reply, authenticated: true, code: 420, check };
  }
  if (findAttribute(message, attributeType.iceControlled) !== undefined) {
    const reply = buildBindingError(transactionId, 487, { integrity });
    return { verdict: 'rejected', reply, authenticated: true, code: 487, check };
  }
  return {
    verdict: 'accepted',
    reply: buildBindingSuccess(transactionId, peer, integrity),
    authenticated: true,
    check,
  };
}

/** Two ufrags and the colon (RFC 8839 §5.4). */
const maxUsername = 2 * 256 + 1;

type Authentication = { check: AuthenticCheck; integrity: ResponseIntegrity } | { code: 400 | 401; fault: CheckFault };

/** RFC 8489 §9.1.3, with the user name `<local ufrag>:<remote ufrag>` (RFC 8445 §7.3). */
function authenticate(message: StunMessage, lookup: ReceivedCheck['lookup']): Authentication {
  const user = username(message);
  const algorithm = integrityAlgorithm(message);
  if (user === undefined || algorithm === undefined) return { code: 400, fault: 'no-credentials' };
  const colon = user.indexOf(':');
  const localUfrag = user.slice(0, Math.max(colon, 0));
  const credentials = colon < 1 || user.length > maxUsername ? undefined : lookup(localUfrag);
  if (credentials === undefined) return { code: 401, fault: 'unknown-ufrag' };
  if (!verifyIntegrity(message, credentials.pwd)) return { code: 401, fault: 'bad-integrity' };
  return {
    check: {
      localUfrag,
      remoteUfrag: user.slice(colon + 1),
      nominated: findAttribute(message, attributeType.useCandidate) !== undefined,
      transactionId: message.transactionId,
      priority: priority(message),
    },
    integrity: { password: credentials.pwd, algorithm },
  };
}
