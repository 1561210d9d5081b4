/**
 * The process that is measured: edge80's TCP gateway and MSRP bridges, and nothing else of edge80. It prints its port
 * first; each line then, an {@link Opening}, opens it to so many UEs and is answered with the bridges' counters.
 */
import { createInterface } from 'node:readline';
import { choosePlane } from '../../lib/gateway/plane-choice';
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import type { BridgeRewriting } from '../../lib/msrp/bridge';
import { MsrpBridges } from '../../lib/msrp/bridges';
import { createLogger } from '../../lib/ops/logger';
import { shown } from './traffic';

export interface Settings {
  plane: 'native' | 'node';
  pwd: string;
  corePort: number;
}

export interface Opening {
  count: number;
  isRewritten: boolean;
}

const host = '127.0.0.1';
const rewriting: BridgeRewriting = {
  access: { shown: shown.toUe, real: shown.core, from: shown.toCore },
  core: { shown: shown.toCore, real: shown.ue, from: shown.toUe },
};

async function main({ plane, pwd, corePort }: Settings): Promise<void> {
  const logger = createLogger('warn');
  const gateway = new TcpGateway({
    listen: [{ address: host, port: 0 }],
    advertised: [],
    logger,
    plane: choosePlane(plane, 1, logger),
  });
  await gateway.listen();
  const side = { addresses: [host], ports: { first: 20_000, last: 20_999 } };
  const bridges = new MsrpBridges({ sides: { access: side, core: side }, logger });
  process.stdout.write(`${gateway.address()[0]?.port ?? 0}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const { count, isRewritten } = JSON.parse(line) as Opening;
    for (let i = 0; i < count; i++) {
      const bridge = bridges.open();
      if (isRewritten) bridge.rewrite(rewriting);
      const ufrag = `bench${i}`;
      gateway.removeStream(ufrag);
      const opened = bridge.attach.bind(bridge, 'access');
      gateway.addStream({ ufrag, pwd, call: 'bench', line: i, content: 'msrp', opened });
      bridge.connect('core', { address: host, port: corePort });
    }
    process.stdout.write(`${JSON.stringify(bridges.counters())}\n`);
  }
  bridges.close();
  await gateway.close();
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
