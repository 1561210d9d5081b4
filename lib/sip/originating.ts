import type { IncomingRequest } from '../drachtio/messages';
import { asSipUri, withPlainUser } from '../drachtio/request-uri';
import { EdgeError } from '../errors';
import { accountOf } from '../shares/account';
import { holderOf } from '../drachtio/fence/carried-bodies';
import { hostPort, parseSipUri, sipUriOf, uriOf } from '../wire/sip-uri';
import { chargingVector } from './charging';
import { EmergencyRefused, emergencyService } from './emergency';
import { assertedIdentity, registrationFor, usersOf } from './identity';
import type { Routing, Target } from './target';
import { flowOf, ueAddressOf } from './ue-connections';
import { identityHosts } from './shown-identities';
import { uePolicy } from './ue-policy';

/** Where requests of UEs go, and as whose (TS 24.229 §5.2.6.3). */
export class Originating {
  readonly #routing: Routing;

  constructor(routing: Routing) {
    this.#routing = routing;
  }

  /** The Request-URI toward the core: a UE whose domain is this edge's own address means the core's. */
  uriFor(uri: string): string {
    const { own, settings } = this.#routing;
    if (!own.isForUs(uri)) return uri;
    const core = parseSipUri(settings.coreNextHop);
    return core ? sipUriOf({ ...core, user: parseSipUri(uri)?.user ?? core.user }) : uri;
  }

  /**
   * Rejects with `not-registered` (403) where nothing is registered over the request's flow, with
   * `emergency-refused` (380), and as the relay does.
   */
  async target(request: IncomingRequest): Promise<Target> {
    const { registrar, connections, egress, own, settings } = this.#routing;
    const { emergency, coreNextHop } = settings;
    const coreHost = own.core.address;
    const flow = flowOf(request, connections);
    const registration = registrationFor(request, await registrar.registrationsOf(flow));
    // Only a call is one: nothing else may pass without a registration.
    const service = request.method === 'INVITE' ? emergencyService(request.uri, emergency) : undefined;
    if (!registration && service === undefined) {
      const message = 'The UE is not registered over this connection.';
      throw new EdgeError('not-registered', message);
    }
    const ue = registration && accountOf(registration.aor);
    const holder = holderOf(ue, ueAddressOf(flow, connections));
    const { isRelayed, nextHop, ...way } =
      service === undefined
        ? this.#way(request, registration?.serviceRoute ?? [], holder)
        : this.#emergencyWay(service, holder);
    const policy = uePolicy(this.#routing, {
      ...{ flow, isRelayed, holder },
      asserted: registration && assertedIdentity(request, registration),
      chargingVector: chargingVector(coreHost),
      identityHosts: identityHosts(registration, [coreHost, parseSipUri(coreNextHop)?.host ?? coreHost]),
    });
    return {
      ...way,
      policy,
      flow,
      ue,
      users: usersOf(registration ? [registration] : []),
      coreFamily: () => egress.familyOf(nextHop),
      isEmergency: service !== undefined,
    };
  }

  /**
   * Along the Service-Route (RFC 3608 §5), where the registrar gave one. What has none goes by the relay all the same, for
   * the SIP server does not pass everything on as it is; and a core that is a proxy sends a call between two UEs back under
   * the Call-ID that it came with.
   */
  #way({ uri }: IncomingRequest, routes: string[], holder: string): RelayedOrNot {
    const { egress, settings } = this.#routing;
    const { coreNextHop, relayAlways, keepsCallIds } = settings;
    const [first] = routes;
    const nextHop = first === undefined ? coreNextHop : uriOf(first);
    const meant = this.uriFor(uri);
    const asSip = asSipUri(meant, hostIn(nextHop));
    const sent = withPlainUser(asSip);
    // Who routes by the Request-URI alone is not asked for a number in another form.
    const requestUri = first === undefined && parseSipUri(meant)?.scheme === 'tel' ? asSip : meant;
    if (first === undefined && sent === requestUri && !relayAlways) {
      return { uri: sent, way: () => ({ proxy: coreNextHop, headers: {} }), nextHop, isRelayed: false };
    }
    const keeps = first === undefined && keepsCallIds;
    const errand = { nextHop, routes, holder, keepsCallId: keeps, ...(requestUri !== sent && { requestUri }) };
    return { uri: sent, way: () => egress.send(errand), nextHop, isRelayed: true };
  }

  #emergencyWay(service: string, holder: string): RelayedOrNot {
    const { egress, settings } = this.#routing;
    const { nextHop } = settings.emergency;
    if (nextHop === undefined) throw new EmergencyRefused();
    const route = `<${nextHop}${/;lr\b/i.test(nextHop) ? '' : ';lr'}>`;
    const errand = { nextHop, routes: [route], holder, requestUri: service };
    return { uri: `sip:sos@${hostIn(nextHop)}`, way: () => egress.send(errand), nextHop, isRelayed: true };
  }
}

type RelayedOrNot = Pick<Target, 'uri' | 'way'> & { nextHop: string; isRelayed: boolean };

/** As it stands in a URI. */
function hostIn(nextHop: string): string {
  return hostPort(parseSipUri(nextHop)?.host ?? 'invalid', undefined);
}
