import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Naming } from '../embedded/contact';
import type { Outbound } from '../embedded/outbound';
import { EdgeError } from '../errors';
import { SocketCarriage, type Carriage } from '../wire/carriage';
import { messageLimits } from '../wire/limits';
import { hostPort } from '../wire/sip-uri';
import { WebSocketCarriage } from '../wire/websocket-carriage';
import { closeReason, openSocket, type HttpProxy } from './open-socket';
import { OpeningCarriage } from './opening-carriage';
import { secured, type TlsOptions } from './secured';

/** What SIP goes over: TCP, and what is named beside. */
export interface SipTransport {
  tls?: TlsOptions | undefined;
  /** RFC 7118; with TLS, secure WebSocket. */
  webSocket?: boolean | undefined;
  proxy?: HttpProxy | undefined;
}

interface EdgeConnectionOptions {
  edge: { host: string; port: number };
  /** Our address; the system's choice unless given. */
  local?: string | undefined;
  transport?: SipTransport | undefined;
}

/** Stands for the address of a host name: that is the system's to look up, or the proxy's. */
const unknownAddress = '0.0.0.0';

/** A UE's connection to its edge, opened anew whenever it is needed and does not stand. */
export class EdgeConnection extends EventEmitter<{ lost: [error: EdgeError] }> implements Outbound {
  readonly remote: Outbound['remote'];
  readonly naming: Naming;
  readonly #options: EdgeConnectionOptions;
  /** The edge, for a person. */
  readonly #name: string;
  #failure: EdgeError | undefined;

  constructor(options: EdgeConnectionOptions) {
    super();
    const { edge, transport = {} } = options;
    this.#options = options;
    this.#name = `The edge at ${hostPort(edge.host, edge.port)}`;
    this.remote = { address: isIP(edge.host) === 0 ? unknownAddress : edge.host, port: edge.port };
    this.naming = namingOf(transport);
  }

  /** Why it could not be opened, if that was so when it was last tried. */
  get failure(): EdgeError | undefined {
    return this.#failure;
  }

  dial(): Carriage {
    // Who gives it up before it stands has had no answer.
    this.#failure = this.#unreachable('no answer');
    return new OpeningCarriage(
      async (signal) => {
        try {
          const carriage = await this.#open(signal);
          this.#failure = undefined;
          return carriage;
        } catch (error) {
          if (!signal.aborted) {
            this.#failure = error instanceof EdgeError ? error : this.#unreachable(closeReason(error as Error), error);
          }
          throw error;
        }
      },
      () => this.emit('lost', this.#failed('edge-unreachable', 'has ended the connection')),
    );
  }

  async #open(signal: AbortSignal): Promise<Carriage> {
    const { edge, local, transport: { tls, webSocket = false, proxy } = {} } = this.#options;
    const tcp = await openSocket({ ...edge, local, proxy, signal });
    const socket = tls === undefined ? tcp : await secured(tcp, { host: edge.host, name: this.#name, tls, signal });
    return webSocket ? await this.#upgraded(socket, signal) : new SocketCarriage(socket);
  }

  async #upgraded(socket: Socket, signal: AbortSignal): Promise<Carriage> {
    const { host, port } = this.#options.edge;
    const webSocket = new WebSocket(`ws://${hostPort(host, port)}/`, 'sip', {
      createConnection: () => socket,
      maxPayload: messageLimits.head + messageLimits.body,
      perMessageDeflate: false,
    });
    try {
      await once(webSocket, 'open', { signal });
    } catch (error) {
      webSocket.on('error', () => undefined);
      webSocket.terminate();
      socket.destroy();
      throw this.#failed('websocket-refused', `takes no SIP over WebSocket: ${closeReason(error as Error)}`, error);
    }
    return new WebSocketCarriage(webSocket);
  }

  #unreachable(reason: string, cause?: unknown): EdgeError {
    return this.#failed('edge-unreachable', `cannot be reached: ${reason}`, cause);
  }

  #failed(code: EdgeError['code'], how: string, cause?: unknown): EdgeError {
    return new EdgeError(code, `${this.#name} ${how}.`, { cause });
  }
}

/** Nobody can connect to who speaks WebSocket: its name is nobody's (RFC 7118 Appendix B.1). */
function namingOf({ tls, webSocket }: SipTransport): Naming {
  const isSecure = tls !== undefined;
  if (webSocket === true) {
    return { via: isSecure ? 'WSS' : 'WS', transport: 'ws', host: `${randomUUID()}.invalid` };
  }
  return isSecure ? { via: 'TLS', transport: 'tls' } : { via: 'TCP', transport: 'tcp' };
}
