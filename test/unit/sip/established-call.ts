import { sdp } from './fake-anchor';
import { calleeDialog, callerDialog, type PeerDialog, type SipPeer } from './sip-peer';

export interface Established {
  caller: PeerDialog;
  callee: PeerDialog;
}

/** A call from `ue` to `core`, answered. */
export async function establish(ue: SipPeer, core: SipPeer, uri = 'sip:bob@ims.example'): Promise<Established> {
  const invite = ue.request('INVITE', uri, {}, sdp('offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 200, {}, sdp('answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  ue.ack(invite, ok);
  return { caller: callerDialog(invite, ok), callee: calleeDialog(arrived, core) };
}

/** The UE's BYE, answered. */
export async function hangUp(ue: SipPeer, core: SipPeer, { caller }: Established): Promise<void> {
  ue.inDialog(caller, 'BYE');
  core.respond(await core.next('BYE'), 200);
  await ue.next('200 BYE');
}
