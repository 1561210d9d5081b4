import type { Link, TransportName } from '../wire/link';

/** Where the answers to the relay's own requests go. */
export const nobody: Readonly<Record<TransportName, Link>> = { udp: linkToNobody('udp'), tcp: linkToNobody('tcp') };

function linkToNobody(transport: TransportName): Link {
  return { transport, address: '', port: 0, sentBy: '', send: () => undefined, prove: () => undefined };
}

export function isNobody(link: Link): boolean {
  return link === nobody[link.transport];
}
