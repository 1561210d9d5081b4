import { EventEmitter } from 'node:events';
import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import { monotonicNow } from '../ops/clock';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { holderOf } from '../wire/carried-bodies';
import { hostPort, uriOf } from '../wire/sip-uri';
import { identityOf } from '../wire/uri-comparison';
import { chargingVector } from './charging';
import type { Contact } from './contact';
import { fromCore } from './core-reach';
import { flowKey, type Flow, type FlowTokens } from './flow-token';
import {
  bindingOf,
  grantedContacts,
  isRemoval,
  isReplaced,
  isSameBinding,
  type GrantedContact,
} from './granted-contacts';
import type { Egress } from './egress';
import { contentHeaders } from './header-policy';
import { associatedIdentities } from './identity';
import { listOf } from './name-addresses';
import { registerHeaders, registerResponseHeaders, type RegisterAdditions } from './register-headers';
import type { Registration, RegistrationStore } from './registration';
import { carriageOf } from './relayed';
import { bodyOf } from './session-body';
import { flowOf, hideExpiry, ueAddressOf, type AccessFlow, type UeConnections } from './ue-connections';
import { reply } from './verdict';

export interface RegistrarOptions {
  srf: Srf;
  store: RegistrationStore;
  tokens: FlowTokens;
  egress: Egress;
  connections: UeConnections;
  /** SIP URI that REGISTERs are sent to. */
  coreNextHop: string;
  /** Where the core reaches us: goes into Path. */
  coreContact: Contact;
  /** Whether REGISTERs go by the relay, and what is for UEs comes by it. */
  relayAlways: boolean;
  settings: Pick<RegisterAdditions, 'visitedNetworkId' | 'integrityProtected' | 'accessNetworkInfo' | 'table'>;
  logger: Logger;
}

/** Why a flow carries no registration any more. */
export type FlowEnd = 'expired' | 'deregistered' | 'replaced' | 'closed';

/** Contacts that one REGISTER may name: a UE has one, or one for each of its networks. */
const mostContacts = 10;

/** Bindings of one address of record: the devices of a user, and what they have lost and not yet taken back. */
const mostBindings = 100;

/** Longest wait that a timer can hold, in ms. */
const longestTimer = 2 ** 31 - 1;

/** Dropped flows that are remembered, so that their tokens lead nowhere. */
const mostDropped = 50_000;

/** s between keep-alives that we ask of a UE with outbound (RFC 5626 §4.4): well below what NATs and our listeners allow. */
const flowTimer = 120;

/**
 * Registers UEs with the core: passes their REGISTERs on, with a Path that leads back over their connection, and
 * keeps what the registrar granted until it expires (TS 24.229 §5.2.2, §5.2.4).
 */
export class Registrar extends EventEmitter<{ 'flow-ended': [flow: Flow, why: FlowEnd] }> {
  readonly #options: RegistrarOptions;
  readonly #occasionally: OccasionalLog;
  /** Ends each registration in time; by aor and key. */
  readonly #expiries = new Map<string, NodeJS.Timeout>();
  readonly #dropped = new Set<string>();

