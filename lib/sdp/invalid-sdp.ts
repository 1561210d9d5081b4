import { EdgeError } from '../errors';

export function invalidSdp(reason: string): EdgeError {
  return new EdgeError('sdp-invalid', `The SDP cannot be used: ${reason}.`);
}
