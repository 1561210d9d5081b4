import { once } from 'node:events';
import { connect } from 'node:net';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { channelData } from '../../../lib/ice/turn-frames';
import { turnMethod } from '../../../lib/turn/turn-message';
import { AskingUe } from '../../unit/gateway/asking-ue';
import { rtp, sendIndication, TurnUe } from '../../unit/gateway/turn-ue';
import { channelAttribute, outcome, peerAttribute } from '../../unit/turn/turn-lab';
import { serveParent } from './remote-calls';

/* UEs that have a relayed address and try where it leads; run by a NamespaceWorker in a UE's namespace. */

/** What the test may call here. */
export type TurnFunctions = typeof functions;

const ues: AskingUe[] = [];

const functions = {
  /** The number of a new UE, and its relayed address. */
  async allocate(edge: TransportAddress, credential: { username: string; password: string }) {
    const socket = connect({ host: edge.address, port: edge.port, noDelay: true });
    await once(socket, 'connect');
    const ue = new AskingUe(new TurnUe(socket), credential);
    const relayed = await ue.allocate();
    return { ue: ues.push(ue) - 1, relayed };
  },
  /** What a channel to a peer and a permission for it are answered; data is sent there by both whatever that is. */
  async reach(number: number, peer: TransportAddress, channel: number) {
    const ue = ues[number];
    if (ue === undefined) throw new Error('There is no such UE.');
    const bound = await ue.ask(turnMethod.channelBind, channelAttribute(channel), peerAttribute(peer));
    const permitted = await ue.ask(turnMethod.createPermission, peerAttribute(peer));
    ue.turn.send(channelData(channel, rtp(66)), sendIndication(peer, rtp(66)));
    // Answered when the data before it has been looked at.
    await ue.ask(turnMethod.refresh);
    return { bound: outcome(bound), permitted: outcome(permitted) };
  },
  close(): void {
    for (const { turn } of ues) turn.socket.destroy();
  },
};

serveParent(functions);
