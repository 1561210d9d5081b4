import { addressBytes, normalAddress } from '../ip-address';
import { parseMediaLine } from './media-line';
import { invalidSdp, type SdpLines } from './sdp-lines';

/**
 * Refuses an SDP of a UE that would have media sent to this machine, or to more than one receiver.
 *
 * Until ICE is done, and for ever where there is none, rtpengine sends to the addresses of c= and a=rtcp, which
 * are the UE's word alone, and passes on whatever the far end sends, be it no RTP. Two callers in league could
 * so speak to rtpengine's control port on loopback, or to the SIP contact that is for the core.
 *
 * @param own the machine's addresses; loopback is as good as any other if one of them is in it, as in a test
 * @throws EdgeError `sdp-invalid` (488)
 */
export function requireForeignDestinations(sdp: SdpLines, own: readonly string[]): void {
  const isOurs = new Set(own.map(normalAddress));
  const loopbackIsForeign = own.some((address) => isLoopback(address));
  for (const address of destinations(sdp)) {
    if (isOurs.has(normalAddress(address)) || (isLoopback(address) && !loopbackIsForeign))
      throw invalidSdp('it has media sent to this machine');
    if (isForMany(address)) throw invalidSdp('it has media sent to a multicast or broadcast address');
  }
}

/** The addresses of all c= and a=rtcp that hold for a line in use: of several, readers take different ones. */
function destinations(sdp: SdpLines): string[] {
  const used = sdp.media.filter((section) => parseMediaLine(section[0] ?? '').port !== 0);
  const inherits = used.some((section) => !section.some((line) => line.startsWith('c=')));
  return [...(inherits ? sdp.session : []), ...used.flat()].flatMap(
    (line) => /^(?:c=|a=rtcp:\d+)\s*IN\s+IP[46]\s+([^\s/]+)/i.exec(line)?.[1] ?? [],
  );
}

function isLoopback(address: string): boolean {
  const bytes = addressBytes(address);
  return bytes?.length === 4 ? bytes[0] === 127 : normalAddress(address) === '::1';
}

function isForMany(address: string): boolean {
  const bytes = addressBytes(address);
  // 224.0.0.0/4 is multicast, 240.0.0.0/4 is reserved and holds the broadcast address.
  return bytes?.length === 4 ? (bytes[0] ?? 0) >= 224 : bytes?.[0] === 0xff;
}
