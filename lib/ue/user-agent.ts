import { randomUUID } from 'node:crypto';
import type { Headers, IncomingRequest, IncomingResponse, ResponseSender } from '../drachtio/messages';
import { EdgeError } from '../errors';
import { hostPort } from '../wire/sip-uri';
import { withResolvers } from '../with-resolvers';
import type { PhoneCall } from './phone-call';
import type { ConsentTiming } from './consent';
import { answerChallenge } from './digest';
import { EdgeConnection, type SipTransport } from './edge-connection';
import type { Sound } from './media-session';
import { IceSession } from './ice-session';
import type { RelaysOfUe } from './packet-ports';
import { PlainTransport } from './media-transport';
import { IceMsrpConnection, PlainMsrpConnection } from './msrp-connection';
import { Phone, type CallingOptions, type EndOptions, type PhoneOptions } from './phone';
import { challengeIn, refusal } from './sip-rejection';
import type { MediaKind, Observer } from './ue-event';

export interface UserAgentOptions extends EndOptions {
  edge: { host: string; port: number };
  transport?: SipTransport | undefined;
  /** Our address, for SIP and media. */
  local: string;
  user: string;
  password?: string | undefined;
  /** What its RTP packets carry; default: a tone. */
  sound?: Sound | undefined;
  consent?: ConsentTiming | undefined;
  /** Without ICE: RTP over UDP, MSRP over TCP, where the edge's SDP says. */
  plain?: boolean | undefined;
  /** Relayed addresses; `alone`: audio tries nothing else. */
  turn?: RelaysOfUe | undefined;
}

/** s */
const expires = 600;

/**
 * A UE: SIP over one connection to the edge, media with ICE over UDP and TCP. One call at a time.
 */
export class UserAgent {
  readonly aor: string;
  readonly #options: UserAgentOptions;
  readonly #phone: Phone;
  readonly #connection: EdgeConnection;
  readonly #contact: string;
  readonly #callId = randomUUID();
  #cseq = 0;
  #registered = false;
  #refresh: NodeJS.Timeout | undefined;

  private constructor(options: UserAgentOptions, connection: EdgeConnection, phone: Phone) {
    const { user, domain } = options;
    this.#options = options;
    this.#connection = connection;
    this.#phone = phone;
    this.aor = `sip:${user}@${domain}`;
    const [, listening = ''] = (phone.contacts[0] ?? '').split('/');
    const { host = listening, transport } = connection.naming;
    this.#contact = `<sip:${user}@${host};transport=${transport}>`;
  }

