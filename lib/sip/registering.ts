import type { Headers, IncomingRequest, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';
import { carriageOf, holderOf } from '../drachtio/fence/carried-bodies';
import { canBeSentTo } from '../drachtio/fence/unusable-uris';
import { hostPort, listOf } from '../wire/sip-uri';
import { chargingVector } from './charging';
import type { Contact } from '../wire/contact';
import { fromCore } from './core-reach';
import type { Egress } from './egress';
import type { Flow, FlowTokens } from './flow-token';
import { contentHeaders } from './header-policy';
import { registerHeaders, registerResponseHeaders, type RegisterAdditions } from './register-headers';
import type { Registrar } from './registrar';
import { bodyOf } from './session-body';
import { flowOf, hideExpiry, ueAddressOf, type UeConnections } from './ue-connections';
import { reply } from './verdict';

export interface RegisteringOptions {
  srf: Srf;
  /** Keeps what was granted. */
  registrar: Registrar;
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

/** s between keep-alives that we ask of a UE with outbound (RFC 5626 §4.4): well below what NATs and our listeners allow. */
const flowTimer = 120;

/**
 * Registers UEs with the core: passes their REGISTERs on, with a Path that leads back over their connection
 * (TS 24.229 §5.2.2).
 */
export class Registering {
  readonly #options: RegisteringOptions;

  constructor(options: RegisteringOptions) {
    this.#options = options;
  }

  /** Passes a REGISTER on and its response back. Rejects where it cannot be sent. */
  async register(request: IncomingRequest, response: ResponseSender, uri: string): Promise<void> {
    const { srf, registrar, coreContact, settings, connections, logger } = this.#options;
    const contacts = listOf(request.get('contact'));
    const isUnbinding = contacts.length === 1 && contacts[0] === '*';
    if (!isUnbinding && !contacts.every(canBeSentTo)) throw new EdgeError('sip-invalid', 'A Contact is no SIP URI.');
    await registrar.mustHaveRoom(request, contacts);
    const flow = flowOf(request, connections);
    const headers = registerHeaders(request, {
      ...settings,
      path: this.#pathUri(request, flow),
      chargingVector: chargingVector(coreContact.address),
    });
    const holder = holderOf(undefined, ueAddressOf(flow, connections));
    const way = this.#way({ ...headers, ...contentHeaders(request) }, isUnbinding, holder);
    const final = await fromCore(way.proxy, srf.send(uri, { method: 'REGISTER', ...way, ...bodyOf(request) }));
    if (final.status >= 200 && final.status < 300) await registrar.granted(request, final, flow);
    const { status, reason, body } = final;
    const timer = wantsOutbound(request, flow) && status < 300 && !final.has('flow-timer');
    const passed = registerResponseHeaders(settings.table, final);
    const shown = status < 300 ? hideExpiry(passed, flow) : passed;
    const content = { ...contentHeaders(final), ...carriageOf(flow.connection !== undefined, holder) };
    const own = timer ? { 'Flow-Timer': String(flowTimer) } : {};
    reply(response, { status, reason, headers: { ...shown, ...content, ...own }, body });
    logger.debug({ aor: request.getParsedHeader('to').uri, status, flow }, 'register');
  }

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
