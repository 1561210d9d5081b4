import type { IncomingRequest } from '../drachtio/messages';
import { withPlainUser } from '../drachtio/request-uri';
import { EdgeError } from '../errors';
import { familyOf } from '../ip-address';
import { accountOf } from '../shares/account';
import { chargingVector } from './charging';
import { flowUri, looksLikeFlowToken, type Flow, type FlowTokens } from './flow-token';
import { calledIdentity, calledRegistrations, usersOf } from './identity';
import { holderOf } from '../drachtio/fence/carried-bodies';
import { hasSipScheme, listOf, parseSipUri, uriOf } from '../wire/sip-uri';
import { cameByRelay, sourceInCore } from './relayed';
import type { Routing, Target } from './target';
import { ueAddressOf } from './ue-connections';
import { identityHosts } from './shown-identities';
import { uePolicy } from './ue-policy';

/** Where requests for UEs go (TS 24.229 §5.2.6.4): over the connection that the Path's flow token names. */
export class Terminating {
  readonly #routing: Routing;
  readonly #tokens: FlowTokens;

  constructor(routing: Routing, tokens: FlowTokens) {
    this.#routing = routing;
    this.#tokens = tokens;
  }

  /**
   * The Request-URI as the core sent it, over the connection that the UE registered on. Rejects with `flow-unknown`
   * (404) without a flow token, `flow-forged` (403) for one that is not ours, `flow-gone` (430).
   */
  async target(request: IncomingRequest): Promise<Target> {
    const { registrar, connections, egress, own } = this.#routing;
    const coreHost = own.core.address;
    const { flow, inRequestUri } = this.#flow(request);
    if (registrar.isGone(flow)) {
      throw new EdgeError('flow-gone', 'The connection that the UE registered on is gone.');
    }
    const registrations = await registrar.registrationsTo(flow);
    const ue = registrations[0] && accountOf(registrations[0].aor);
    const policy = uePolicy(this.#routing, {
      flow,
      asserted: calledIdentity(request, registrations),
      chargingVector: request.get('p-charging-vector') ?? chargingVector(coreHost),
      identityHosts: identityHosts(registrations[0], [coreHost, sourceInCore(request, egress)]),
      isRelayed: cameByRelay(request, egress),
      holder: holderOf(ue, ueAddressOf(flow, connections)),
    });
    const proxy = flowUri(flow);
    // Who routes by the Path as Request-URI means the UE, which knows itself by its Contact.
    const uri = uriAt(inRequestUri ? (registrations[0]?.binding.uri ?? proxy) : request.uri, proxy);
    return {
      uri,
      way: () => ({ proxy, headers: {} }),
      policy,
      flow,
      ue,
      users: usersOf(calledRegistrations(request, registrations)),
      coreFamily: () => Promise.resolve(familyOf(request.source_address)),
      isEmergency: false,
    };
  }

  #flow(request: IncomingRequest): { flow: Flow; inRequestUri: boolean } {
    const { own } = this.#routing;
    const [topRoute] = listOf(request.get('route'));
    const route = topRoute === undefined ? undefined : own.userOf(uriOf(topRoute));
    const requestUser = own.userOf(request.uri);
    const token = route ?? (requestUser !== undefined && looksLikeFlowToken(requestUser) ? requestUser : undefined);
    if (token === undefined) {
      throw new EdgeError('flow-unknown', 'The request names no registered connection.');
    }
    const read = this.#tokens.read(token);
    if (!read) throw new EdgeError('flow-forged', 'The flow token is not ours.');
    if (read.instance !== this.#tokens.instance) {
      throw new EdgeError('flow-gone', 'The UE registered through another instance of the edge.');
    }
    return { flow: read.flow, inRequestUri: route === undefined };
  }
}

/** The Request-URI for the UE, who cannot be sent any other than SIP URIs: of a number, it is that number at its address. */
function uriAt(uri: string, flow: string): string {
  const { scheme, user = '' } = parseSipUri(uri) ?? {};
  const [number = ''] = user.split(';', 1);
  if (scheme === 'tel' || number !== user) return flow.replace(/^sip:/, `sip:${number}@`);
  return hasSipScheme(uri) ? withPlainUser(uri) : flow;
}
