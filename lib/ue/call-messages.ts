import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { EdgeError } from '../errors';
import type { MsrpSetup } from '../sdp/msrp-line';
import { hostPort } from '../wire/sip-uri';
import type { PathName } from './candidate-pair';
import type { LocalStream, RemoteStream } from './description';
import type { MsrpConnection } from './msrp-connection';
import { MsrpEndpoint } from './msrp-endpoint';
import type { MsrpReceived } from './msrp-incoming';
import type { MsrpMessage } from './msrp-outgoing';
import { fingerprintOf, secured, type MsrpCertificate } from './msrp-tls';
import type { MsrpReport, MsrpTransfer } from './report';
import type { Observer } from './ue-event';

export interface CallMessagesOptions {
  /** Our address, as it stands in our path. */
  address: string;
  observer: Observer;
  /** Whether we do ICE. */
  ice: boolean;
  /** Says a=msrp-cema. */
  cema?: boolean | undefined;
  /** What we offer instead of actpass, and answer to actpass instead of active. */
  setup?: 'active' | 'passive' | undefined;
  /** TCP/TLS/MSRP instead of TCP/MSRP. */
  certificate?: MsrpCertificate | undefined;
  /** A piece of a message's content came, in order. */
  body?: ((messageId: string, bytes: Buffer) => void) | undefined;
  /** A message arrived whole. */
  message?: ((received: MsrpReceived) => void) | undefined;
  /** Prepares the connection of a line; `ice` is false where the peer's offer has none, `listens` where we shall connect. */
  open: (line: number, options: { ice: boolean; listens: boolean }) => Promise<MsrpConnection>;
}

/** One MSRP session, as negotiated so far. */
interface MessageSession {
  line: number;
  connection: MsrpConnection;
  path: string;
  setup: MsrpSetup;
  /** By which a later description of the peer's is told to mean this session. */
  peer: string | undefined;
  endpoint: Promise<MsrpEndpoint> | undefined;
  opened: { endpoint: MsrpEndpoint; stream: Duplex } | undefined;
  isOver: boolean;
}

/** ms to wait until what was written has left, before the connection is closed all the same. */
const closePatience = 5000;

/** The MSRP stream of one call: one session at a time (RFC 4975 §8). */
export class CallMessages {
  readonly #options: CallMessagesOptions;
  #session: MessageSession | undefined;
  #path: PathName | undefined;
  readonly #sent: MsrpTransfer[] = [];
  readonly #received: MsrpTransfer[] = [];
  #wasOpen = false;
  #isClosed = false;

  constructor(options: CallMessagesOptions) {
    this.#options = options;
  }

  /** MSRP over TLS if we have a certificate, else without. */
  speaks({ msrp }: RemoteStream): boolean {
    return msrp?.isTls === (this.#options.certificate !== undefined);
  }

  /** Our offer shall have the stream: the session that there is goes on, if it is not over. */
  async prepareOffer(line: number): Promise<void> {
    const setup = this.#options.setup ?? 'actpass';
    const known = this.#current();
    if (known !== undefined) known.setup = setup;
    else await this.#open(line, setup, true);
  }

  /** Our answer shall have the stream (RFC 6135 §4.2.2). */
  async prepareAnswer(remote: RemoteStream): Promise<void> {
    const setup = this.#answer(remote);
    const known = this.#current();
    if (known !== undefined && (known.peer === undefined || known.peer === identityOf(remote))) known.setup = setup;
    else await this.#open(remote.line, setup, remote.ice !== undefined);
  }

  /** What our offer or answer says; undefined if the stream is dropped. */
  local(line: number): LocalStream | undefined {
    const session = this.#session;
    if (session?.line !== line) return undefined;
    const { certificate, cema = false } = this.#options;
    return {
      kind: 'message',
      direction: 'sendrecv',
      transport: certificate === undefined ? 'TCP/MSRP' : 'TCP/TLS/MSRP',
      ...session.connection.local(),
      msrp: {
        path: session.path,
        setup: session.setup,
        hasCema: cema,
        fingerprint: certificate && fingerprintOf(certificate),
      },
    };
  }

  /** Learns the peer's side and connects, once for a session. Rejects with `no-path`, `tls-failed` or `closed`. */
  async connect(remote: RemoteStream): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    session.peer ??= identityOf(remote);
    session.endpoint ??= this.#connected(session, remote);
    session.endpoint.catch(() => (session.isOver = true));
    await session.endpoint;
  }

