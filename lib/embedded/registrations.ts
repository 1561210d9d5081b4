import { Newest } from '../newest';
import type { PeerFlow } from './peer-flow';
import { limits } from './limits';
import type { SipMessage } from '../wire/sip-message';
import { headerParams, parseSipUri, uriOf } from '../wire/sip-uri';

/** Methods that follow a registration to its connection. */
const following = new Set(['OPTIONS', 'INVITE', 'MESSAGE', 'NOTIFY']);

/**
 * Over which connection a user@host registered. A UE behind a firewall can be reached on no other: once that
 * connection is gone, requests fail with 410 until it registers again.
 */
export class Registrations {
  readonly #flows = new Newest<string, PeerFlow>(limits.registrations);

  /** To be told of each 2xx that an app sends to a REGISTER. */
  answered(request: SipMessage, response: SipMessage, flow: PeerFlow): void {
    if (flow.local.transport !== 'tcp') return;
    const contact = request.get('contact');
    const key = contact === undefined ? undefined : keyOf(uriOf(contact));
    const expires = expiryOf(response);
    if (key === undefined || expires === undefined) return;
    if (expires === 0) this.#flows.delete(key);
    else this.#flows.set(key, flow);
  }

  flowFor(method: string, uri: string): PeerFlow | undefined {
    const key = following.has(method) ? keyOf(uri) : undefined;
    return key === undefined ? undefined : this.#flows.get(key);
  }
}

function expiryOf(response: SipMessage): number | undefined {
  const contact = response.get('contact');
  const text = (contact === undefined ? undefined : headerParams(contact).get('expires')) ?? response.get('expires');
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function keyOf(uri: string): string | undefined {
  const parsed = parseSipUri(uri);
  return parsed?.user === undefined ? undefined : `${parsed.user}@${parsed.host.toLowerCase()}`;
}
