import type { IceCredentials } from '../ice/credentials';
import { receiveCheck } from '../ice/lite-agent';
import type { TransportAddress } from '../ice/transport-address';

/**
 * What a UE is answered whose check takes it for the controlled agent, which it cannot be of an ICE-lite one: 487 (RFC 8445
 * §7.3.1.1). As such, rtpengine gives none, and would never be nominated. Undefined: it is no such check.
 * @param ice what the UE was told with the place that it checks
 */
export function roleConflict(check: Buffer, ue: TransportAddress, ice: IceCredentials | undefined): Buffer | undefined {
  const lookup = (ufrag: string) => (ufrag === ice?.ufrag ? ice : undefined);
  const outcome = receiveCheck({ bytes: check, peer: ue, authenticated: true, lookup });
  const isConflict = outcome.verdict === 'rejected' && outcome.authenticated && outcome.code === 487;
  return isConflict ? outcome.reply : undefined;
}
