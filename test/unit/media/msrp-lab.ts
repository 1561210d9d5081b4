import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { pino } from 'pino';
import type { AdvertisedAddress, MsrpStream } from '../../../lib/gateway/stream';
import type { Fallback } from '../../../lib/media/fallback';
import type { MediaPlaces } from '../../../lib/media-places';
import { MsrpBridges, type BridgesSide } from '../../../lib/msrp/bridges';
import type { ShareLimits } from '../../../lib/shares/limits';
import type { MsrpLimits } from '../../../lib/msrp/limits';
import { anchorWith, FakeGateway } from './fixtures';

export const ueAddress = '127.0.0.2';
export const ue = { address: ueAddress };
export const ice = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
export const accepts = 'a=accept-types:text/plain message/cpim';
export const uePath = 'msrp://10.0.0.5:7777/ueSession;tcp';

export const sdp = (...lines: string[]) =>
  ['v=0', 'o=x 1 1 IN IP4 127.0.0.9', 's=-', 'c=IN IP4 127.0.0.3', 't=0 0', ...lines, ''].join('\r\n');
export const message = (port: number, path: string, ...lines: string[]) => [
  `m=message ${port} TCP/MSRP *`,
  accepts,
  `a=path:${path}`,
  ...lines,
];
export const ueOffer = sdp(...message(9, uePath, 'a=setup:actpass', ...ice));

export const section = (text: string, line = 0) => {
  const lines = text.split(/\r\n(?=m=)/)[line + 1]?.split('\r\n') ?? [];
  return lines.filter((each) => each !== '');
};
export const attribute = (text: string, name: string, line = 0) =>
  section(text, line)
    .find((each) => each.startsWith(`a=${name}:`))
    ?.slice(name.length + 3);

export const send = (to: string, from: string, body: string) =>
  `MSRP tid1 SEND\r\nTo-Path: ${to}\r\nFrom-Path: ${from}\r\nMessage-ID: 1\r\nContent-Type: text/plain\r\n\r\n${body}\r\n-------tid1$\r\n`;

/** A core that listens, and the connection that comes to it. */
export interface ListeningCore {
  port: number;
  arrived: Promise<Socket>;
}

export interface MsrpLabOptions {
  limits?: Partial<MsrpLimits>;
  access?: Partial<BridgesSide>;
  core?: Partial<BridgesSide>;
  /** What UEs are shown; default: IPv4 alone. */
  advertised?: readonly AdvertisedAddress[];
  fallback?: Fallback;
  /** Default: loopback is where the core is. */
  places?: MediaPlaces;
  shares?: ShareLimits;
}

/** A media anchor whose MSRP is real but for the gateway, and peers on loopback. */
export class MsrpLab {
  readonly gateway: FakeGateway;
  readonly bridges: MsrpBridges;
  readonly opened: (Socket | Server | Duplex)[] = [];
  readonly around: ReturnType<typeof anchorWith>;

  constructor({ limits = {}, access = {}, core = {}, advertised, fallback, places, shares }: MsrpLabOptions = {}) {
    this.gateway = new FakeGateway(advertised);
    const ports = { first: 46_200, last: 46_299 };
    this.bridges = new MsrpBridges({
      sides: {
        access: { addresses: ['127.0.0.1'], ports, ...access },
        core: { addresses: ['127.0.0.3'], ports, ...core },
      },
      logger: pino({ level: 'silent' }),
      limits,
    });
    const shown = {
      access: [...new Set(this.gateway.advertised.map(({ address }) => address))],
      core: core.addresses ?? ['127.0.0.3'],
    };
    this.around = anchorWith({
      gateway: this.gateway,
      msrp: { open: () => this.bridges.open(), shown },
      ...(places && { places }),
      ...(fallback && { fallback }),
      ...(shares && { shares }),
    });
  }

  async listeningCore(host = '127.0.0.3'): Promise<ListeningCore> {
    const server = createServer();
    this.opened.push(server);
    server.listen(0, host);
    await once(server, 'listening');
    const arrived = once(server, 'connection').then(([socket]: Socket[]) => {
      this.opened.push(socket!);
      return socket!;
    });
    return { port: (server.address() as AddressInfo).port, arrived };
  }

  async dial(host: string, port: number, localAddress: string): Promise<Socket> {
    const socket = connect({ host, port, localAddress });
    this.opened.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** The UE's end of the stream that the gateway carries. */
  overGateway(line = 0): Duplex {
    const stream = [...this.gateway.streams.values()].find((each) => each.line === line) as unknown as MsrpStream;
    const [ours, theirs] = duplexPair();
    this.opened.push(ours, theirs);
    ours.once('close', () => theirs.destroy());
    theirs.once('end', () => theirs.end());
    stream.opened(ours);
    return theirs;
  }

  /** Nothing may be left of any call. */
  async close(): Promise<void> {
    await this.around.anchor.close();
    for (const each of this.opened) {
      if ('destroy' in each) each.destroy();
      else each.close();
    }
    expect(this.bridges.counters()).toMatchObject({ open: 0, listening: { access: 0, core: 0 } });
    expect(this.gateway.ufrags()).toEqual([]);
  }
}

export async function read(from: Duplex, length: number): Promise<string> {
  let text = '';
  for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (text.length >= length) break;
  }
  return text;
}

/** Whatever is written on one end comes out on the other. */
export async function passes(from: Duplex, to: Duplex, written: string, expected = written): Promise<void> {
  from.write(written);
  expect(await read(to, expected.length)).toBe(expected);
}
