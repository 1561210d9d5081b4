import { randomBytes } from 'node:crypto';

/** What the checks toward one side are named by, and authenticated with (RFC 8445 §5.3). */
export interface IceCredentials {
  ufrag: string;
  pwd: string;
}

/** As long as rtpengine's, and longer: unique over a listener (B9, B10). Of ice-chars alone (RFC 8839 §5.4). */
export function newCredentials(): IceCredentials {
  return { ufrag: randomBytes(6).toString('base64'), pwd: randomBytes(24).toString('base64') };
}