  /** Sends once the session has its connection; rejects as {@link connect} and {@link MsrpEndpoint.send}. */
  async send(message: MsrpMessage & { sha256: string }, progress?: (bytes: number) => void): Promise<void> {
    const endpoint = await this.#session?.endpoint;
    if (endpoint === undefined) throw new EdgeError('no-msrp', 'The call has no MSRP to send by.');
    await endpoint.send(message, progress);
    const sent = { bytes: message.size, sha256: message.sha256 };
    this.#sent.push(sent);
    this.#options.observer({ event: 'msrp-sent', ...sent });
  }

  /** The session ends; a later offer may bring a new one. */
  drop(): void {
    void this.conclude();
    this.#session = undefined;
  }

  /** The session ends: resolves when what was written has left. */
  async conclude(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    session.isOver = true;
    if (session.opened !== undefined) {
      const { endpoint, stream } = session.opened;
      const left = stream.closed ? undefined : once(stream, 'close').catch(() => undefined);
      endpoint.close();
      await Promise.race([left, delay(closePatience, undefined, { ref: false })]);
    }
    session.connection.close();
  }

  /** Null if the call never had MSRP. */
  report(): MsrpReport | null {
    if (!this.#wasOpen) return null;
    return { path: this.#path ?? null, sent: [...this.#sent], received: [...this.#received] };
  }

  close(): void {
    this.#isClosed = true;
    const session = this.#session;
    this.drop();
    session?.connection.close();
  }

  /** The session that there is, unless its connection was lost. */
  #current(): MessageSession | undefined {
    return this.#session?.isOver === true ? undefined : this.#session;
  }

  #answer({ msrp, ice }: RemoteStream): 'active' | 'passive' {
    if (msrp?.setup === 'passive') return 'active';
    if (msrp?.setup !== 'actpass') return 'passive';
    // Who offers ICE does not know yet that we do none, and speaks no plain MSRP at the port offered.
    return this.#options.setup ?? (this.#options.ice || ice === undefined ? 'active' : 'passive');
  }

  async #open(line: number, setup: MsrpSetup, ice: boolean): Promise<void> {
    this.drop();
    const connection = await this.#options.open(line, { ice, listens: setup !== 'active' });
    if (this.#isClosed) {
      connection.close();
      throw new EdgeError('closed', 'The call ended before its MSRP was set up.');
    }
    const { address, certificate } = this.#options;
    const scheme = certificate === undefined ? 'msrp' : 'msrps';
    const path = `${scheme}://${hostPort(address, connection.local().port)}/${randomBytes(10).toString('hex')};tcp`;
    const undecided = { peer: undefined, endpoint: undefined, opened: undefined, isOver: false };
    this.#session = { line, connection, path, setup, ...undecided };
    this.#wasOpen = true;
  }

  async #connected(session: MessageSession, remote: RemoteStream): Promise<MsrpEndpoint> {
    const { observer, certificate } = this.#options;
    const { connection, line, path } = session;
    const active = session.setup === 'active' || (session.setup === 'actpass' && remote.msrp?.setup !== 'active');
    const plain = await connection.connect(remote, active);
    const fingerprint = remote.msrp?.fingerprint;
    const stream = certificate === undefined ? plain : await secured(plain, certificate, { active, fingerprint });
    if (session.isOver) throw new EdgeError('closed', 'The call ended before its MSRP was connected.');
    this.#path = connection.path;
    const endpoint = new MsrpEndpoint({ stream, path, peerPath: remote.msrp?.path.join(' ') ?? '', active });
    session.opened = { endpoint, stream };
    this.#listen(session, endpoint);
    observer({ event: 'msrp-open', line, path: connection.path ?? null });
    return endpoint;
  }

  #listen(session: MessageSession, endpoint: MsrpEndpoint): void {
    const { observer, body, message } = this.#options;
    endpoint.on('body', (messageId, bytes) => body?.(messageId, bytes));
    endpoint.on('message', (received) => {
      const { bytes, sha256, contentType } = received;
      this.#received.push({ bytes, sha256 });
      observer({ event: 'msrp-received', bytes, sha256, contentType });
      message?.(received);
    });
    endpoint.on('closed', (reason) => {
      session.isOver = true;
      observer({ event: 'msrp-closed', line: session.line, reason });
    });
  }
}

function identityOf({ ice, msrp }: RemoteStream): string {
  return `${ice?.ufrag ?? ''} ${msrp?.path.join(' ') ?? ''}`;
}
