import type { EventEmitter } from 'node:events';

/** Header names and values; a header that stood several times in a received message is joined with commas. */
export type Headers = Record<string, string>;

export type Method =
  | 'INVITE'
  | 'ACK'
  | 'BYE'
  | 'CANCEL'
  | 'REGISTER'
  | 'OPTIONS'
  | 'MESSAGE'
  | 'INFO'
  | 'UPDATE'
  | 'PRACK'
  | 'REFER'
  | 'NOTIFY'
  | 'SUBSCRIBE'
  | 'PUBLISH';

/** A header of the name-addr form (RFC 3261 §20.10): To, From, one value of Contact. */
interface NameAddress {
  name: string | undefined;
  uri: string;
  /** Values are undefined for parameters without a value; names are in lower case. */
  params: Record<string, string | undefined>;
}

/** What drachtio-srf lets one read of any SIP message. Header names may be given in any case. */
export interface ParsedMessage {
  readonly headers: Headers;
  /** Empty string where the message has no body. */
  readonly body: string;
  readonly raw: string;
  get(header: string): string | undefined;
  has(header: string): boolean;
  /** Throws where the header is missing. */
  getParsedHeader(header: 'to' | 'from'): NameAddress;
  getParsedHeader(header: 'contact'): NameAddress[];
  getParsedHeader(header: 'cseq'): { seq: number; method: string };
}

interface Received {
  readonly source_address: string;
  readonly source_port: number;
  /** `udp` or `tcp`; WebSocket and TLS connections are told as `tcp`; empty on some in-dialog requests. */
  readonly protocol: string;
}

interface RequestEvents {
  /** The caller gave up an INVITE; the server has answered it with 487 already. */
  cancel: [cancel: ParsedMessage];
  /** An UPDATE (RFC 3311) that belongs to an INVITE still pending, either way. Must be answered. */
  update: [request: IncomingRequest, response: ResponseSender];
}

/** A request from the network. */
export interface IncomingRequest extends ParsedMessage, Received, EventEmitter<RequestEvents> {
  readonly method: Method;
  readonly uri: string;
  /** `address:port` of the server on which it arrived; only for requests outside a dialog. */
  readonly receivedOn: string | undefined;
  /** The server's name for the dialog that it belongs to, if it does: `<Call-ID>;from-tag=<tag>`. */
  readonly stackDialogId: string | undefined;
  /** `network`, or `application` for a BYE that the server made by itself. */
  readonly source: 'network' | 'application';
}

export interface ResponseOptions {
  headers?: Headers;
  body?: string;
}

/** Answers one incoming request. Nothing happens after a final response was sent. */
export interface ResponseSender {
  readonly finalResponseSent: boolean;
  /** Sends a response. `sent` is called with a text where the server refused to send it, else with what it sent. */
  send(
    status: number,
    reason: string | undefined,
    options?: ResponseOptions,
    sent?: (refused: unknown, message?: ParsedMessage) => void,
  ): void;
}

/** A response from the network, or made by the server (408, 410, 503), which then has no source address. */
export interface IncomingResponse extends ParsedMessage, Received {
  readonly status: number;
  readonly reason: string;
  readonly stackDialogId: string;
}

/** Sends the ACK to a 2xx, or the PRACK to a reliable provisional response. */
export type Acknowledge = (options?: ResponseOptions) => void;

interface SentRequestEvents {
  response: [response: IncomingResponse, acknowledge: Acknowledge];
  update: [request: IncomingRequest, response: ResponseSender];
  /** There will be no final response. */
  unanswered: [];
}

/** A request that the server has sent for us. */
export interface SentRequest extends ParsedMessage, EventEmitter<SentRequestEvents> {
  readonly method: Method;
  /** The server's name for its transaction. */
  readonly stackTxnId: string;
  cancel(options: { headers?: Headers }, done: (error: unknown) => void): void;
}

type InDialogEvent =
  'modify' | 'update' | 'info' | 'message' | 'options' | 'refer' | 'notify' | 'publish' | 'subscribe';

type DialogEvents = Record<InDialogEvent, [request: IncomingRequest, response: ResponseSender]> & {
  /** The far end hung up, or the server did by itself; already answered. */
  destroy: [bye: IncomingRequest, reason: string];
  /** The ACK to the 2xx that we sent, of the INVITE or of a re-INVITE. */
  ack: [request: IncomingRequest];
};

/** drachtio-srf's dialog (RFC 3261 §12). A request without a listener is answered 200 by drachtio-srf. */
export interface Dialog extends EventEmitter<DialogEvents> {
  readonly id: string;
  readonly connected: boolean;
  readonly sip: { callId: string; localTag: string; remoteTag: string };
  readonly local: { contact: string };
  /** Sends BYE and resolves with it once it is answered; rejects where it could not be sent. */
  destroy(options?: { headers?: Headers }): Promise<unknown>;
}
