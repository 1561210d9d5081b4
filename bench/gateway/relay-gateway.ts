/** The process that is measured: edge80's TCP gateway with its streams, and nothing else of edge80. */
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import { createLogger } from '../../lib/ops/logger';
import { childOptions, serveParent } from './child';
import { ufrag, type RelayOptions } from './relay';

async function main({ anchorPorts, pwd }: RelayOptions): Promise<void> {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const gateway = new TcpGateway({ listen, advertised: [], logger: createLogger('warn') });
  await gateway.listen();
  anchorPorts.forEach((port, line) => {
    const anchor = { address: '127.0.0.1', port };
    gateway.addStream({ ufrag: ufrag(line), pwd, anchor, content: 'rtp', kind: 'audio', call: 'bench', line });
  });
  serveParent(
    gateway.address().map(({ port }) => port),
    () => {
      const { toAnchor, toUe } = gateway.counters();
      return toAnchor.rtp + toUe.rtp;
    },
    () => void gateway.close(),
  );
}

void main(childOptions() as RelayOptions);
