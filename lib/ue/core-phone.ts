import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingRequest, ResponseSender } from '../drachtio/messages';
import { EdgeError } from '../errors';
import { hostPort, parseSipUri } from '../wire/sip-uri';
import { PlainTransport } from './media-transport';
import { PlainMsrpConnection } from './msrp-connection';
import { Phone, type CallingOptions, type EndOptions } from './phone';
import type { PhoneCall } from './phone-call';
import type { MediaKind, Observer } from './ue-event';

export interface CorePhoneOptions extends EndOptions {
  listen: { host: string; port: number };
  /** Begins to send when it hears the UE, into a path that is there (default); else as soon as it has answered. */
  startWhenHeard?: boolean | undefined;
}

interface AcceptedBinding {
  contact: string;
  /** URIs of the Path, topmost first (RFC 3327). */
  path: string[];
}

/** A bound on what strangers can make it remember. */
const maxBindings = 1000;

/** s; for a REGISTER that asks for nothing */
const defaultExpires = 600;

/**
 * The least core that an edge can be tried against: a registrar that grants everything and remembers the
 * Path, and a phone without ICE and without rtcp-mux.
 */
export class CorePhone {
  readonly #options: CorePhoneOptions;
  readonly #phone: Phone;
  readonly #registrar: AcceptingRegistrar;

  private constructor(options: CorePhoneOptions, phone: Phone, registrar: AcceptingRegistrar) {
    this.#options = options;
    this.#phone = phone;
    this.#registrar = registrar;
  }

  /** Opens SIP on UDP and TCP. Rejects with `sip-unusable`. */
  static async open(options: CorePhoneOptions): Promise<CorePhone> {
    const { listen, limit, messages, startWhenHeard = true, observer, logger } = options;
    const at = hostPort(listen.host, listen.port);
    const registrar = new AcceptingRegistrar(observer);
    const phone = await Phone.open(
      {
        contacts: ['udp', 'tcp'].map((transport) => `sip:${at};transport=${transport}`),
        logger,
        observer,
        media: {
          address: listen.host,
          limit,
          startWhenHeard,
          open: (lines, _, packet) => PlainTransport.open({ address: listen.host, lines, packet }),
          messages: {
            ...messages,
            address: listen.host,
            ice: false,
            open: (_, { listens }) => PlainMsrpConnection.open(listen.host, listens),
          },
        },
      },
      (srf) => {
        srf.handle('REGISTER', (request, response) => registrar.register(request, response));
        srf.handle('OPTIONS', (_, response) => response.send(200, undefined));
      },
    );
    const [, bound = ''] = (phone.contacts[0] ?? '').split('/');
    observer({ event: 'ready', role: 'core', sip: `sip:${bound}` });
    return new CorePhone(options, phone, registrar);
  }

  /** Answers the next call; `patience` in ms, `media` for a call without an offer. */
  async take(patience: number, media?: readonly MediaKind[]): Promise<PhoneCall> {
    return await this.#phone.take(patience, media);
  }

  /**
   * Calls a registered user along its Path, waiting for it to register first; `patience` in ms for each.
   * Rejects with `not-registered`, else as {@link Call.place}.
   *
   * The Path's URI is next hop and Request-URI at once: the SIP server below takes no Route from us, and
   * the flow token, which is what counts for the edge, stands in it either way. By that the edge finds the UE's Contact,
   * once it has our 200: a call without a `pause` (ms) may overtake that.
   */
  async callRegistered(
    user: string,
    { pause = 0, ...options }: CallingOptions & { pause?: number },
  ): Promise<PhoneCall> {
    const binding = await this.#registrar.binding(user, options.patience);
    if (pause > 0) await delay(pause);
    const next = withoutParameters(binding.path[0] ?? binding.contact, ['lr', 'ob']);
    const { domain } = this.#options;
    return await this.#phone.place({
      ...options,
      uri: next,
      proxy: next,
      headers: { From: `<sip:core@${domain}>`, To: `<sip:${user}@${domain}>` },
    });
  }

  async close(): Promise<void> {
    this.#registrar.close();
    await this.#phone.close();
  }
}

class AcceptingRegistrar {
  readonly #observer: Observer;
  readonly #bindings = new Map<string, AcceptedBinding>();
  readonly #changes = new EventEmitter<{ registered: [] }>();
  readonly #closing = new AbortController();

  constructor(observer: Observer) {
    this.#observer = observer;
    this.#changes.setMaxListeners(0);
  }

  register(request: IncomingRequest, response: ResponseSender): void {
    const aor = request.getParsedHeader('to').uri;
    const user = parseSipUri(aor)?.user;
    const [contact] = request.has('Contact') ? request.getParsedHeader('contact') : [];
    if (user === undefined || contact === undefined) {
      response.send(400, undefined);
      return;
    }
    const expires = Number(contact.params['expires'] ?? request.get('Expires') ?? defaultExpires);
    const path = request.get('Path');
    const headers = {
      Contact: `<${contact.uri}>;expires=${expires}`,
      ...(path !== undefined && { Path: path, Supported: 'path' }),
    };
    response.send(200, undefined, { headers });
    if (expires === 0) this.#forget(user, aor);
    else this.#remember(user, aor, { contact: contact.uri, path: urisOf(path ?? '') }, expires);
  }

  async binding(user: string, patience: number): Promise<AcceptedBinding> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(patience)]);
    try {
      for (;;) {
        const known = this.#bindings.get(user);
        if (known !== undefined) return known;
        await once(this.#changes, 'registered', { signal });
      }
    } catch {
      throw new EdgeError('not-registered', `${user} did not register within ${Math.round(patience / 1000)} s.`);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  #remember(user: string, aor: string, binding: AcceptedBinding, expires: number): void {
    if (this.#bindings.size >= maxBindings && !this.#bindings.has(user)) return;
    this.#bindings.set(user, binding);
    const path = binding.path.join(', ');
    this.#observer({ event: 'registered', aor, expires, contact: binding.contact, path });
    this.#changes.emit('registered');
  }

  #forget(user: string, aor: string): void {
    if (this.#bindings.delete(user)) this.#observer({ event: 'unregistered', aor });
  }
}

function urisOf(header: string): string[] {
  return [...header.matchAll(/<([^>]+)>/g)].map(([, uri = '']) => uri);
}

function withoutParameters(uri: string, names: readonly string[]): string {
  const [address = '', ...params] = uri.split(';');
  return [address, ...params.filter((param) => !names.includes(param.split('=', 1)[0]?.toLowerCase() ?? ''))].join(';');
}
