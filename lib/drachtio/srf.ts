import { EventEmitter } from 'node:events';
import DrachtioSrf from 'drachtio-srf';
import { EdgeError } from '../errors';
import type {
  Acknowledge,
  Dialog,
  Headers,
  IncomingRequest,
  IncomingResponse,
  Method,
  ParsedUri,
  ResponseSender,
  SentRequest,
} from './messages';

export interface SrfOptions {
  host: string;
  port: number;
  secret: string;
  /** Longest wait before another attempt to connect, in ms. */
  retryMaxDelay?: number;
}

export interface SrfEvents {
  /** The server took us; `contacts` are its SIP addresses, such as `tcp/192.0.2.1:5060`. */
  connect: [contacts: string[], version: string];
  /** The link is lost; it is being rebuilt. Dialogs made on it are dead: the server answers 481 for them. */
  disconnect: [];
  /**
   * `drachtio-refused`: wrong secret. `drachtio-unreachable`: no connection. Told once until the kind
   * changes or the link is up; attempts go on for ever. `handler-failed`: a request handler threw, and
   * its request was answered 500.
   */
  error: [EdgeError];
}

export type RequestHandler = (request: IncomingRequest, response: ResponseSender) => void | Promise<void>;

export interface RequestOptions {
  method: Method;
  headers?: Headers;
  body?: string;
  /** SIP URI of the next hop; the Request-URI stays as it is. */
  proxy?: string;
  /** Answers a challenge (401, 407) in place of the caller. */
  auth?: { username: string; password: string };
}

/** A final response; `acknowledge` is there for a 2xx to an INVITE that the caller must ACK. */
export interface FinalResponse {
  response: IncomingResponse;
  acknowledge?: Acknowledge;
}

/** An INVITE of ours was refused, or timed out (408 made by the server). */
export class SipRejection extends EdgeError {
  readonly response: IncomingResponse;

  constructor(response: IncomingResponse) {
    super('sip-rejected', `The far end answered ${response.status} ${response.reason}.`, {
      sipStatus: response.status,
    });
    this.response = response;
  }
}

/** Parts of drachtio-srf 5.0.29 that its own types get wrong or leave out. */
interface Agent extends EventEmitter {
  wp: {
    closing?: boolean;
    reconnectVars: { retryTimer: NodeJS.Timeout | null; retryDelay: number };
  };
  mapServer: Map<{ end(): void; destroy(): void }, unknown>;
  disconnect(): void;
}

interface Untyped {
  app: { client?: Agent };
  connect(options: object): void;
  use(method: string, handler: (request: IncomingRequest, response: ResponseSender) => void): void;
  on(event: string, listener: (...args: never[]) => void): void;
  request(uri: string, options: object, sent: (error: unknown, request?: SentRequest) => void): void;
  proxyRequest(request: IncomingRequest, destination: string, options: object): Promise<{ finalStatus?: number }>;
  createUAS(
    request: IncomingRequest,
    response: ResponseSender,
    options: object,
    done: (error: unknown, dialog?: Dialog) => void,
  ): void;
  addDialog(dialog: Dialog): void;
  removeDialog(dialog: Dialog): void;
}

const Untyped = DrachtioSrf as unknown as {
  new (): Untyped;
  Dialog: new (srf: Untyped, type: 'uac', parts: { req: SentRequest; res: IncomingResponse }) => Dialog;
  parseUri(uri: string): ParsedUri | undefined;
};

/** Reads a SIP, SIPS or tel URI; undefined where it is none. */
export function parseUri(uri: string): ParsedUri | undefined {
  return Untyped.parseUri(uri);
}

/**
 * A thin typed adapter over drachtio-srf: one link to a drachtio-server (or its stand-in) and what is
 * sent and received over it. Whatever is awaited here settles when the link is lost (`drachtio-lost`,
 * 503); drachtio-srf itself would wait for ever.
 */
export class Srf extends EventEmitter<SrfEvents> {
  readonly #options: SrfOptions;
  readonly #retryMaxDelay: number;
  readonly #srf = new Untyped();
  /** Rejects each thing awaited over the link. */
  readonly #waiting = new Set<(error: EdgeError) => void>();
  #connected = false;
  #closed = false;
  #lastFault: string | undefined;

