/**
 * The process that is measured: edge80's TCP gateway with its streams, and nothing else of edge80. Standard input:
 * one line with the anchors' ports, then each further line asks for the counters; prints its port first.
 */
import { createInterface } from 'node:readline';
import { choosePlane } from '../../lib/gateway/plane-choice';
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import type { TransportAddress } from '../../lib/ice/transport-address';
import { createLogger, type Logger } from '../../lib/ops/logger';
import { TurnServer } from '../../lib/turn/turn-server';

const host = '127.0.0.1';

interface Settings {
  plane: 'native' | 'node';
  carries: 'ice' | 'turn';
  threads: number;
  pwd: string;
}

async function main({ plane, carries, threads, pwd }: Settings): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const ports = String((await lines.next()).value)
    .split(' ')
    .map(Number);
  const logger = createLogger('warn');
  const gateway = new TcpGateway({
    listen: [{ address: host, port: 0 }],
    advertised: [],
    logger,
    plane: choosePlane(plane, threads, logger),
    ...(carries === 'turn' && { relays: turnServer(ports, pwd, logger) }),
    // Streams of the bench may wait for their turn.
    limits: { silentMs: 3_600_000 },
  });
  await gateway.listen();
  ports.forEach((port, line) => {
    const anchor = { address: host, port };
    gateway.addStream({ ufrag: `bench${line}`, pwd, anchor, content: 'rtp', kind: 'audio', call: 'bench', line });
  });
  process.stdout.write(`${gateway.address()[0]?.port ?? 0}\n`);
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    process.stdout.write(`${JSON.stringify(gateway.counters())}\n`);
  }
  await gateway.close();
}

/** As if each of the ports had been told to the user who has its number. */
function turnServer(ports: readonly number[], secret: string, logger: Logger): TurnServer {
  const lines = new Map(ports.map((port, line) => [port, line]));
  const usersAt = ({ port }: TransportAddress) => {
    const line = lines.get(port);
    return line === undefined ? undefined : [`bench${line}`];
  };
  return new TurnServer({
    credentials: { realm: 'bench', secret },
    places: { usersAt, iceAt: () => undefined, hasAddress: () => true, onForgotten: () => undefined },
    advertised: [host],
    boundAt: (advertised) => advertised,
    logger,
    // All streams come from one place.
    limits: { allocations: ports.length, allocationsOfSource: ports.length },
  });
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
