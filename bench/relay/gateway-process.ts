/**
 * The process that is measured: edge80's TCP gateway with its streams, and nothing else of edge80. Standard input:
 * one line with the anchors' ports, then each further line asks for the counters; prints its port first.
 */
import { createInterface } from 'node:readline';
import { choosePlane } from '../../lib/gateway/plane-choice';
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import { createLogger } from '../../lib/ops/logger';

interface Settings {
  plane: 'native' | 'node';
  threads: number;
  pwd: string;
}

async function main({ plane, threads, pwd }: Settings): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const ports = String((await lines.next()).value)
    .split(' ')
    .map(Number);
  const logger = createLogger('warn');
  const gateway = new TcpGateway({
    listen: [{ address: '127.0.0.1', port: 0 }],
    advertised: [],
    logger,
    plane: choosePlane(plane, threads, logger),
    // Streams of the bench may wait for their turn.
    limits: { silentMs: 3_600_000 },
  });
  await gateway.listen();
  ports.forEach((port, line) => {
    const anchor = { address: '127.0.0.1', port };
    gateway.addStream({ ufrag: `bench${line}`, pwd, anchor, content: 'rtp', kind: 'audio', call: 'bench', line });
  });
  process.stdout.write(`${gateway.address()[0]?.port ?? 0}\n`);
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    process.stdout.write(`${JSON.stringify(gateway.counters())}\n`);
  }
  await gateway.close();
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
