import { randomBytes } from 'node:crypto';
import type { RelayLink, RelaySession } from '../gateway/relay-serving';
import { xorMappedAddressAttribute } from '../ice/stun-attribute';
import type { StunMessage } from '../ice/stun-message';
import type { TransportAddress } from '../ice/transport-address';
import { isMessage } from '../ice/turn-frames';
import { Newest } from '../newest';
import { TokenBuckets } from '../shares/token-buckets';
import { Allocation } from './allocation';
import { authenticate, type Authentication } from './authentication';
import type { Claim } from './credentials';
import type { TurnContext } from './turn-context';
import {
  answerTo,
  challengeAttributes,
  lifetimeAttribute,
  lifetimeOf,
  readTurn,
  refusedAttributes,
  requestedFamily,
  requestedTransport,
  turnAttribute,
  turnMethod,
  type TurnAnswer,
  type TurnIntegrity,
} from './turn-message';

interface Pending {
  request: StunMessage;
  integrity: TurnIntegrity;
  seconds: number;
}

const udp = 17;

/** TURN on one connection (RFC 8656): who it is, its one allocation, and whom that reaches. */
export class TurnSession implements RelaySession {
  readonly remote: TransportAddress;
  readonly #link: RelayLink;
  readonly #context: TurnContext;
  /** Never stale: some clients know no 438. */
  readonly #nonce = randomBytes(12).toString('hex');
  /** What was answered last, by transaction: a request that comes again gets the same. */
  readonly #answers: Newest<string, Buffer>;
  #allocation: Allocation | undefined;
  /** An Allocate whose relayed address is being opened. */
  #pending: Pending | undefined;
  #wrongCredentials = 0;
  readonly #looks: TokenBuckets<'all'>;

  constructor(link: RelayLink, remote: TransportAddress, context: TurnContext) {
    this.#link = link;
    this.remote = remote;
    this.#context = context;
    this.#answers = new Newest(context.limits.answers);
    this.#looks = new TokenBuckets(context.limits.looks, () => context.now(), 1);
  }

  /** By whom it has its allocation. */
  get claim(): Claim | undefined {
    return this.#allocation?.claim;
  }

  received(bytes: Buffer): void {
    if (!this.#looks.take('all')) {
      this.#link.close('relay-flood');
      return;
    }
    if (!isMessage(bytes)) {
      this.#allocation?.channelData(bytes);
      return;
    }
    const message = readTurn(bytes);
    if ('fault' in message) this.#link.close(message.fault);
    else if (message.class === 'indication') this.#indicated(message);
    else if (message.class === 'request') this.#requested(message);
  }

  relayed(address: TransportAddress | undefined): void {
    const [allocation, pending] = [this.#allocation, this.#pending];
    if (allocation === undefined || pending === undefined) return;
    this.#pending = undefined;
    const { request, integrity, seconds } = pending;
    if (address === undefined) {
      this.#release();
      this.#answer(request, { error: 508 }, integrity);
      return;
    }
    allocation.relayed = address;
    this.#context.opened(this, address);
    this.#link.allocated(true);
    const { transactionId } = request;
    const attributes = [
      xorMappedAddressAttribute(address, transactionId, turnAttribute.xorRelayedAddress),
      xorMappedAddressAttribute(this.remote, transactionId),
      lifetimeAttribute(seconds),
    ];
    this.#answer(request, { attributes }, integrity);
  }

  /** The call whose port this is has ended. */
  forgotten(peer: TransportAddress): void {
    this.#allocation?.forgotten(peer);
  }

  expire(now: number): void {
    const allocation = this.#allocation;
    if (allocation === undefined) return;
    if (allocation.relayed !== undefined && allocation.expiresAt <= now) {
      this.#deallocate();
      return;
    }
    allocation.expire(now);
  }

  ended(): void {
    this.#pending = undefined;
    this.#release();
  }

  #requested(request: StunMessage): void {
    const id = transactionOf(request);
    const answered = this.#answers.get(id);
    if (answered !== undefined) this.#link.send(answered);
    else if (this.#pending === undefined || transactionOf(this.#pending.request) !== id) this.#serve(request);
  }

  #serve(request: StunMessage): void {
    if (request.method === turnMethod.binding) {
      const mapped = () => ({ attributes: [xorMappedAddressAttribute(this.remote, request.transactionId)] });
      this.#answer(request, refusedAttributes(request) ?? mapped(), undefined);
      return;
    }
    const { credentials, wallClock } = this.#context;
    const authentication = authenticate(request, {
      credentials,
      nonce: this.#nonce,
      now: wallClock(),
      holder: this.claim,
    });
    if ('code' in authentication) {
      this.#refuse(request, authentication);
      return;
    }
    const { claim, integrity } = authentication;
    const answer = refusedAttributes(request) ?? this.#act(request, claim, integrity);
    if (answer !== undefined) this.#answer(request, answer, integrity);
  }

