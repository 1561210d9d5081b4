import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EdgeError } from '../errors';
import { parseMsrpUri } from '../msrp/msrp-uri';
import type { TransportAddress } from '../ice/transport-address';
import { discardPort } from '../sdp/discard-place';
import { withResolvers } from '../with-resolvers';
import type { PathName } from './candidate-pair';
import type { IceDescription, RemoteStream } from './description';
import { IceSession, type IceSessionOptions } from './ice-session';
import { closeReason, openSocket } from './open-socket';

/** What brings about the connection of one MSRP stream. */
export interface MsrpConnection {
  /** What the offer or answer says of the stream. */
  local(): { port: number; ice?: IceDescription };
  /** Resolves with the connection, once; rejects with `no-path` or `closed`. `active`: we connect (RFC 6135 §4.2). */
  connect(remote: RemoteStream, active: boolean): Promise<Duplex>;
  readonly path: PathName | undefined;
  close(): void;
}

/** Over ICE-TCP we always connect, whatever a=setup says (RFC 6544 §4.5); a peer without ICE has to listen. */
export class IceMsrpConnection implements MsrpConnection {
  readonly #line: number;
  readonly #address: string;
  readonly #session: IceSession;
  readonly #bytes: Promise<Duplex>;
  #plain: PlainMsrpConnection | undefined;

  private constructor(line: number, address: string, session: IceSession, bytes: Promise<Duplex>) {
    this.#line = line;
    this.#address = address;
    this.#session = session;
    this.#bytes = bytes;
  }

  static async open(
    options: Omit<IceSessionOptions, 'carries' | 'lines'> & { line: number },
  ): Promise<IceMsrpConnection> {
    const { line, address } = options;
    const bytes = withResolvers<Duplex>();
    const session = await IceSession.open({ ...options, lines: [line], carries: { bytes: bytes.resolve } });
    return new IceMsrpConnection(line, address, session, bytes.promise);
  }

  get path(): PathName | undefined {
    return this.#plain?.path ?? this.#session.path(this.#line);
  }

  local(): { port: number; ice: IceDescription } {
    return this.#session.local(this.#line);
  }

  async connect(remote: RemoteStream, active: boolean): Promise<Duplex> {
    if (remote.ice === undefined) {
      if (!active) throw new EdgeError('no-path', 'The peer does no ICE for MSRP and does not listen either.');
      this.#plain = await PlainMsrpConnection.open(this.#address, false);
      return await this.#plain.connect(remote, true);
    }
    await this.#session.connect([remote]);
    return await this.#bytes;
  }

  close(): void {
    this.#plain?.close();
    this.#session.close();
  }
}

/** Plain TCP: listens or connects as a=setup says. */
export class PlainMsrpConnection implements MsrpConnection {
  readonly #address: string;
  readonly #server: Server | undefined;
  readonly #accepted = withResolvers<Socket>();
  readonly #port: number;
  readonly #stop = new AbortController();
  #socket: Socket | undefined;

  private constructor(address: string, server: Server | undefined) {
    this.#address = address;
    this.#server = server;
    this.#port = server === undefined ? discardPort : (server.address() as AddressInfo).port;
    this.#accepted.promise.catch(() => undefined);
    server?.on('connection', (socket) => {
      socket.on('error', () => undefined);
      if (this.#socket !== undefined || this.#stop.signal.aborted) {
        socket.destroy();
        return;
      }
      this.#socket = socket;
      this.#accepted.resolve(socket);
    });
  }

  /** @param listens whether the peer may connect to us. Rejects with `address-unusable`. */
  static async open(address: string, listens: boolean): Promise<PlainMsrpConnection> {
    if (!listens) return new PlainMsrpConnection(address, undefined);
    const server = createServer({ noDelay: true });
    try {
      server.listen(0, address);
      await once(server, 'listening');
    } catch (cause) {
      throw new EdgeError('address-unusable', `TCP cannot listen on ${address}.`, { cause });
    }
    server.on('error', () => undefined);
    return new PlainMsrpConnection(address, server);
  }

  get path(): PathName | undefined {
    const { remotePort } = this.#socket ?? {};
    return remotePort === undefined ? undefined : `tcp${this.#server === undefined ? remotePort : this.#port}`;
  }

  local(): { port: number } {
    return { port: this.#port };
  }

  async connect(remote: RemoteStream, active: boolean): Promise<Duplex> {
    if (!active) return await this.#accepted.promise;
    this.#server?.close();
    const { address, port } = placeOf(remote);
    const { signal } = this.#stop;
    const opening = openSocket({ host: address, port, local: this.#address, signal });
    this.#socket = await opening.catch((cause: unknown) => {
      if (signal.aborted) throw closedError();
      const why = closeReason(cause as Error);
      throw new EdgeError('no-path', `No path for MSRP: TCP to ${address} port ${port}: ${why}.`, { cause });
    });
    if (signal.aborted) this.#socket.destroy();
    return this.#socket.on('error', () => undefined);
  }

  close(): void {
    this.#stop.abort();
    this.#server?.close();
    this.#socket?.destroy();
    this.#accepted.reject(closedError());
  }
}

/** A peer with CEMA is where c= and m= say (RFC 6714 §6.2), any other where its path does (RFC 4975 §8.2). */
function placeOf({ rtp, msrp }: RemoteStream): TransportAddress {
  const uri = msrp?.hasCema === true ? undefined : parseMsrpUri(msrp?.path[0] ?? '');
  return uri?.port === undefined ? rtp : { address: uri.host, port: uri.port };
}

function closedError(): EdgeError {
  return new EdgeError('closed', 'The call ended before its MSRP was connected.');
}
