import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { Logger } from '../ops/logger';
import { carriageOf, holderOf } from '../drachtio/fence/carried-bodies';
import { canBeSentTo } from '../drachtio/fence/unusable-uris';
import { hostPort, listOf } from '../wire/sip-uri';
import { chargingVector } from './charging';
import { fromCore } from './core-reach';
import type { Flow, FlowTokens } from './flow-token';
import { contentHeaders } from './header-policy';
import { registerHeaders, registerResponseHeaders } from './register-headers';
import { bodyOf } from './session-body';
import type { Routing } from './target';
import { flowOf, hideExpiry, ueAddressOf } from './ue-connections';
import { reply } from './final-status';

export interface RegisteringOptions extends Routing {
  srf: Srf;
  tokens: FlowTokens;
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
    const { srf, registrar, own, settings, table, connections, logger } = this.#options;
    const contacts = listOf(request.get('contact'));
    const isUnbinding = contacts.length === 1 && contacts[0] === '*';
    if (!isUnbinding && !contacts.every(canBeSentTo)) throw new EdgeError('sip-invalid', 'A Contact is no SIP URI.');
    await registrar.mustHaveRoom(request, contacts);
    const flow = flowOf(request, connections);
    const headers = registerHeaders(request, {
      ...{ settings, table, path: this.#pathUri(request, flow) },
      chargingVector: chargingVector(own.core.address),
    });
    const holder = holderOf(undefined, ueAddressOf(flow, connections));
    const way = this.#way({ ...headers, ...contentHeaders(request) }, isUnbinding, holder);
    const answered = fromCore(way.proxy, srf.send(uri, { method: 'REGISTER', ...way, ...bodyOf(request) }));
    const final = await registrar.during(flow, this.#granted(request, answered, flow));
    const { status, reason, body } = final;
    const timer = wantsOutbound(request, flow) && status < 300 && !final.has('flow-timer');
    const passed = registerResponseHeaders(table, final);
    const shown = status < 300 ? hideExpiry(passed, flow) : passed;
    const content = { ...contentHeaders(final), ...carriageOf(flow.connection !== undefined, holder) };
    const outbound = timer ? { 'Flow-Timer': String(flowTimer) } : {};
    reply(response, { status, reason, headers: { ...shown, ...content, ...outbound }, body });
    logger.debug({ aor: request.getParsedHeader('to').uri, status, flow }, 'register');
  }

  async #granted(request: IncomingRequest, answered: Promise<IncomingResponse>, flow: Flow): Promise<IncomingResponse> {
    const final = await answered;
    if (final.status >= 200 && final.status < 300) await this.#options.registrar.granted(request, final, flow);
    return final;
  }

  #way(headers: Headers, takesAll: boolean, holder: string): { proxy: string; headers: Headers } {
    const { egress, settings } = this.#options;
    const { coreNextHop, relayAlways } = settings;
    const isRelayed = takesAll || relayAlways;
    const carriage = carriageOf(isRelayed, holder);
    if (!isRelayed) return { proxy: coreNextHop, headers: { ...headers, ...carriage } };
    const errand = { nextHop: coreNextHop, routes: [], holder, ...(takesAll && { contact: '*' as const }) };
    const { proxy, headers: forRelay } = egress.send(errand);
    const others = Object.entries(headers).filter(([name]) => !takesAll || name.toLowerCase() !== 'contact');
    return { proxy, headers: { ...Object.fromEntries(others), ...carriage, ...forRelay } };
  }

  #pathUri(request: IncomingRequest, flow: Flow): string {
    const { tokens, settings, own, egress } = this.#options;
    const { address, port } = own.core;
    const entry = settings.relayAlways ? egress.entry(address) : undefined;
    const transport = /;transport=tcp/i.test(settings.coreNextHop) ? ';transport=tcp' : '';
    return `sip:${tokens.write(flow)}@${entry ?? hostPort(address, port)}${transport};lr${wantsOutbound(request, flow) ? ';ob' : ''}`;
  }
}

/** RFC 5626 §5.1: the UE asks for outbound in its Contact, and we are its first hop. */
function wantsOutbound(request: IncomingRequest, { connection }: Flow): boolean {
  // The access listener has a Via of its own.
  const hops = listOf(request.get('via')).length - (connection === undefined ? 0 : 1);
  return hops === 1 && /;\s*reg-id\s*=/i.test(request.get('contact') ?? '');
}