  /** Undefined: the answer comes later. */
  #act(request: StunMessage, claim: Claim, integrity: TurnIntegrity): TurnAnswer | undefined {
    if (request.method === turnMethod.allocate) return this.#allocate(request, claim, integrity);
    const allocation = this.#allocation;
    if (allocation?.relayed === undefined) return { error: 437 };
    if (claim.account !== allocation.claim.account) return { error: 441 };
    switch (request.method) {
      case turnMethod.refresh:
        return this.#refresh(request, allocation);
      case turnMethod.createPermission:
        return allocation.createPermission(request);
      case turnMethod.channelBind:
        return allocation.channelBind(request);
      default:
        return { error: 400 };
    }
  }

  #allocate(request: StunMessage, claim: Claim, integrity: TurnIntegrity): TurnAnswer | undefined {
    if (this.#allocation !== undefined) return { error: 437 };
    const [transport, lifetime] = [requestedTransport(request), lifetimeOf(request)];
    if (transport === undefined || lifetime === 'invalid') return { error: 400 };
    if (transport !== udp) return { error: 442 };
    const family = requestedFamily(request) ?? 'IP4';
    const toward = family === 'unknown' ? undefined : this.#context.toward(family);
    if (family === 'unknown' || toward === undefined) return { error: 440 };
    const full = this.#context.take(this, claim);
    if (full !== undefined) return { error: full };
    const ms = this.#lifetime(lifetime);
    const holder = { session: this, link: this.#link, context: this.#context };
    this.#allocation = new Allocation(holder, claim, family, this.#context.now() + ms);
    this.#pending = { request, integrity, seconds: ms / 1000 };
    this.#link.openRelay(toward, this.#context.avoid(this));
    return undefined;
  }

  #refresh(request: StunMessage, allocation: Allocation): TurnAnswer {
    const [family, lifetime] = [requestedFamily(request), lifetimeOf(request)];
    if (lifetime === 'invalid') return { error: 400 };
    if (family !== undefined && family !== allocation.family) return { error: 443 };
    if (lifetime === 0) {
      this.#deallocate();
      return { attributes: [lifetimeAttribute(0)] };
    }
    const ms = this.#lifetime(lifetime);
    allocation.expiresAt = this.#context.now() + ms;
    return { attributes: [lifetimeAttribute(ms / 1000)] };
  }

  #indicated(message: StunMessage): void {
    // Of Binding: a keep-alive (RFC 8489 §2.2).
    if (message.method === turnMethod.binding) return;
    if (this.#allocation === undefined) this.#context.dropped(this, 'no-allocation');
    else this.#allocation.send(message);
  }

  #refuse(request: StunMessage, { code, fault }: Extract<Authentication, { code: number }>): void {
    const { limits, credentials } = this.#context;
    if (fault !== 'no-credentials') this.#wrongCredentials += 1;
    if (!this.#context.mayBeRefused(this, fault) || this.#wrongCredentials > limits.wrongCredentials) {
      this.#link.close('relay-credentials');
      return;
    }
    const attributes = code === 400 ? [] : challengeAttributes(credentials.realm, this.#nonce);
    this.#answer(request, { error: code, attributes }, undefined);
  }

  #answer(request: StunMessage, answer: TurnAnswer, integrity: TurnIntegrity | undefined): void {
    const bytes = answerTo(request, answer, integrity);
    if (answer.error !== undefined) this.#context.refused(this, request.method, answer.error);
    // What proved nothing may be asked again, with credentials.
    if (integrity !== undefined) this.#answers.set(transactionOf(request), bytes);
    this.#link.send(bytes);
  }

  /** ms; RFC 8656 §7.2. */
  #lifetime(seconds: number | undefined): number {
    const { defaultLifetimeMs, longestLifetimeMs } = this.#context.limits;
    return Math.min(Math.max((seconds ?? 0) * 1000, defaultLifetimeMs), longestLifetimeMs);
  }

  #deallocate(): void {
    this.#release();
    this.#link.closeRelay();
    this.#link.allocated(false);
  }

  #release(): void {
    const allocation = this.#allocation;
    if (allocation === undefined) return;
    this.#allocation = undefined;
    allocation.release();
  }
}

function transactionOf({ method, transactionId }: StunMessage): string {
  return `${method} ${transactionId.toString('latin1')}`;
}
