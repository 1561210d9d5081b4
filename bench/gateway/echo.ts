/** A process that stands for rtpengine: one UDP port a stream, which sends back what it gets. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildBindingSuccess } from '../../lib/ice/binding';
import { parseStun } from '../../lib/ice/stun-message';
import { childOptions, serveParent } from './child';

export interface EchoOptions {
  streams: number;
  /** ICE password of all streams. */
  pwd: string;
}

async function main({ streams, pwd }: EchoOptions): Promise<void> {
  let echoed = 0;
  const sockets: Socket[] = [];
  for (let i = 0; i < streams; i++) {
    const socket = createSocket({ type: 'udp4', lookup: (name, _options, callback) => callback(null, name, 4) });
    let peer: 'none' | 'connecting' | 'connected' = 'none';
    socket.on('message', (packet, from) => {
      if (peer === 'connected') {
        socket.send(reply(packet, from, pwd));
        echoed += 1;
      } else if (peer === 'none') {
        // Connected, a send costs no look-up of the address. What comes meanwhile is lost: it is warm-up.
        peer = 'connecting';
        socket.connect(from.port, from.address, () => {
          peer = 'connected';
          socket.send(reply(packet, from, pwd));
        });
      }
    });
    // The relay closed its socket while packets were under way.
    socket.on('error', () => undefined);
    // Before bind, which needs no look-up either and so is done at once.
    const listening = once(socket, 'listening');
    socket.bind(0, '127.0.0.1');
    await listening;
    sockets.push(socket);
  }
  serveParent(
    sockets.map((socket) => socket.address().port),
    () => echoed,
    () => sockets.forEach((socket) => socket.close()),
  );
}

/** The answer to a check, or the packet itself. */
function reply(packet: Buffer, from: RemoteInfo, pwd: string): Buffer {
  const message = (packet[0] ?? 0) > 3 ? undefined : parseStun(packet);
  if (message === undefined || 'fault' in message) return packet;
  return buildBindingSuccess(message.transactionId, from, { password: pwd, algorithm: 'sha1' });
}

void main(childOptions() as EchoOptions);
