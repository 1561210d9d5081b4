import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingRequest, IncomingResponse } from '../drachtio/messages';
import { EdgeError } from '../errors';
import { Newest } from '../newest';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { listOf } from '../wire/sip-uri';
import { identityOf } from '../wire/uri-comparison';
import { flowKey, type Flow } from './flow-token';
import {
  bindingOf,
  grantedContacts,
  isRemoval,
  isReplaced,
  isSameBinding,
  type GrantedContact,
} from './granted-contacts';
import { associatedIdentities, privateIdentity } from './identity';
import type { Registration, RegistrationStore } from './registration';
import type { AccessFlow, UeConnections } from './ue-connections';

export interface RegistrarOptions {
  store: RegistrationStore;
  connections: UeConnections;
  logger: Logger;
}

/** A REGISTER and its 2xx, and what of it was registered before. */
interface Granting {
  request: IncomingRequest;
  response: IncomingResponse;
  flow: Flow;
  earlier: Registration | undefined;
}

/** Why a flow carries no registration any more. */
export type FlowEnd = 'expired' | 'deregistered' | 'replaced' | 'closed';

/** By how much a request of the core may overtake its 2xx, ms: one that is sent before it is not held up for long. */
const overtakingMs = 500;

/** Contacts that one REGISTER may name: a UE has one, or one for each of its networks. */
const mostContacts = 10;

/** Bindings of one address of record: the devices of a user, and what they have lost and not yet taken back. */
const mostBindings = 100;

const mostDropped = 50_000;

/**
 * What the core's registrar granted, until it expires, is taken back or its flow ends (TS 24.229 §5.2.2, §5.2.4): the one
 * place that says so. The store keeps it, and the access listener is told.
 */
export class Registrar extends EventEmitter<{ 'flow-ended': [flow: Flow, why: FlowEnd] }> {
  readonly #options: RegistrarOptions;
  readonly #occasionally: OccasionalLog;
  /**
   * Flows that were a UE's and are so no more, and over which somebody can still be reached: a token of theirs has to lead
   * nowhere (RFC 5626 §5.3).
   */
  readonly #dropped = new Newest<string>(mostDropped);

  /** REGISTERs that have no final answer yet, by flow. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(options: RegistrarOptions) {
    super();
    this.#options = options;
    this.#occasionally = new OccasionalLog(options.logger);
    options.connections.on('closed', (connection) => this.#closed(connection));
    options.store.on('expired', ({ flow }) => {
      this.#leave(flow, 'expired').catch((error: unknown) => this.#failed(error));
    });
  }

  /** What is registered over the flow on which a request came. */
  registrationsOf(flow: Flow): Promise<Registration[]> {
    return this.#options.store.onFlow(flow);
  }

  /**
   * What is registered over the flow that the core sends to: it may be quicker than its own 2xx to the REGISTER by which
   * it knows the flow.
   */
  async registrationsTo(flow: Flow): Promise<Registration[]> {
    const known = await this.registrationsOf(flow);
    const underWay = this.#underWay.get(flowKey(flow));
    if (known.length > 0 || underWay === undefined) return known;
    await Promise.race([underWay, delay(overtakingMs, undefined, { ref: false })]);
    return await this.registrationsOf(flow);
  }

