import { spawn, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../../app/demo/processes';
import { SrtpSender } from './srtp';

const loopback = '127.0.0.1';

/** A self-signed certificate in a directory of its own. */
export class Certificate {
  /** As in a=fingerprint (RFC 8122 §5). */
  readonly fingerprint: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.fingerprint = `sha-256 ${new X509Certificate(readFileSync(this.path)).fingerprint256}`;
  }

  static async make(): Promise<Certificate> {
    const directory = mkdtempSync(join(tmpdir(), 'e80-first-second-'));
    const [key, path] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await runTool('openssl', ['req', '-x509', ...kind, '-subj', '/CN=ue', '-days', '1', '-keyout', key, '-out', path]);
    return new Certificate(directory);
  }

  get path(): string {
    return join(this.#directory, 'cert.pem');
  }

  get keyPath(): string {
    return join(this.#directory, 'key.pem');
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** OpenSSL's DTLS server for one handshake, without a way to the peer: what is `sent` is to be carried there. */
export class DtlsServer extends EventEmitter<{ ready: []; sent: [Buffer]; up: [material: Buffer] }> {
  readonly #program: ChildProcess;
  readonly #socket: Socket;
  readonly #port: number;

  private constructor(program: ChildProcess, socket: Socket, port: number) {
    super();
    this.#program = program;
    this.#socket = socket;
    this.#port = port;
    socket.on('message', (packet) => this.emit('sent', packet));
    let told = '';
    program.stdout?.on('data', (chunk: Buffer) => {
      told += chunk.toString('latin1');
      if (told.includes('ACCEPT')) this.emit('ready');
      const material = /Keying material: ([0-9A-F]+)\r?\n/.exec(told)?.[1];
      if (material === undefined) return;
      told = '';
      this.emit('up', Buffer.from(material, 'hex'));
    });
  }

  static async start(certificate: Certificate): Promise<DtlsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, loopback);
    await once(socket, 'listening');
    const port = await freePort();
    const at = ['-accept', `${loopback}:${port}`, '-cert', certificate.path, '-key', certificate.keyPath];
    const keys = ['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', String(SrtpSender.materialBytes)];
    const args = ['s_server', '-dtls1_2', ...at, '-use_srtp', 'SRTP_AES128_CM_SHA1_80', '-verify', '1', ...keys];
    // With its input closed it would end.
    const program = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const server = new DtlsServer(program, socket, port);
    await once(server, 'ready');
    return server;
  }

  /** From the peer. */
  received(packet: Buffer): void {
    this.#socket.send(packet, this.#port, loopback);
  }

  close(): void {
    this.#socket.close();
    this.#program.kill();
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, loopback);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
