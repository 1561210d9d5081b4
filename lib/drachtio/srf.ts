import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import UntypedSrf = require('drachtio-srf');

/**
 * The part of drachtio-srf 5.0.29 that edge80 uses, typed as it behaves. The types that come with the
 * package refuse much of the real API (reconnect options, noAck, dlg.request, SipError), so the
 * package is loaded untyped here and nowhere else.
 */

/** Header names as keys; drachtio-srf joins a repeated header with a comma, except Via and the like. */
export type SipHeaders = Record<string, string>;

export interface ParsedUri {
  family?: 'ipv4' | 'ipv6';
  scheme: 'sip' | 'sips' | 'tel';
  user?: string;
  password?: string;
  host?: string;
  port?: string | number;
  params: Record<string, string | null | undefined>;
  headers: Record<string, string | undefined>;
}

export interface NameAddr {
  name?: string;
  uri: string;
  params: Record<string, string | null | undefined>;
}

export interface SipMessage {
  readonly type: 'request' | 'response' | 'unknown';
  readonly headers: SipHeaders;
  readonly body: string;
  readonly raw: string;
  readonly version?: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** Appends with a comma when the header is already there. */
  set(name: string, value: string): unknown;
  /** Throws when the header is absent. */
  getParsedHeader(name: 'Contact' | 'contact'): NameAddr[];
  getParsedHeader(name: 'From' | 'To' | 'from' | 'to'): NameAddr;
  getParsedHeader(name: string): unknown;
}

/** Where a message came from or went to, as drachtio-server told it. */
export interface Provenance {
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number | string;
  readonly protocol: string;
  readonly stackTxnId: string;
  readonly stackDialogId: string;
}

export interface SipRequest extends SipMessage, Provenance, EventEmitter {
  readonly method: string;
  readonly uri: string;
  /** `address:port` of the contact that an initial request arrived on. */
  readonly receivedOn?: string;
  readonly isNewInvite: boolean;
  readonly callId?: string;
  readonly socket: Socket;
  /** Cancels a request that the app sent. */
  cancel(options?: { headers?: SipHeaders }, callback?: (error: unknown, request: SipRequest) => void): void;
  on(event: 'response', listener: (response: SipResponse, ack: (options?: AckOptions) => void) => void): this;
  on(event: 'cancel', listener: (cancel: SipMessage) => void): this;
  on(event: 'update', listener: (request: SipRequest, response: SipResponse) => void): this;
  once(event: 'response', listener: (response: SipResponse, ack: (options?: AckOptions) => void) => void): this;
  once(event: 'cancel', listener: (cancel: SipMessage) => void): this;
}

export interface AckOptions {
  body?: string;
  headers?: SipHeaders;
}

export interface SendOptions {
  headers?: Record<string, string | string[]>;
  body?: string;
}

export interface SipResponse extends SipMessage, Provenance, EventEmitter {
  readonly status: number;
  readonly reason: string;
  readonly req: SipRequest;
  readonly finalResponseSent: boolean;
  send(status: number, options?: SendOptions): void;
  send(status: number, reason: string, options?: SendOptions): void;
  send(
    status: number,
    options: SendOptions,
    callback: (error: unknown, sent?: SipMessage) => void,
    onPrack?: (prack: SipRequest) => void,
  ): void;
  send(
    status: number,
    reason: string,
    options: SendOptions,
    callback: (error: unknown, sent?: SipMessage) => void,
    onPrack?: (prack: SipRequest) => void,
  ): void;
}

export interface Credentials {
  username: string;
  password: string;
}

export interface DialogRequestOptions {
  method: string;
  headers?: SipHeaders;
  body?: string;
  auth?: Credentials;
  noAck?: boolean;
}

type InDialogMethod = 'info' | 'message' | 'modify' | 'notify' | 'options' | 'refer' | 'update';

export interface Dialog extends EventEmitter {
  readonly id: string;
  readonly type: 'uac' | 'uas';
  readonly sip: { callId: string; localTag: string; remoteTag: string };
  readonly local: { uri: string; sdp: string; contact: string };
  readonly remote: { uri: string; sdp: string };
  readonly connected: boolean;
  readonly req: SipRequest;
  readonly res: SipResponse;
  /** The other half of a B2BUA, for the app to set. */
  other?: Dialog;
  /** Sends BYE (NOTIFY for a subscription) and resolves when it is answered, whatever the answer. */
  destroy(options?: { headers?: SipHeaders; auth?: Credentials }): Promise<unknown>;
  /** Re-INVITE; resolves to the answer's SDP, rejects with a SipError. */
  modify(sdp: string, options?: { headers?: SipHeaders; auth?: Credentials }): Promise<string>;
  /** Re-INVITE without an offer; the ACK with the answer is left to the caller. */
  modify(options: { noAck: true; headers?: SipHeaders }): Promise<{ sdp: string; ack: (sdp: string) => void }>;
  request(options: DialogRequestOptions): Promise<SipResponse>;
  /** The callback form; with a re-INVITE under `noAck` it gets the function that sends the ACK. */
  request(
    options: DialogRequestOptions,
    callback: (error: unknown, response?: SipResponse, ack?: (options?: AckOptions) => void) => void,
  ): this;
  on(event: 'destroy', listener: (message: SipRequest, reason?: string) => void): this;
  on(event: 'ack', listener: (request: SipRequest) => void): this;
  on(event: 'refresh' | 'hold' | 'unhold', listener: (request: SipRequest) => void): this;
  on(event: InDialogMethod, listener: (request: SipRequest, response: SipResponse) => void): this;
}

