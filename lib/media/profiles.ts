import { isRtpOverUdp } from '../sdp/media-line';
import type { MediaView } from '../sdp/session-view';
import type { Side } from './media-anchor';

/** What first offers to each side speak: the profile of the other side, or one of its own. */
export interface Profiles {
  /** `rtp-avp`: plain RTP, for a core that knows nothing else. */
  core: 'as-offered' | 'rtp-avp';
  /** `webrtc`: what a browser takes, and takes alone (RFC 8834 §4.2, RFC 8827 §6.5). */
  access: 'as-offered' | 'webrtc';
}

/** What a side is to be offered. */
export interface Profile {
  /** Of the m= lines with RTP. */
  transport: string;
  /** Keys come by DTLS (RFC 5763); else by SDES (RFC 4568), if the transport has any. */
  hasDtls: boolean;
}

const plainRtp: Profile = { transport: 'RTP/AVP', hasDtls: false };
const webrtc: Profile = { transport: 'UDP/TLS/RTP/SAVPF', hasDtls: true };

/** What each side of one call is to be offered. */
export class CallProfiles {
  readonly #profiles: Profiles;
  readonly #spoken: Record<Side, Profile | undefined> = { access: undefined, core: undefined };

  constructor(profiles: Profiles) {
    this.#profiles = profiles;
  }

  /**
   * @param lines what a side said in a complete exchange. Lines not in use say nothing, nor do those without RTP: a fax
   *   between leaves the profile as it was.
   */
  heard(from: Side, lines: readonly MediaView[]): void {
    const line = lines.find(({ port, transport }) => port !== 0 && isRtpOverUdp(transport));
    if (line !== undefined) this.#spoken[from] = { transport: line.transport, hasDtls: line.hasDtls };
  }

  /**
   * Undefined: that of the offer. Where profiles are turned, a side keeps for the whole call the one that it speaks,
   * whoever offered first.
   */
  toward(to: Side): Profile | undefined {
    const { core, access } = this.#profiles;
    if (core === 'as-offered' && access === 'as-offered') return undefined;
    const spoken = this.#spoken[to];
    if (spoken !== undefined) return spoken;
    if (to === 'core') return core === 'rtp-avp' ? plainRtp : undefined;
    return access === 'webrtc' ? webrtc : undefined;
  }
}

/** Whether an offer asks on all lines for what browsers speak: DTLS-SRTP with feedback (RFC 8834 §4.2). */
export function speaksWebrtc(profile: Profile | undefined, offered: readonly MediaView[]): boolean {
  const rtp = offered.filter((line) => line.port !== 0 && isRtpOverUdp(line.transport));
  return rtp.length > 0 && rtp.every((line) => isWebrtc(profile ?? line));
}

function isWebrtc({ transport, hasDtls }: Profile): boolean {
  return hasDtls && /SAVPF$/i.test(transport);
}
