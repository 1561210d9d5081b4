import type { Candidate } from '../sdp/candidate';
import { hostCandidates, relayedCandidate } from './host-candidates';
import type { HttpProxy } from './open-socket';
import { TurnPort, type TurnAccount } from './turn-port';
import { UdpPort } from './udp-port';

/** What a stream of packets is sent from, beside TCP. */
export interface PacketPorts {
  udp: UdpPort | undefined;
  relay: TurnPort | undefined;
}

/** `alone`: nothing but a relayed address is tried. */
export type RelaysOfUe = TurnAccount & { alone: boolean };

interface PortOptions {
  address: string;
  turn?: RelaysOfUe | undefined;
  proxy?: HttpProxy | undefined;
}

/** Rejects with `address-unusable`, or `turn-failed`. */
export async function openPorts({ address, turn, proxy }: PortOptions): Promise<PacketPorts> {
  const udp = turn?.alone === true ? undefined : await UdpPort.open(address);
  try {
    return { udp, relay: turn && (await TurnPort.open({ server: turn, local: address, proxy })) };
  } catch (error) {
    udp?.close();
    throw error;
  }
}

/** The candidates of a stream; without ports it is one of bytes. */
export function gathered({ address, turn }: PortOptions, ports: PacketPorts | undefined): Candidate[] {
  const relayed = ports?.relay === undefined ? [] : [relayedCandidate(ports.relay.relayed, address)];
  const isAlone = ports !== undefined && turn?.alone === true;
  return [...(isAlone ? [] : hostCandidates(address, ports?.udp?.port)), ...relayed];
}
