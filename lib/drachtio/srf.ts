import type { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import { bytesOf } from '../wire/bytes';
import { mustBeCarried } from './fence/carried-bodies';
import { headerOf } from './fence/hidden-headers';
import './dialog-methods';
import { hasSafeTarget } from './dialog-target';
import { DrachtioLink, linkLost, type LinkOptions } from './drachtio-link';
import type {
  Acknowledge,
  Dialog,
  Headers,
  IncomingRequest,
  IncomingResponse,
  Method,
  ResponseSender,
  SentRequest,
} from './messages';
import { UnansweredRequests } from './unanswered-requests';
import { UntypedSrf } from './untyped-srf';

export type RequestHandler = (request: IncomingRequest, response: ResponseSender) => void | Promise<void>;

export interface RequestOptions {
  method: Method;
  headers?: Headers;
  body?: string;
  /** SIP URI of the next hop; the Request-URI stays as it is. */
  proxy?: string;
  /** Whether a 2xx to an INVITE brings an offer, whose ACK the caller owes; default: where the INVITE has no body. */
  leavesAck?: boolean;
}

/** A final response; `acknowledge` is there for a 2xx to an INVITE that the caller must ACK. */
export interface FinalResponse {
  response: IncomingResponse;
  acknowledge?: Acknowledge;
}

/** Where a request inside a dialog goes: to a dialog, or to the early one that an INVITE of ours has made. */
export type InDialog = Dialog | EarlyDialog;

interface EarlyDialog {
  /** The server's name for it, which stands in the responses to its INVITE. */
  id: string;
  /** Its INVITE. */
  pending: SentRequest;
}

/**
 * A thin typed adapter over drachtio-srf: what is sent and received over its link. Whatever is awaited here
 * settles when the link is lost, or with `sip-timeout` (408) where the server never answers.
 */
export class Srf extends DrachtioLink {
  readonly #unanswered = new UnansweredRequests((request) => this.#giveUp(request));

  constructor(options: LinkOptions) {
    super(options);
    this.on('disconnect', () => this.#unanswered.close());
  }

  /** Has the server route requests of this method to `handler`. In-dialog requests go to their dialog. */
  handle(method: Method, handler: RequestHandler): this {
    const failed = (response: ResponseSender, cause: unknown) => {
      this.emit('error', new EdgeError('handler-failed', `A ${method} could not be handled.`, { cause }));
      try {
        response.send(500, undefined);
      } catch (unsent) {
        this.emit('error', new EdgeError('sip-unsent', `A ${method} could not be answered.`, { cause: unsent }));
      }
    };
    this.srf.use(method.toLowerCase(), (request, response) => {
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
    return (await this.settling(finalResponse((onSent) => this.request(uri, options, onSent)))).response;
  }

  /** Cancels an INVITE outside a dialog, whose final response may never come from then on. */
  cancel(request: SentRequest, headers: Headers = {}): void {
    request.cancel({ headers }, () => undefined);
    this.#unanswered.cancelled(request);
  }

  /**
   * The dialog that a 2xx to our INVITE makes. It must have been, or will have to be, ACKed by the caller.
   * Throws `sip-invalid` (502) for a 2xx without a Contact: such a dialog cannot even be ended.
   */
  uacDialog(request: SentRequest, response: IncomingResponse): Dialog {
    if (!response.has('Contact')) {
      throw new EdgeError('sip-invalid', 'The far end answered without a Contact.', { sipStatus: 502 });
    }
    const dialog = new UntypedSrf.Dialog(this.srf, 'uac', { req: request, res: response });
    this.srf.addDialog(dialog);
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
      this.srf.createUAS(request, response, { localSdp, headers: { ...headers } }, (error, dialog) => {
        if (dialog) {
          options.onDialog?.(dialog);
          resolve(dialog);
        } else {
          reject(new EdgeError('sip-unsent', 'The 200 could not be sent.', { sipStatus: 487, cause: error }));
        }
      });
    });
    return await this.settling(answered);
  }

  /**
   * Sends a request inside a dialog and resolves with its final response, whatever its status. Reliable
   * provisional responses to a re-INVITE are PRACKed. A 2xx to an INVITE that carried an offer is ACKed
   * here; one without leaves `acknowledge` to the caller, who owes the answer.
   */
  async requestInDialog(
    dialog: InDialog,
    { leavesAck, ...options }: RequestOptions,
    onSent?: (request: SentRequest) => void,
  ): Promise<FinalResponse> {
    const owner: EventEmitter & { socket?: unknown } = 'pending' in dialog ? dialog.pending : dialog;
    const route = { stackDialogId: dialog.id, _socket: owner.socket };
    const final = await this.settling(
      finalResponse((listen) =>
        this.#transmit('sip:placeholder', options, route, (request) => {
          // drachtio-srf gives an UPDATE to whatever request of ours is pending in its call.
          request.on('update', (update, response) => {
            if (!owner.emit('update', update, response)) response.send(200, undefined);
          });
          listen(request);
          onSent?.(request);
        }),
      ),
    );
    if (final.response.status < 300 && !hasSafeTarget(final.response)) {
      if (!('pending' in dialog)) this.forget(dialog);
      throw new EdgeError('sip-target', 'The far end cannot be reached at its new Contact.', { sipStatus: 502 });
    }
    const mustAck = options.method === 'INVITE' && final.response.status < 300;
    const isLeft = leavesAck ?? !options.body;
    if (mustAck && !isLeft) final.acknowledge?.();
    return mustAck && isLeft ? final : { response: final.response };
  }

  /** Ends a dialog with a BYE and resolves once that is answered; without what it cannot carry. */
  async hangUp(
    dialog: Dialog,
    { headers = {}, body = '' }: { headers?: Headers; body?: string },
    onSent?: (bye: SentRequest) => void,
  ): Promise<void> {
    const { Reason: reason } = headers;
    const content = fitsFrame({ headers, body })
      ? { headers, ...(body && { body }) }
      : { headers: reason === undefined ? {} : { Reason: reason } };
    try {
      await this.requestInDialog(dialog, { method: 'BYE', ...content }, onSent);
    } finally {
      this.forget(dialog);
    }
  }

  /**
   * Sends a PRACK (RFC 3262) for `provisional` and resolves with its final response. It has no body: the
   * server would drop it (measured).
   */
  async prack(provisional: IncomingResponse, headers: Headers = {}): Promise<IncomingResponse> {
    const rack = `${provisional.get('rseq') ?? ''} ${provisional.get('cseq') ?? ''}`;
    return await this.sendInDialog(provisional.stackDialogId, { method: 'PRACK', headers: { ...headers, RAck: rack } });
  }

  /**
   * Sends a request other than INVITE inside the dialog that the server knows under this id and resolves with its
   * final response.
   */
  async sendInDialog(stackDialogId: string, options: RequestOptions): Promise<IncomingResponse> {
    const final = finalResponse((listen) => this.#transmit('sip:placeholder', options, { stackDialogId }, listen));
    return (await this.settling(final)).response;
  }

  /** Drops a dialog without a word to the far end. */
  forget(dialog: Dialog): void {
    this.srf.removeDialog(dialog);
    Object.assign(dialog, { connected: false });
    dialog.removeAllListeners();
  }

  async #transmit(
    uri: string,
    options: RequestOptions,
    route: object,
    onSent: ((request: SentRequest) => void) | undefined,
  ): Promise<SentRequest> {
    if (!this.connected) throw linkLost();
    if (!fitsFrame({ ...options, uri })) throw tooLarge();
    const { headers, ...rest } = options;
    const sent = new Promise<SentRequest>((resolve, reject) => {
      this.srf.request(uri, { ...rest, ...route, headers: { ...headers } }, (cause, request) => {
        if (request) {
          this.#unanswered.sent(request);
          onSent?.(request);
          resolve(request);
        } else {
          const message = `The server would not send a ${options.method}.`;
          reject(new EdgeError('sip-unsent', message, { cause }));
        }
      });
    });
    return await this.settling(sent);
  }

  /** drachtio-srf would keep it for ever. */
  #giveUp(request: SentRequest): void {
    this.drop(request);
    request.emit('unanswered');
  }
}

interface FrameParts {
  /** Of a request. */
  uri?: string;
  headers?: Headers;
  body?: string;
}

/**
 * Whether the server takes a message with these parts: one above some 12 kB stalls the whole link [01f]. A body that it is not
 * to see has to be carried past it.
 */
export function fitsFrame({ uri = '', headers = {}, body = '' }: FrameParts): boolean {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const isCarried = mustBeCarried(body) && headers[headerOf('Uncarried')] === undefined;
  return bytesOf([uri, ...head].join('\r\n')).length + (isCarried ? 0 : body.length) <= frameLimit;
}

/** Bytes of URI, headers and body; the rest up to 12 kB is for what drachtio-srf adds. */
const frameLimit = 10_000;

function tooLarge(): EdgeError {
  return new EdgeError('message-too-large', 'The message is larger than drachtio can send.');
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
      request.on('unanswered', () => {
        reject(new EdgeError('sip-timeout', `The server has never answered a ${request.method}.`));
      });
    }).catch(reject);
  });
}