export interface UacOptions {
  headers?: SipHeaders;
  localSdp?: string;
  /** The next hop, a bare SIP URI. */
  proxy?: string;
  auth?: Credentials;
  noAck?: boolean;
  method?: string;
  followRedirects?: boolean;
  callingNumber?: string;
  callingName?: string;
}

export interface UacProgress {
  cbRequest?: (error: unknown, request: SipRequest) => void;
  cbProvisional?: (response: SipResponse, ack?: (options?: AckOptions) => void) => void;
}

/** What `createUAC` gives for an INVITE without an offer under `noAck`: the callee's offer, not yet answered. */
export interface UnansweredOffer {
  readonly sdp: string;
  readonly res: SipResponse;
  ack(answer: string): Promise<Dialog>;
  /** ACKs and hangs up at once. */
  destroy(): Promise<void>;
}

export interface UasOptions {
  localSdp: string | (() => string | Promise<string>);
  headers?: SipHeaders;
}

export interface RequestOptions {
  method: string;
  headers?: SipHeaders;
  body?: string;
  proxy?: string;
  auth?: Credentials;
}

export interface ProxyOptions {
  remainInDialog?: boolean;
  recordRoute?: boolean;
  path?: boolean;
  followRedirects?: boolean;
  forking?: 'sequential' | 'simultaneous';
  provisionalTimeout?: string;
  finalTimeout?: string;
  headers?: SipHeaders;
}

export interface ProxyResults {
  connected: boolean;
  finalStatus?: number;
  responses: { address: string; port: number; msgs: { time: string; status: number; msg: SipMessage }[] }[];
}

export interface ConnectOptions {
  host: string;
  port: number;
  secret: string;
  enablePing?: boolean;
  /** ms, 5000 to 300000. */
  pingInterval?: number;
  /** Without `retryMaxDelay` (ms) the delay grows without end. */
  reconnect?: { retryMaxDelay: number; maxAttempts?: number; connectTimeout?: number };
}

type Handler = (request: SipRequest, response: SipResponse, next: () => void) => void;

export interface Srf extends EventEmitter {
  connect(options: ConnectOptions): unknown;
  disconnect(socket?: Socket): void;
  use(handler: Handler): void;
  use(method: string, handler: Handler): void;
  invite(handler: Handler): void;
  register(handler: Handler): void;
  options(handler: Handler): void;
  message(handler: Handler): void;
  subscribe(handler: Handler): void;
  publish(handler: Handler): void;
  notify(handler: Handler): void;
  info(handler: Handler): void;
  /** Resolves to the request as sent; its responses come as `response` events. */
  request(uri: string, options: RequestOptions): Promise<SipRequest>;
  proxyRequest(request: SipRequest, destination: string | string[], options?: ProxyOptions): Promise<ProxyResults>;
  /** Rejects with a SipError for a final response that is not 2xx. */
  createUAC(uri: string, options: UacOptions & { noAck?: false }, progress?: UacProgress): Promise<Dialog>;
  createUAC(
    uri: string,
    options: UacOptions & { noAck: true; localSdp?: never },
    progress?: UacProgress,
  ): Promise<UnansweredOffer>;
  createUAS(request: SipRequest, response: SipResponse, options: UasOptions): Promise<Dialog>;
  on(
    event: 'connect',
    listener: (error: Error | null, hostports: string, version?: string, localHostports?: string) => void,
  ): this;
  on(event: 'reconnecting', listener: (attempt: { delay: number; attempt: number }) => void): this;
  on(event: 'error', listener: (error: Error, socket?: Socket) => void): this;
  on(event: 'close', listener: (socket?: Socket) => void): this;
}

/** Final response that is not 2xx, as `createUAC` and `modify` reject with it. */
export interface SipError extends Error {
  readonly status: number;
  readonly reason?: string;
  readonly res?: SipResponse;
}

interface SrfConstructor {
  new (tags?: string | string[]): Srf;
  SipError: new (status: number, reason?: string) => SipError;
  parseUri(uri: string): ParsedUri | undefined;
}

const Constructor = UntypedSrf as unknown as SrfConstructor;

/** An app of drachtio-server, not yet connected. */
export function createSrf(tags?: string | string[]): Srf {
  return tags === undefined ? new Constructor() : new Constructor(tags);
}

export function isSipError(error: unknown): error is SipError {
  return error instanceof Constructor.SipError;
}

/** `undefined` for what is no SIP or tel URI. */
export function parseUri(uri: string): ParsedUri | undefined {
  return Constructor.parseUri(uri);
}