  constructor(options: RegistrarOptions) {
    super();
    this.#options = options;
    this.#occasionally = new OccasionalLog(options.logger);
    options.connections.on('closed', (connection) => this.#closed(connection));
  }

  /** What is registered over the flow on which a request came. */
  registrationsOf(flow: Flow): Promise<Registration[]> {
    return this.#options.store.onFlow(flow);
  }

  /** Whether a flow once was a UE's and is so no more: its UE is elsewhere, or nowhere. */
  isDropped(flow: Flow): boolean {
    return this.#dropped.has(flowKey(flow));
  }

  /** Passes a REGISTER on and its response back. Rejects where it cannot be sent. */
  async register(request: IncomingRequest, response: ResponseSender, uri: string): Promise<void> {
    const { srf, coreContact, settings, connections, logger } = this.#options;
    const contacts = listOf(request.get('contact'));
    const isUnbinding = contacts.length === 1 && contacts[0] === '*';
    if (!isUnbinding && !contacts.every((contact) => /^sips?:[^\s]/i.test(uriOf(contact)))) {
      // drachtio-server dies of them.
      throw new EdgeError('sip-invalid', 'A Contact is no SIP URI.');
    }
    await this.#mustHaveRoom(request, contacts);
    const flow = flowOf(request, connections);
    const headers = registerHeaders(request, {
      ...settings,
      path: this.#pathUri(request, flow),
      chargingVector: chargingVector(coreContact.address),
    });
    const holder = holderOf(undefined, ueAddressOf(flow, connections));
    const way = this.#way({ ...headers, ...contentHeaders(request) }, isUnbinding, holder);
    const final = await fromCore(way.proxy, srf.send(uri, { method: 'REGISTER', ...way, ...bodyOf(request) }));
    if (final.status >= 200 && final.status < 300) await this.#granted(request, final, flow);
    const { status, reason, body } = final;
    const timer = wantsOutbound(request, flow) && status < 300 && !final.has('flow-timer');
    const passed = registerResponseHeaders(settings.table, final);
    const shown = status < 300 ? hideExpiry(passed, flow) : passed;
    const content = { ...contentHeaders(final), ...carriageOf(flow.connection !== undefined, holder) };
    const own = timer ? { 'Flow-Timer': String(flowTimer) } : {};
    reply(response, { status, reason, headers: { ...shown, ...content, ...own }, body });
    logger.debug({ aor: request.getParsedHeader('to').uri, status, flow }, 'register');
  }

  /** Many Contacts would fill the store in moments, and each is looked for among all that the registrar lists. */
  async #mustHaveRoom(request: IncomingRequest, contacts: string[]): Promise<void> {
    const message = 'The UE has as many Contacts as it may have.';
    if (contacts.length > mostContacts) throw new EdgeError('too-many-contacts', message, { sipStatus: 400 });
    const known = await this.#options.store.ofAor(identityOf(request.getParsedHeader('to').uri));
    const more = contacts.filter((contact) => !known.some(({ binding }) => isSameBinding(binding, bindingOf(contact))));
    if (more.length === 0 || isRemoval(request) || known.length + more.length <= mostBindings) return;
    throw new EdgeError('too-many-contacts', message, { retryAfter: 60 });
  }

