import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { rtpengineSessions } from './rtpengine-sessions';
import { MeasuredProcess, type CpuTime } from './measured-process';
import { UdpPeer, type Address } from './udp-peer';

/** `plain`: edge80 without ladders, metrics and records, which `edge80` has all of. */
export const otherNames = ['bare', 'plain'] as const;
export type OtherName = (typeof otherNames)[number];
export type SystemName = 'edge80' | OtherName;

export const partNames = ['app', 'server', 'rtpengine'] as const;
export type PartName = (typeof partNames)[number];
export type PerPart<T> = Record<PartName, T>;

export interface SystemOptions {
  /** Program of drachtio-server; unset: the embedded edge. */
  drachtio: string | undefined;
  rtpengine: string;
  /** The registrar gives a Service-Route, so that edge80's INVITEs go through its egress relay. */
  serviceRoute: boolean;
  /** Where CPU profiles of the apps are written to; unset: none are. */
  profileTo: string | undefined;
}

/** One of the two that are compared: its app, its SIP server and its rtpengine, on loopback addresses of their own. */
export class System {
  readonly name: SystemName;
  readonly caller: Address;
  readonly callee: Address;
  readonly access: Address;
  readonly #ng: Address;
  readonly #parts: PerPart<MeasuredProcess>;
  #isReady = false;

  private constructor(name: SystemName, at: (host: string, port: number) => Address, parts: PerPart<MeasuredProcess>) {
    this.name = name;
    this.access = at('0.1', 5060);
    this.caller = at('0.2', 5070);
    this.callee = at('1.2', 5060);
    this.#ng = at('0.9', 2223);
    this.#parts = parts;
  }

