import type { IncomingRequest } from '../drachtio/messages';
import { parseUri } from '../drachtio/srf';
import { EdgeError } from '../errors';
import { flowUri, looksLikeFlowToken, type Flow, type FlowTokens } from './flow-token';
import type { Target } from './call-setup';
import type { SideByAddress } from './side-by-address';

/** Where requests go, on either side. */
export class Routing {
  readonly #sides: SideByAddress;
  readonly #tokens: FlowTokens;
  readonly #coreNextHop: string;

  constructor(sides: SideByAddress, tokens: FlowTokens, coreNextHop: string) {
    this.#sides = sides;
    this.#tokens = tokens;
    this.#coreNextHop = coreNextHop;
  }

  /** Toward the core: the UE's Request-URI, by way of the core's entry point. */
  originating(request: IncomingRequest): Target {
    return { uri: this.#sipUri(request.uri), proxy: this.#coreNextHop };
  }

  /**
   * Toward the UE: the Request-URI as the core sent it, over the connection that the UE registered on.
   * Throws `flow-unknown` (404) without a flow token, `flow-forged` (403) for one that is not ours.
   */
  terminating(request: IncomingRequest): Target {
    const { flow, inRequestUri } = this.#flow(request);
    const proxy = flowUri(flow);
    return { uri: inRequestUri ? proxy : this.#sipUri(request.uri), proxy };
  }

  /** Whether a Request-URI means this edge itself, and not who registered through it. */
  isForUs(uri: string): boolean {
    const parsed = parseUri(uri);
    return !!parsed && !looksLikeFlowToken(parsed.user ?? '') && this.#sides.isOurs(parsed.host, parsed.port);
  }

  #flow(request: IncomingRequest): { flow: Flow; inRequestUri: boolean } {
    const route = this.#ownUser(/<([^>]*)>/.exec(request.get('route') ?? '')?.[1]);
    const requestUser = this.#ownUser(request.uri);
    const inRequestUri = route === undefined;
    const token = route ?? (requestUser !== undefined && looksLikeFlowToken(requestUser) ? requestUser : undefined);
    if (token === undefined) {
      throw new EdgeError('flow-unknown', 'The request names no registered connection.', { sipStatus: 404 });
    }
    const flow = this.#tokens.read(token);
    if (!flow) throw new EdgeError('flow-forged', 'The flow token is not ours.', { sipStatus: 403 });
    return { flow, inRequestUri };
  }

  /** The user part of a URI that names one of our contacts. */
  #ownUser(uri: string | undefined): string | undefined {
    const parsed = uri === undefined ? undefined : parseUri(uri);
    return parsed?.user && this.#sides.isOurs(parsed.host, parsed.port) ? parsed.user : undefined;
  }

  /** drachtio-server dies of a request to a tel URI: its number becomes a SIP URI (RFC 3261 §19.1.6). */
  #sipUri(uri: string): string {
    if (!/^tel:/i.test(uri)) return uri;
    const host = parseUri(this.#coreNextHop)?.host ?? 'invalid';
    return `sip:${uri.slice(4)}@${host};user=phone`;
  }
}
