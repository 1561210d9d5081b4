import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, SipPeer, type PeerDialog, type PeerHeaders } from '../../unit/sip/sip-peer';
import { serveParent } from './remote-calls';

/* A SIP end that does what the test says, message by message; run by a NamespaceWorker in the place of a UE or the core. */

/** What the test may call here. Messages go by as they stand on the wire. */
export type SipPeerFunctions = typeof functions;

interface Place {
  address: string;
  port: number;
}

let peer: SipPeer | undefined;

const functions = {
  async openTcp(address: string, server: Place): Promise<string> {
    peer = await SipPeer.tcp(address, server);
    return peer.contact;
  },
  async openUdp({ address, port }: Place, server: Place): Promise<string> {
    peer = await SipPeer.udp(address, server, port);
    return peer.contact;
  },
  next: async (wanted: string): Promise<string> => (await opened().next(wanted)).raw,
  request: (method: string, uri: string, headers: PeerHeaders, body: string): string =>
    opened().request(method, uri, headers, body).raw,
  respond: (request: string, status: number, headers: PeerHeaders, body: string): void =>
    opened().respond(parse(request), status, headers, body),
  ack: (invite: string, response: string): void => opened().ack(parse(invite), parse(response)),
  cancel: (invite: string): void => opened().cancel(parse(invite)),
  inDialog(dialog: PeerDialog, method: string): void {
    opened().inDialog(dialog, method);
  },
  /** The connection of SIP ends. */
  end: (): void => opened().close(),
  /** RTP of PCMU, 20 ms apart. */
  async rtp(from: Place, to: Place, packets: number): Promise<void> {
    const socket = createSocket('udp4').bind(from.port, from.address);
    await once(socket, 'listening');
    for (let sequence = 0; sequence < packets; sequence++) {
      const packet = Buffer.alloc(172, 0xff);
      packet.writeUInt32BE((0x8000_0000 | sequence) >>> 0);
      packet.writeUInt32BE(sequence * 160, 4);
      socket.send(packet, to.port, to.address);
      await delay(20);
    }
    socket.close();
  },
  /** Sends pieces, 100 ms apart, and ends the connection after `stays` ms more. */
  async dial(edge: Place, pieces: readonly string[], stays: number): Promise<void> {
    const socket = connect({ host: edge.address, port: edge.port });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    for (const piece of pieces) {
      socket.write(Buffer.from(piece, 'hex'));
      await delay(100);
    }
    await delay(stays);
    socket.destroy();
  },
};

function opened(): SipPeer {
  if (!peer) throw new Error('There is no connection yet.');
  return peer;
}

serveParent(functions);
