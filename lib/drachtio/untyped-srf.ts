import type { EventEmitter } from 'node:events';
import DrachtioSrf from 'drachtio-srf';
import './byte-link';
import './credential-lines';
import './header-parsers';
import './plain-messages';
import type { Dialog, IncomingRequest, IncomingResponse, ResponseSender, SentRequest } from './messages';

/** Parts of drachtio-srf 5.0.29 that its own types get wrong or leave out. */
export interface Agent extends EventEmitter {
  wp: {
    listeners(event: 'msg'): ((socket: unknown, frame: string) => void)[];
    on(event: 'msg', listener: (socket: unknown, frame: string) => void): void;
    on(event: 'ping', listener: (ping: { msgId: string; socket: unknown }) => void): void;
    off(event: 'msg', listener: (socket: unknown, frame: string) => void): void;
    send(socket: unknown, frame: string): string;
    closing?: boolean;
    reconnectVars: { retryTimer: NodeJS.Timeout | null; retryDelay: number };
  };
  mapServer: Map<
    { end(): void; destroy(): void; readonly writableLength: number },
    { pendingPingRequests: ReadonlySet<unknown>; pendingSipRequests: Map<string, unknown> }
  >;
}

export interface UntypedSrf {
  app: { client?: Agent };
  connect(options: object): void;
  use(method: string, handler: (request: IncomingRequest, response: ResponseSender) => void): void;
  on(event: string, listener: (...args: never[]) => void): void;
  request(uri: string, options: object, sent: (error: unknown, request?: SentRequest) => void): void;
  createUAS(
    request: IncomingRequest,
    response: ResponseSender,
    options: object,
    done: (error: unknown, dialog?: Dialog) => void,
  ): void;
  addDialog(dialog: Dialog): void;
  removeDialog(dialog: Dialog): void;
}

export const UntypedSrf = DrachtioSrf as unknown as {
  new (): UntypedSrf;
  Dialog: new (srf: UntypedSrf, type: 'uac', parts: { req: SentRequest; res: IncomingResponse }) => Dialog;
};
