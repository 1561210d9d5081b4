import type { AppConnection, Arrival } from './app-connection';
import type { Flow } from './flow';
import type { Received } from './received-message';

/** How a message came, for the head of its frame. */
export function arrival(received: Received, flow: Flow, txn: string, dialogId: string): Arrival {
  return {
    bytes: received.bytes,
    protocol: flow.local.transport,
    address: flow.remoteAddress,
    port: flow.remotePort,
    txn,
    dialogId,
  };
}

/** Brings a message to an app. */
export function deliver(
  app: AppConnection,
  received: Received,
  flow: Flow,
  txn: string,
  dialogId: string,
  isInitial = false,
): void {
  const head = arrival(received, flow, txn, dialogId);
  app.sip(received.text, isInitial ? { ...head, receivedOn: flow.local } : head);
}
