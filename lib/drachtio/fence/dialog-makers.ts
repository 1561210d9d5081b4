import type { SipMessage } from '../../wire/sip-message';

const dialogMakers = new Set(['INVITE', 'SUBSCRIBE']);

/** Whether requests of this method begin dialogs: not REFER, which drachtio-server takes inside of dialogs alone [09f]. */
export function makesDialogs(method: string | undefined): boolean {
  return method !== undefined && dialogMakers.has(method);
}

/** Whether a request begins a call. */
export function beginsCall(request: SipMessage): boolean {
  return request.method === 'INVITE' && beginsDialog(request);
}

/** Whether a request begins a dialog. */
export function beginsDialog(request: SipMessage): boolean {
  return makesDialogs(request.method) && request.toTag === undefined;
}