  /** A REGISTER over this flow is under way until this has settled. */
  async during<T>(flow: Flow, registering: Promise<T>): Promise<T> {
    const key = flowKey(flow);
    const settled = registering.catch(() => undefined);
    this.#underWay.set(key, settled);
    try {
      return await registering;
    } finally {
      if (this.#underWay.get(key) === settled) this.#underWay.delete(key);
    }
  }

  /** Whether a flow once was a UE's and is so no more: its connection has ended, or its UE is elsewhere, or nowhere. */
  isGone(flow: Flow): boolean {
    return !this.#isReachable(flow) || this.#dropped.has(flowKey(flow));
  }

  /**
   * Many Contacts would fill the store in moments, and each is looked for among all that the registrar lists. Rejects with
   * `too-many-contacts`: 400 where one REGISTER names too many, else 503.
   */
  async mustHaveRoom(request: IncomingRequest, contacts: string[]): Promise<void> {
    const message = 'The UE has as many Contacts as it may have.';
    if (contacts.length > mostContacts) throw new EdgeError('too-many-contacts', message, { sipStatus: 400 });
    const known = await this.#options.store.ofAor(identityOf(request.getParsedHeader('to').uri));
    const more = contacts.filter((contact) => !known.some(({ binding }) => isSameBinding(binding, bindingOf(contact))));
    if (more.length === 0 || isRemoval(request) || known.length + more.length <= mostBindings) return;
    throw new EdgeError('too-many-contacts', message, { retryAfter: 60 });
  }

  /** Keeps what a 2xx to a REGISTER granted. Rejects with `registrations-full` (503). */
  async granted(request: IncomingRequest, response: IncomingResponse, flow: Flow): Promise<void> {
    const aor = identityOf(request.getParsedHeader('to').uri);
    const known = await this.#options.store.ofAor(aor);
    const granted = grantedContacts(
      request,
      response,
      known.map(({ binding }) => binding),
    );
    if (granted === 'all-removed') {
      for (const registration of known) await this.#remove(registration, 'deregistered');
      return;
    }
    // What is new comes first: a flow must not be without a registration in between, for the UE's calls would end.
    for (const { binding, expires } of granted) {
      const earlier = known.find((each) => isSameBinding(each.binding, binding));
      if (expires > 0) await this.#add(aor, { binding, expires }, { request, response, flow, earlier });
      else if (earlier) await this.#remove(earlier, 'deregistered');
    }
    const kept = granted.filter(({ expires }) => expires > 0);
    for (const older of known) {
      if (kept.some(({ binding }) => isReplaced(older.binding, binding, response)))
        await this.#remove(older, 'replaced');
    }
    // The connection may have ended while the registrar thought about it.
    if (!this.#isReachable(flow)) await this.lose(flow);
  }

  /** Takes all registrations off a flow that turned out to lead nowhere. */
  async lose(flow: Flow): Promise<void> {
    try {
      const registrations = await this.#options.store.onFlow(flow);
      for (const { aor, key } of registrations) await this.#options.store.remove(aor, key);
      if (registrations.length > 0) await this.#leave(flow, 'closed');
      // A UE without a registration may have an emergency call.
      else this.emit('flow-ended', flow, 'closed');
    } catch (error) {
      this.#failed(error);
    }
  }

  async #add(
    aor: string,
    { binding, expires }: GrantedContact,
    { request, response, flow, earlier }: Granting,
  ): Promise<void> {
    const associated = associatedIdentities(response);
    await this.#options.store.save({
      aor,
      binding,
      key: earlier?.key ?? binding.outbound ?? binding.uri,
      flow,
      serviceRoute: listOf(response.get('service-route')),
      privateIdentity: privateIdentity(request) ?? earlier?.privateIdentity,
      associated: associated.length > 0 ? associated : [`<${aor}>`],
      expiresAt: monotonicNow() + expires * 1000,
    });
    this.#dropped.delete(flowKey(flow));
    await this.#tell(flow);
    if (earlier && flowKey(earlier.flow) !== flowKey(flow)) await this.#leave(earlier.flow, 'replaced');
  }

  async #remove({ aor, key, flow }: Registration, why: FlowEnd): Promise<void> {
    await this.#options.store.remove(aor, key);
    await this.#leave(flow, why);
  }

  /** The access listener keeps a UE's connection for as long as something is registered over it. */
  async #tell(flow: Flow): Promise<void> {
    if (flow.connection === undefined || !this.#isReachable(flow)) return;
    const registrations = await this.#options.store.onFlow(flow);
    const ends = registrations.map(({ expiresAt }) => expiresAt);
    const [first] = registrations;
    const seconds = (Math.max(...ends) - monotonicNow()) / 1000;
    this.#options.connections.registered(flow.address, flow.port, first && { identity: first.aor, seconds });
  }

  /** False for a connection that the access listener has no more: it is never given again. */
  #isReachable({ address, port, connection }: Flow): boolean {
    return connection === undefined || this.#options.connections.flowAt(address, port)?.id === connection;
  }

  /** A registration has left the flow: it may have been the last. */
  async #leave(flow: Flow, why: FlowEnd): Promise<void> {
    await this.#tell(flow);
    if ((await this.#options.store.onFlow(flow)).length > 0) return;
    if (this.#isReachable(flow)) this.#dropped.set(flowKey(flow), true);
    this.#options.logger.debug({ flow, why }, 'flow ended');
    this.emit('flow-ended', flow, why);
  }

  #closed({ id, serverSide }: AccessFlow): void {
    const flow: Flow = { transport: 'tcp', ...serverSide, connection: id };
    this.#dropped.delete(flowKey(flow));
    void this.lose(flow);
  }

  #failed(error: unknown): void {
    this.#occasionally.error({ err: error }, 'a registration could not be taken out of the store');
  }
}
