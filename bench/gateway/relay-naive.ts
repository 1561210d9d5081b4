/**
 * The floor: frames in, datagrams out, and back, with nobody asked who he is, nothing bounded and nothing
 * but packets counted.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { childOptions, serveParent } from './child';
import type { RelayOptions } from './relay';

async function main({ anchorPorts }: RelayOptions): Promise<void> {
  let forwarded = 0;
  let streams = 0;
  const connections = new Set<Socket>();
  const server = createServer({ noDelay: true }, (tcp) => {
    connections.add(tcp);
    const udp = createSocket('udp4');
    let unread: Buffer = Buffer.alloc(0);
    udp.connect(anchorPorts[streams++ % anchorPorts.length] ?? 0, '127.0.0.1', () => {
      tcp.on('data', (chunk: Buffer) => {
        unread = Buffer.concat([unread, chunk]);
        while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE(0)) {
          const end = 2 + unread.readUInt16BE(0);
          udp.send(unread.subarray(2, end));
          forwarded += 1;
          unread = unread.subarray(end);
        }
      });
    });
    udp.on('message', (packet) => {
      const header = Buffer.alloc(2);
      header.writeUInt16BE(packet.length);
      tcp.write(Buffer.concat([header, packet]));
      forwarded += 1;
    });
    udp.on('error', () => undefined);
    tcp.on('error', () => undefined);
    tcp.on('close', () => udp.close());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  serveParent(
    [(server.address() as AddressInfo).port],
    () => forwarded,
    () => {
      server.close();
      for (const tcp of connections) tcp.destroy();
    },
  );
}

void main(childOptions() as RelayOptions);
