/** RTP packets that each end of a call sends: so long that the edge, which looks each second after the answer, sees UDP. */
export const mediaPackets = 170;

/** One call as its UE saw it. */
export interface UeCall {
  path: string | null;
  /** RTP packets of the UE, sent and received. */
  sent: number;
  received: number;
  /** Why there was no call, or no path. */
  error: string | null;
}
