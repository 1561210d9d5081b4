import { spawn } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { CallTable } from '../../../lib/calls/call-table';
import { Srf } from '../../../lib/drachtio/srf';
import { EmbeddedEdge } from '../../../lib/embedded/embedded-edge';
import { createLogger } from '../../../lib/ops/logger';
import type { SipTimers } from '../../../lib/sip/call-session';
import { startPcscf } from '../../../lib/sip/pcscf';
import { FakeAnchor } from './fake-anchor';
import { freePort, SipPeer } from './sip-peer';

const secret = 'test-secret';

/**
 * For what needs an app's CANCEL of a re-INVITE to be sent: drachtio-server 0.9.10 refuses it ("unable to cancel
 * unknown transaction id"), so that there the re-INVITE goes on until the far end answers it.
 */
export const testCancelOfReinvite = (name: string, body: () => Promise<void>): void => {
  if (process.env['DRACHTIO_BIN'] === undefined) test(name, body);
  else test.skip(`${name} (SKIPPED: drachtio-server does not cancel a re-INVITE)`, body);
};

/** A P-CSCF over a SIP server, with a fake anchor: the embedded edge, or the drachtio-server of DRACHTIO_BIN. */
export class TestEdge {
  readonly anchor = new FakeAnchor();
  readonly calls = new CallTable({ maxCalls: 10 });
  readonly log: string[] = [];
  readonly access: { address: string; port: number };
  readonly core: { address: string; port: number };
  readonly srf: Srf;
  readonly #pcscf: { close(): Promise<void> };
  readonly #peers: SipPeer[] = [];
  readonly #server: { stop(): Promise<void> };
  readonly #link: LinkRelay;
  readonly coreNextHop: SipPeer;

  private constructor(
    at: { access: { address: string; port: number }; core: { address: string; port: number } },
    server: { adminPort: number; stop(): Promise<void> },
    link: LinkRelay,
    coreNextHop: SipPeer,
    timers: Partial<SipTimers>,
  ) {
    this.access = at.access;
    this.core = at.core;
    this.#server = server;
    this.#link = link;
    this.coreNextHop = coreNextHop;
    this.#peers.push(coreNextHop);
    const sink = new Writable({
      write: (line: Buffer, _encoding, done) => {
        this.log.push(line.toString());
        done();
      },
    });
    const logger = createLogger('debug', sink);
    this.srf = new Srf({ host: '127.0.0.1', port: link.port, secret, retryMaxDelay: 200 });
    this.#pcscf = startPcscf({
      srf: this.srf,
      anchor: this.anchor,
      calls: this.calls,
      settings: {
        accessContacts: [contact(at.access)],
        coreContacts: [contact(at.core)],
        coreNextHop: `sip:${coreNextHop.address}:${coreNextHop.port}`,
        flowTokenKeys: ['first-flow-token-key', 'other-flow-token-key'],
        timers,
      },
      logger,
    });
  }

  static async start(timers: Partial<SipTimers> = {}): Promise<TestEdge> {
    const access = { address: '127.2.0.1', port: await freePort('127.2.0.1') };
    const core = { address: '127.1.0.1', port: await freePort('127.1.0.1') };
    const binary = process.env['DRACHTIO_BIN'];
    const contacts = [contact(access), contact(core)];
    const server = binary ? await realServer(binary, contacts) : await embeddedServer(contacts);
    const coreNextHop = await SipPeer.udp('127.1.0.2', core);
    const link = await LinkRelay.open(server.adminPort);
    const edge = new TestEdge({ access, core }, server, link, coreNextHop, timers);
    edge.srf.connect();
    await once(edge.srf, 'connect');
    await edge.#routed();
    return edge;
  }

  /** The server may read the app's routes after the first request of a peer: it answers 503 until then. */
  async #routed(): Promise<void> {
    for (let status = 503; status === 503;) {
      this.coreNextHop.request('OPTIONS', `sip:${this.core.address}:${this.core.port}`);
      ({ status } = await this.coreNextHop.next((message) => message.status > 0 && message.method === 'OPTIONS'));
    }
  }

  /** A UE with one TCP connection to the access contact. */
  async ue(): Promise<SipPeer> {
    const peer = await SipPeer.tcp('127.2.0.2', this.access);
    this.#peers.push(peer);
    return peer;
  }

  async udpUe(): Promise<SipPeer> {
    const peer = await SipPeer.udp('127.2.0.2', this.access);
    this.#peers.push(peer);
    return peer;
  }

  /** Registers and returns the Path that the core got. */
  async register(ue: SipPeer, extra: Record<string, string> = {}): Promise<string> {
    ue.request('REGISTER', 'sip:ims.example', { Contact: `${ue.contact};expires=600`, ...extra });
    const register = await this.coreNextHop.next('REGISTER');
    this.coreNextHop.respond(register, 200, { Contact: register.header('Contact') });
    await ue.next('200 REGISTER');
    return register.header('Path');
  }

  /** Cuts the app's link to the server, as a crash would; it may come back at once. */
  cutLink(): void {
    this.#link.cut();
  }

  async closePcscf(): Promise<void> {
    await this.#pcscf.close();
  }

  async close(): Promise<void> {
    await this.#pcscf.close();
    this.srf.close();
    for (const peer of this.#peers) peer.close();
    this.#link.close();
    await this.#server.stop();
  }
}

/** Stands between the app and the server, so that their link can be cut. */
class LinkRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(adminPort: number) {
    this.#server = createServer((near) => {
      const far = connect(adminPort, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => undefined);
        from.on('data', (bytes) => to.write(bytes));
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async open(adminPort: number): Promise<LinkRelay> {
    const relay = new LinkRelay(adminPort);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

function contact({ address, port }: { address: string; port: number }): string {
  return `sip:${address}:${port};transport=udp,tcp`;
}

async function embeddedServer(contacts: string[]) {
  const logger = createLogger('silent');
  const edge = await EmbeddedEdge.start({ contacts, admin: { host: '127.0.0.1', port: 0 }, secret, logger });
  return { adminPort: edge.adminPort, stop: () => edge.close() };
}

async function realServer(binary: string, contacts: string[]) {
  const adminPort = await freePort('127.0.0.1');
  const folder = mkdtempSync(join(tmpdir(), 'edge80-sip-'));
  const file = join(folder, 'drachtio.conf.xml');
  writeFileSync(file, '<drachtio><admin port="9022" secret="x">127.0.0.1</admin><sip><contacts/></sip></drachtio>');
  const args = ['--file', file, '--address', '127.0.0.1', '--port', String(adminPort), '--secret', secret, '--stdout'];
  const child = spawn(binary, [...args, '--loglevel', 'notice', ...contacts.flatMap((each) => ['--contact', each])], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await servesSip(adminPort))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${binary} ended at its start`);
    await setTimeout(50);
  }
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true });
  };
  return { adminPort, stop };
}

/** Whether drachtio-server names the addresses that it serves SIP on; it takes apps a little before. */
async function servesSip(adminPort: number): Promise<boolean> {
  const socket = connect(adminPort, '127.0.0.1');
  try {
    await once(socket, 'connect');
    const payload = `ready|authenticate|${secret}|`;
    socket.write(`${payload.length}#${payload}`);
    const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
    return /\|OK\|\w+\//.test(answer.toString());
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