  /** drachtio-server dies of a REGISTER with `Contact: *` that an app gives it: the relay puts it in. */
  #way(headers: Headers, takesAll: boolean, holder: string): { proxy: string; headers: Headers } {
    const { egress, coreNextHop, relayAlways } = this.#options;
    const isRelayed = takesAll || relayAlways;
    const carriage = carriageOf(isRelayed, holder);
    if (!isRelayed) return { proxy: coreNextHop, headers: { ...headers, ...carriage } };
    const errand = { nextHop: coreNextHop, routes: [], holder, ...(takesAll && { contact: '*' as const }) };
    const { proxy, headers: forRelay } = egress.send(errand);
    const others = Object.entries(headers).filter(([name]) => !takesAll || name.toLowerCase() !== 'contact');
    return { proxy, headers: { ...Object.fromEntries(others), ...carriage, ...forRelay } };
  }

  /** Takes all registrations off a flow that turned out to lead nowhere. */
  async lose(flow: Flow): Promise<void> {
    try {
      const registrations = await this.#options.store.onFlow(flow);
      for (const registration of registrations) await this.#drop(registration);
      if (registrations.length > 0) await this.#leave(flow, 'closed');
      // A UE without a registration may have an emergency call.
      else this.emit('flow-ended', flow, 'closed');
    } catch (error) {
      this.#failed(error);
    }
  }

  close(): void {
    for (const timeout of this.#expiries.values()) clearTimeout(timeout);
    this.#expiries.clear();
  }

  async #granted(request: IncomingRequest, response: IncomingResponse, flow: Flow): Promise<void> {
    const { store } = this.#options;
    const aor = identityOf(request.getParsedHeader('to').uri);
    const known = await store.ofAor(aor);
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
      if (expires > 0) await this.#add(aor, { binding, expires }, { response, flow, earlier });
      else if (earlier) await this.#remove(earlier, 'deregistered');
    }
    const kept = granted.filter(({ expires }) => expires > 0);
    for (const older of known) {
      if (kept.some(({ binding }) => isReplaced(older.binding, binding, response)))
        await this.#remove(older, 'replaced');
    }
    // The connection may have ended while the registrar thought about it.
    if (flow.connection !== undefined && !this.#isOpen(flow)) await this.lose(flow);
  }

  async #add(
    aor: string,
    { binding, expires }: GrantedContact,
    { response, flow, earlier }: { response: IncomingResponse; flow: Flow; earlier: Registration | undefined },
  ): Promise<void> {
    const associated = associatedIdentities(response);
    const registration: Registration = {
      aor,
      binding,
      key: earlier?.key ?? binding.outbound ?? binding.uri,
      flow,
      serviceRoute: listOf(response.get('service-route')),
      associated: associated.length > 0 ? associated : [`<${aor}>`],
      expiresAt: monotonicNow() + expires * 1000,
    };
    await this.#options.store.save(registration);
    this.#dropped.delete(flowKey(flow));
    this.#expireIn(expires * 1000, registration);
    await this.#tell(flow);
    if (earlier && flowKey(earlier.flow) !== flowKey(flow)) await this.#leave(earlier.flow, 'replaced');
  }

  /** The access listener keeps a UE's connection for as long as something is registered over it. */
  async #tell(flow: Flow): Promise<void> {
    if (!this.#isOpen(flow)) return;
    const registrations = await this.#options.store.onFlow(flow);
    const ends = registrations.map(({ expiresAt }) => expiresAt);
    const [first] = registrations;
    const seconds = (Math.max(...ends) - monotonicNow()) / 1000;
    this.#options.connections.registered(flow.address, flow.port, first && { identity: first.aor, seconds });
  }

  /** Whether the flow is a connection that the access listener still has. */
  #isOpen({ address, port, connection }: Flow): boolean {
    return connection !== undefined && this.#options.connections.flowAt(address, port)?.id === connection;
  }

  #expireIn(ms: number, registration: Registration): void {
    const key = timerKey(registration);
    clearTimeout(this.#expiries.get(key));
    const expire = () => {
      const left = registration.expiresAt - monotonicNow();
      if (left > 0) this.#expireIn(left, registration);
      else void this.#remove(registration, 'expired').catch((error: unknown) => this.#failed(error));
    };
    this.#expiries.set(key, setTimeout(expire, Math.min(ms, longestTimer)));
  }

  async #remove(registration: Registration, why: FlowEnd): Promise<void> {
    await this.#drop(registration);
    await this.#leave(registration.flow, why);
  }

  async #drop(registration: Registration): Promise<void> {
    const key = timerKey(registration);
    clearTimeout(this.#expiries.get(key));
    this.#expiries.delete(key);
    await this.#options.store.remove(registration.aor, registration.key);
  }

  /** A registration has left the flow: it may have been the last. */
  async #leave(flow: Flow, why: FlowEnd): Promise<void> {
    await this.#tell(flow);
    if ((await this.#options.store.onFlow(flow)).length > 0) return;
    const [oldest] = this.#dropped;
    if (this.#dropped.size >= mostDropped && oldest !== undefined) this.#dropped.delete(oldest);
    this.#dropped.add(flowKey(flow));
    this.#options.logger.debug({ flow, why }, 'flow ended');
    this.emit('flow-ended', flow, why);
  }

  #closed({ id, serverSide }: AccessFlow): void {
    void this.lose({ transport: 'tcp', ...serverSide, connection: id });
  }

  #failed(error: unknown): void {
    this.#occasionally.error({ err: error }, 'a registration could not be taken out of the store');
  }

  #pathUri(request: IncomingRequest, flow: Flow): string {
    const { tokens, coreNextHop, coreContact, egress, relayAlways } = this.#options;
    const { address, port } = coreContact;
    const entry = relayAlways ? egress.entry(address) : undefined;
    const transport = /;transport=tcp/i.test(coreNextHop) ? ';transport=tcp' : '';
    return `sip:${tokens.write(flow)}@${entry ?? hostPort(address, port)}${transport};lr${wantsOutbound(request, flow) ? ';ob' : ''}`;
  }
}

/** RFC 5626 §5.1: the UE asks for outbound in its Contact, and we are its first hop. */
function wantsOutbound(request: IncomingRequest, { connection }: Flow): boolean {
  // The access listener has a Via of its own.
  const hops = listOf(request.get('via')).length - (connection === undefined ? 0 : 1);
  return hops === 1 && /;\s*reg-id\s*=/i.test(request.get('contact') ?? '');
}

function timerKey({ aor, key }: Registration): string {
  return `${aor} ${key}`;
}