  /** Resolves when it takes calls. */
  static async start(name: SystemName, options: SystemOptions): Promise<System> {
    const network = `127.${((randomBytes(1)[0] ?? 0) % 200) + 20}`;
    const at = (host: string, port: number): Address => ({ host: `${network}.${host}`, port });
    const adminPort = 20_000 + ((randomBytes(2).readUInt16BE() % 5000) | 1);
    const secret = randomBytes(16).toString('hex');
    const contacts = [contact(`${network}.0.1`), contact(`${network}.1.1`)];
    const server = startServer(options.drachtio, { contacts, adminPort, secret, network });
    const rtpengine = startRtpengine(options.rtpengine, network);
    const drachtio = { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(adminPort), DRACHTIO_SECRET: secret };
    const app = start[name](network, drachtio, options.profileTo);
    const system = new System(name, at, { app, server, rtpengine });
    try {
      await system.#ready(options.serviceRoute);
    } catch (error) {
      throw system.#whoEnded() ?? error;
    } finally {
      if (!system.#isReady) await system.stop();
    }
    return system;
  }

  /** CPU time since the start of each part. */
  cpuTime(): PerPart<CpuTime> {
    const { app, server, rtpengine } = this.#parts;
    return { app: app.cpuTime(), server: server.cpuTime(), rtpengine: rtpengine.cpuTime() };
  }

  async memory(): Promise<PerPart<number>> {
    const { app, server, rtpengine } = this.#parts;
    return { app: await app.memory(), server: await server.memory(), rtpengine: await rtpengine.memory() };
  }

  /** Calls that rtpengine holds. */
  heldCalls(): Promise<number> {
    return rtpengineSessions(this.#ng);
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    for (const part of Object.values(this.#parts)) await part.stop();
  }

  /** Serves, and the UE that will call is registered. */
  async #ready(serviceRoute: boolean): Promise<void> {
    const ue = await UdpPeer.bind(this.caller);
    const registrar = await UdpPeer.bind(this.callee);
    try {
      const { host, port } = this.callee;
      registrar.acceptRegistrations(serviceRoute ? [`Service-Route: <sip:orig@${host}:${port};lr>`] : []);
      await ue.request('OPTIONS', `sip:${this.access.host}:${this.access.port}`, this.access);
      const contact = `Contact: <sip:ue@${this.caller.host}:${this.caller.port}>;expires=3600`;
      const headers = [contact, 'Supported: path, outbound'];
      if (this.name !== 'bare') await ue.request('REGISTER', 'sip:example.net', this.access, headers);
      this.#isReady = true;
    } finally {
      ue.close();
      registrar.close();
    }
  }

  #whoEnded(): unknown {
    try {
      for (const part of Object.values(this.#parts)) part.requireRunning();
    } catch (error) {
      return error;
    }
    return undefined;
  }
}

/** The one that the project ships; contacts, port and secret are given beside it. */
const configuration = resolve(__dirname, '../../../drachtio.conf.xml');

function contact(host: string): string {
  return `sip:${host}:5060;transport=udp,tcp`;
}

const start: Record<SystemName, typeof startBare> = { edge80: startEdge, bare: startBare, plain: startPlain };

function startServer(
  drachtio: string | undefined,
  { contacts, adminPort, secret, network }: { contacts: string[]; adminPort: number; secret: string; network: string },
): MeasuredProcess {
  if (drachtio === undefined) {
    const environment = { CONTACTS: contacts.join(' '), ADMIN_PORT: String(adminPort), SECRET: secret };
    return MeasuredProcess.node('SIP server', 'bench/signalling/sip-server.js', environment);
  }
  const each = contacts.flatMap((contact, i) => ['--contact', contact, '--local-net', `${network}.${i}.0/24`]);
  const admin = ['--address', '127.0.0.1', '--port', String(adminPort), '--secret', secret];
  return MeasuredProcess.program('drachtio-server', drachtio, ['--file', configuration, '--stdout', ...admin, ...each]);
}

function startRtpengine(program: string, network: string): MeasuredProcess {
  return MeasuredProcess.program('rtpengine', program, [
    ...['--config-file=none', '--foreground', '--log-stderr', '--log-level=4', '--table=-1'],
    ...[`--interface=access/${network}.0.1`, `--interface=core/${network}.1.1`],
    // The bare one over UDP, as its package does by itself.
    ...[`--listen-tcp-ng=${network}.0.9:2223`, `--listen-ng=${network}.0.9:2223`],
    ...['--timeout=86400', '--silent-timeout=86400'],
  ]);
}

/** As it is delivered, with the settings that it needs, and call records. */
function startEdge(network: string, drachtio: Record<string, string>, profileTo?: string): MeasuredProcess {
  const more = { CALL_RECORDS: '/dev/null', ADMIN_LISTEN: `${network}.0.9:8480` };
  return startEdgeWith(more, network, drachtio, profileTo);
}

function startPlain(network: string, drachtio: Record<string, string>, profileTo?: string): MeasuredProcess {
  return startEdgeWith({ LADDERS: 'off', ADMIN_LISTEN: 'off' }, network, drachtio, profileTo);
}

function startEdgeWith(
  more: Record<string, string>,
  network: string,
  drachtio: Record<string, string>,
  profileTo?: string,
): MeasuredProcess {
  const environment = {
    ...more,
    ...drachtio,
    ACCESS_CONTACTS: contact(`${network}.0.1`),
    CORE_CONTACTS: contact(`${network}.1.1`),
    CORE_NEXT_HOP: `sip:${network}.1.2:5060`,
    GATEWAY_ADDRESS: `${network}.0.1`,
    GATEWAY_PORTS: '8080',
    RTPENGINE_URLS: `tcp://${network}.0.9:2223`,
    // 192.0.2.88 is what the callee says of its media.
    CORE_MEDIA: `${network}.0.0/16,192.0.2.88/32`,
    // All calls are one UE's.
    UE_CALLS: '10000',
  };
  return MeasuredProcess.node('edge80', 'app/main.js', environment, profileTo);
}

function startBare(network: string, drachtio: Record<string, string>, profileTo?: string): MeasuredProcess {
  const environment = {
    ...drachtio,
    RTPENGINE_HOST: `${network}.0.9`,
    RTPENGINE_PORT: '2223',
    CORE: `${network}.1.2:5060`,
  };
  return MeasuredProcess.node('bare B2BUA', 'bench/bare-b2bua.js', environment, profileTo);
}