  /** Opens SIP. Rejects with `sip-unusable`. */
  static async open(options: UserAgentOptions): Promise<UserAgent> {
    const { edge, transport, local, limit, sound, consent, plain = false, turn, messages, observer, logger } = options;
    const connection = new EdgeConnection({ edge, transport, local });
    const ice = { address: local, proxy: transport?.proxy, observer, consent };
    const phoneOptions: PhoneOptions = {
      contacts: [`sip:${hostPort(local, 0)};transport=tcp`],
      outbound: connection,
      logger,
      observer,
      media: {
        address: local,
        limit,
        sound,
        open: (lines, hasIce, packet) =>
          hasIce && !plain
            ? IceSession.open({ ...ice, turn, lines, carries: { packet } })
            : PlainTransport.open({ address: local, lines, packet }),
        messages: {
          ...messages,
          address: local,
          ice: !plain,
          open: (line, { ice: hasIce, listens }) =>
            hasIce && !plain ? IceMsrpConnection.open({ ...ice, line }) : PlainMsrpConnection.open(local, listens),
        },
      },
    };
    const phone = await Phone.open(phoneOptions, (srf) => {
      srf.handle('MESSAGE', (request, response) => takeMessage(request, response, observer));
    });
    const agent = new UserAgent(options, connection, phone);
    observer({ event: 'ready', role: 'ue', sip: agent.#contact.slice(1, -1) });
    return agent;
  }

  get registered(): boolean {
    return this.#registered;
  }

  /** Registers and keeps registered. Rejects with `registration-refused` (with `sipStatus`) or why there is no connection. */
  async register(): Promise<void> {
    const granted = grantedExpiry(await this.#sendRegister(expires));
    this.#registered = true;
    this.#options.observer({ event: 'registered', aor: this.aor, expires: granted });
    this.#refreshIn(granted / 2);
  }

  /** Takes the registration back, if there is one. */
  async unregister(): Promise<void> {
    clearTimeout(this.#refresh);
    if (!this.#registered) return;
    await this.#sendRegister(0);
    this.#registered = false;
    this.#options.observer({ event: 'unregistered', aor: this.aor });
  }

  /** Calls `uri` through the edge; rejects as {@link Call.place} does. `patience` in ms. */
  async call(uri: string, options: CallingOptions): Promise<PhoneCall> {
    const { user, password } = this.#options;
    const call = this.#phone.place({
      ...options,
      uri,
      contact: this.#contact,
      headers: { From: `<${this.aor}>`, To: `<${uri}>` },
      ...(password !== undefined && { credentials: { user, password } }),
    });
    return await this.#whyUnreachable(call);
  }

  /** Answers the next call; `patience` in ms, `media` for a call without an offer. */
  async take(patience: number, media?: readonly MediaKind[]): Promise<PhoneCall> {
    return await this.#phone.take(patience, media, this.#contact);
  }

  /** Sends a text (RFC 3428) through the edge. Rejects as `register` does, or with `message-refused`. */
  async message(uri: string, text: string): Promise<void> {
    const headers = { From: `<${this.aor}>`, To: `<${uri}>`, 'Content-Type': 'text/plain;charset=utf-8' };
    const send = (authorization: Headers) =>
      this.#phone.srf.send(uri, { method: 'MESSAGE', headers: { ...headers, ...authorization }, body: text });
    await this.#accepted(this.#answeringChallenge({ method: 'MESSAGE', uri }, send), 'message');
    this.#options.observer({ event: 'message-sent', uri });
  }

  /** Ends what is left of a call and closes SIP; a registration is left to expire. */
  async close(): Promise<void> {
    clearTimeout(this.#refresh);
    await this.#phone.close();
  }

  async #sendRegister(seconds: number): Promise<IncomingResponse> {
    const uri = `sip:${this.#options.domain}`;
    const send = (authorization: Headers) => {
      this.#cseq += 1;
      return this.#phone.srf.send(uri, {
        method: 'REGISTER',
        headers: {
          From: `<${this.aor}>`,
          To: `<${this.aor}>`,
          'Call-ID': this.#callId,
          CSeq: `${this.#cseq} REGISTER`,
          Contact: `${this.#contact};expires=${seconds}`,
          Expires: String(seconds),
          Supported: 'path',
          ...authorization,
        },
      });
    };
    return await this.#accepted(this.#answeringChallenge({ method: 'REGISTER', uri }, send), 'registration');
  }

  /** The response, unless it refuses, or the connection that it is awaited on is lost. */
  async #accepted(answer: Promise<IncomingResponse>, what: 'registration' | 'message'): Promise<IncomingResponse> {
    const { promise: lost, reject } = withResolvers<never>();
    this.#connection.once('lost', reject);
    try {
      const response = await Promise.race([answer, lost]);
      if (response.status < 300) return response;
      return await this.#whyUnreachable(Promise.reject(refusal(response, what)));
    } finally {
      this.#connection.off('lost', reject);
    }
  }

  /** Tells why the edge cannot be reached, where it is that. */
  async #whyUnreachable<T>(asked: Promise<T>): Promise<T> {
    return await asked.catch((error: unknown) => {
      throw error instanceof EdgeError && error.code === 'edge-unreachable'
        ? (this.#connection.failure ?? error)
        : error;
    });
  }

  /** Sends, and once more with our password where that is asked for. */
  async #answeringChallenge(
    request: { method: string; uri: string },
    send: (authorization: Headers) => Promise<IncomingResponse>,
  ): Promise<IncomingResponse> {
    const { user, password } = this.#options;
    const response = await send({});
    const challenge = challengeIn(response);
    if (challenge === undefined || password === undefined) return response;
    return await send({ [challenge.header]: answerChallenge(challenge.value, { ...request, user, password }) });
  }

  #refreshIn(seconds: number): void {
    clearTimeout(this.#refresh);
    this.#refresh = setTimeout(() => {
      this.register().catch((error: unknown) => {
        this.#registered = false;
        const { code, message } = error as EdgeError;
        this.#options.observer({ event: 'error', code, message });
      });
    }, seconds * 1000);
    this.#refresh.unref();
  }
}

function takeMessage(request: IncomingRequest, response: ResponseSender, observer: Observer): void {
  if (!/^text\/plain\b/i.test(request.get('Content-Type') ?? '')) {
    response.send(415, undefined, { headers: { Accept: 'text/plain' } });
    return;
  }
  response.send(200, undefined);
  observer({ event: 'message', from: request.getParsedHeader('from').uri, text: request.body });
}

/** Seconds granted by a 200 to REGISTER (RFC 3261 §10.2.4); a registrar may grant less than was asked for, not more. */
function grantedExpiry(response: IncomingResponse): number {
  const parameter = /;\s*expires=(\d+)/i.exec(response.get('Contact') ?? '')?.[1];
  const granted = Number(parameter ?? response.get('Expires') ?? expires);
  return granted > 0 ? Math.min(granted, expires) : expires;
}