  constructor(options: SrfOptions) {
    super();
    this.#options = options;
    this.#retryMaxDelay = options.retryMaxDelay ?? 5000;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Starts to connect, and keeps at it until {@link close}. Register the handlers first. */
  connect(): void {
    const { host, port, secret } = this.#options;
    this.#srf.connect({ host, port, secret, reconnect: { retryMaxDelay: this.#retryMaxDelay } });
    // drachtio-srf passes its own events on a tick late; the agent's come in order with the messages.
    this.#srf.on('error', () => undefined);
    const agent = this.#agent;
    agent.on('connect', (refused: Error | null, contacts: string, version: string) => {
      if (this.#closed) this.#hangUp();
      else if (refused) this.#refused(refused);
      else this.#up(contacts, version);
    });
    agent.on('error', (cause: unknown) => {
      if (this.#connected || this.#closed) return;
      this.#fault(new EdgeError('drachtio-unreachable', `drachtio at ${host}:${port} cannot be reached.`, { cause }));
    });
    agent.on('close', () => this.#down());
  }

  /** Has the server route requests of this method to `handler`. In-dialog requests go to their dialog. */
  handle(method: Method, handler: RequestHandler): this {
    const failed = (response: ResponseSender, cause: unknown) => {
      this.emit(
        'error',
        new EdgeError('handler-failed', `A ${method} could not be handled.`, { sipStatus: 500, cause }),
      );
      try {
        response.send(500, undefined);
      } catch (unsent) {
        this.emit('error', new EdgeError('sip-unsent', `A ${method} could not be answered.`, { cause: unsent }));
      }
    };
    this.#srf.use(method.toLowerCase(), (request, response) => {
      // Called at once, so that it can listen for a CANCEL that came in the same segment.
      try {
        handler(request, response)?.catch((cause: unknown) => failed(response, cause));
      } catch (cause) {
        failed(response, cause);
      }
    });
    return this;
  }

  /**
   * Sends a request outside a dialog and resolves as soon as it left. `onSent` runs before any other
   * message is read: only there can one listen without missing a response that comes at once.
   */
  async request(uri: string, options: RequestOptions, onSent?: (request: SentRequest) => void): Promise<SentRequest> {
    return await this.#transmit(uri, options, {}, onSent);
  }

  /** Sends a request outside a dialog and resolves with its final response. Not for INVITE. */
  async send(uri: string, options: RequestOptions): Promise<IncomingResponse> {
    return (await this.#settling(finalResponse((onSent) => this.request(uri, options, onSent)))).response;
  }

  /**
   * Calls `uri` and resolves with the dialog once a 2xx came; it has been ACKed, with `localSdp` offered
   * in the INVITE. `onDialog` runs before any other message is read, so that no BYE slips by.
   * Rejects with {@link SipRejection}.
   */
  async createUac(
    uri: string,
    options: {
      localSdp: string;
      headers?: Headers;
      proxy?: string;
      onRequest?: (request: SentRequest) => void;
      onProvisional?: (response: IncomingResponse) => void;
      onDialog?: (dialog: Dialog, response: IncomingResponse) => void;
    },
  ): Promise<Dialog> {
    const answered = new Promise<Dialog>((resolve, reject) => {
      const { localSdp, headers, proxy } = options;
      const invite = { body: localSdp, ...(headers && { headers }), ...(proxy !== undefined && { proxy }) };
      this.request(uri, { method: 'INVITE', ...invite }, (request) => {
        options.onRequest?.(request);
        request.on('update', (_update, response) => response.send(200, undefined, { body: localSdp }));
        request.on('response', (response, acknowledge) => {
          if (response.status < 200) {
            options.onProvisional?.(response);
            if (response.has('RSeq')) acknowledge();
          } else if (response.status < 300) {
            acknowledge();
            try {
              const dialog = this.uacDialog(request, response);
              options.onDialog?.(dialog, response);
              resolve(dialog);
            } catch (cause) {
              const message = 'The answer of the far end makes no dialog.';
              reject(new EdgeError('sip-invalid', message, { sipStatus: 502, cause }));
            }
          } else {
            reject(new SipRejection(response));
          }
        });
      }).catch(reject);
    });
    return await this.#settling(answered);
  }

  /**
   * The dialog that a 2xx to our INVITE makes. It must have been, or will have to be, ACKed by the caller.
   * Throws `sip-invalid` (502) for a 2xx without a Contact: such a dialog cannot even be ended.
   */
  uacDialog(request: SentRequest, response: IncomingResponse): Dialog {
    if (!response.has('Contact')) {
      throw new EdgeError('sip-invalid', 'The far end answered without a Contact.', { sipStatus: 502 });
    }
    const dialog = new Untyped.Dialog(this.#srf, 'uac', { req: request, res: response });
    this.#srf.addDialog(dialog);
    return dialog;
  }

  /**
   * Answers an INVITE with 200 and resolves with the dialog. `onDialog` runs before any other message is
   * read, so that no ACK or BYE slips by. Rejects where the server would not send it any more, because
   * the caller cancelled or its connection is gone.
   */
  async createUas(
    request: IncomingRequest,
    response: ResponseSender,
    options: { localSdp: string; headers?: Headers; onDialog?: (dialog: Dialog) => void },
  ): Promise<Dialog> {
    if (!fitsFrame({ ...options, body: options.localSdp })) throw tooLarge();
    const answered = new Promise<Dialog>((resolve, reject) => {
      const { localSdp, headers } = options;
      this.#srf.createUAS(request, response, { localSdp, headers: { ...headers } }, (error, dialog) => {
        if (dialog) {
          options.onDialog?.(dialog);
          resolve(dialog);
        } else {
          reject(new EdgeError('sip-unsent', 'The 200 could not be sent.', { sipStatus: 487, cause: error }));
        }
      });
    });
    return await this.#settling(answered);
  }

  /**
   * Sends a request inside a dialog and resolves with its final response, whatever its status. Reliable
   * provisional responses to a re-INVITE are PRACKed. A 2xx to an INVITE that carried an offer is ACKed
   * here; one without leaves `acknowledge` to the caller, who owes the answer.
   */
  async requestInDialog(
    dialog: Dialog,
    options: RequestOptions,
    onSent?: (request: SentRequest) => void,
  ): Promise<FinalResponse> {
    const { socket } = dialog as Dialog & { socket: unknown };
    const route = { stackDialogId: dialog.id, _socket: socket };
    const final = await this.#settling(
      finalResponse((listen) =>
        this.#transmit('sip:placeholder', options, route, (request) => {
          // drachtio-srf gives an UPDATE to whatever request of ours is pending in its call.
          request.on('update', (update, response) => {
            if (!dialog.emit('update', update, response)) response.send(200, undefined);
          });
          listen(request);
          onSent?.(request);
        }),
      ),
    );
    const mustAck = options.method === 'INVITE' && final.response.status < 300;
    if (mustAck && options.body) final.acknowledge?.();
    return mustAck && !options.body ? final : { response: final.response };
  }

  /**
   * Sends a PRACK (RFC 3262) for `provisional` and resolves with its final response. It has no body: the
   * server would drop it.
   */
  async prack(provisional: IncomingResponse, headers: Headers = {}): Promise<IncomingResponse> {
    const rack = `${provisional.get('rseq') ?? ''} ${provisional.get('cseq') ?? ''}`;
    const options: RequestOptions = { method: 'PRACK', headers: { ...headers, RAck: rack } };
    const route = { stackDialogId: provisional.stackDialogId };
    const final = finalResponse((listen) => this.#transmit('sip:placeholder', options, route, listen));
    return (await this.#settling(final)).response;
  }

  /** Changes the session of a dialog with a re-INVITE that offers `sdp`; resolves with the answer. */
  async modify(dialog: Dialog, sdp: string, headers: Headers = {}): Promise<string> {
    const { response } = await this.requestInDialog(dialog, {
      method: 'INVITE',
      headers: { Contact: dialog.local.contact, 'Content-Type': 'application/sdp', ...headers },
      body: sdp,
    });
    if (response.status >= 300) throw new SipRejection(response);
    return response.body;
  }

  /** Drops a dialog without a word to the far end. */
  forget(dialog: Dialog): void {
    this.#srf.removeDialog(dialog);
    dialog.removeAllListeners();
  }

  /** Forwards a request as a proxy and resolves with the final status, which the sender has got by then. */
  async proxyRequest(request: IncomingRequest, destination: string, headers: Headers = {}): Promise<number> {
    try {
      const result = await this.#settling(this.#srf.proxyRequest(request, destination, { headers: { ...headers } }));
      return result.finalStatus ?? 408;
    } catch (error) {
      if (error instanceof EdgeError) throw error;
      // The server has answered the sender already, and says with what.
      const status = /\b[3-6]\d\d\b/.exec(String(error))?.[0];
      if (status !== undefined) return Number(status);
      throw new EdgeError('proxy-failed', 'The server would not forward a request.', { sipStatus: 500, cause: error });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { client } = this.#srf.app;
    if (!client) return;
    client.wp.closing = true;
    if (client.wp.reconnectVars.retryTimer) clearTimeout(client.wp.reconnectVars.retryTimer);
    this.#hangUp();
    this.#down();
  }

  get #agent(): Agent {
    if (!this.#srf.app.client) throw new Error('connect() was not called');
    return this.#srf.app.client;
  }

  #hangUp(): void {
    for (const socket of this.#agent.mapServer.keys()) socket.end();
  }

  #up(contacts: string, version: string): void {
    this.#connected = true;
    this.#lastFault = undefined;
    this.emit('connect', contacts.split(','), version);
  }

  #refused(cause: Error): void {
    // A connection that is made resets drachtio-srf's delay, so a wrong secret would be tried four times a second.
    this.#agent.wp.reconnectVars.retryDelay = this.#retryMaxDelay;
    const { host, port } = this.#options;
    this.#fault(new EdgeError('drachtio-refused', `drachtio at ${host}:${port} refused our secret.`, { cause }));
  }

  #fault(error: EdgeError): void {
    if (this.#lastFault === error.code) return;
    this.#lastFault = error.code;
    this.emit('error', error);
  }

  #down(): void {
    const lost = linkLost();
    for (const reject of [...this.#waiting]) reject(lost);
    if (!this.#connected) return;
    this.#connected = false;
    this.emit('disconnect');
  }

  async #transmit(
    uri: string,
    options: RequestOptions,
    route: object,
    onSent: ((request: SentRequest) => void) | undefined,
  ): Promise<SentRequest> {
    if (!this.#connected) throw linkLost();
    if (!fitsFrame(options)) throw tooLarge();
    const { headers, ...rest } = options;
    const sent = new Promise<SentRequest>((resolve, reject) => {
      this.#srf.request(uri, { ...rest, ...route, headers: { ...headers } }, (cause, request) => {
        if (request) {
          onSent?.(request);
          resolve(request);
        } else {
          const message = `The server would not send a ${options.method}.`;
          reject(new EdgeError('sip-unsent', message, { sipStatus: 500, cause }));
        }
      });
    });
    return await this.#settling(sent);
  }

  async #settling<T>(awaited: Promise<T>): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      awaited.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
}

/** Whether the server takes a message with these headers and this body: one above some 12 kB stalls the whole link. */
export function fitsFrame(message: { headers?: Headers; body?: string }): boolean {
  const lines = Object.entries(message.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return Buffer.byteLength(lines.join('\r\n')) + Buffer.byteLength(message.body ?? '') <= frameLimit;
}

/** Bytes of headers and body; the rest up to 12 kB is for what drachtio-srf adds. */
const frameLimit = 10_000;

function tooLarge(): EdgeError {
  return new EdgeError('message-too-large', 'The message is larger than drachtio can send.', { sipStatus: 513 });
}

function linkLost(): EdgeError {
  return new EdgeError('drachtio-lost', 'The link to drachtio is lost.', { sipStatus: 503 });
}

function finalResponse(
  transmit: (onSent: (request: SentRequest) => void) => Promise<SentRequest>,
): Promise<FinalResponse> {
  return new Promise((resolve, reject) => {
    transmit((request) => {
      request.on('response', (response, acknowledge) => {
        if (response.status >= 200) resolve({ response, acknowledge });
        else if (response.has('RSeq')) acknowledge();
      });
    }).catch(reject);
  });
}
