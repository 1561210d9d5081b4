import { EdgeError } from '../errors';
import { plainUser } from '../wire/uri-comparison';

export interface EmergencySettings {
  /** SIP URI of the E-CSCF; undefined: there is none, and emergency calls are refused. */
  nextHop?: string | undefined;
  /** Numbers that are emergency calls where a UE dials them as such: `112`. */
  numbers: string[];
}

/**
 * The service URN of an emergency call (RFC 5031, TS 24.229 §5.2.10), by its Request-URI: `urn:service:sos…` or one of
 * the numbers. Undefined for any other call. Without an E-CSCF, numbers are left to the core.
 */
export function emergencyService(uri: string, { nextHop, numbers }: EmergencySettings): string | undefined {
  const [urn] = /^urn:service:sos(\.[\w-]+)*$/i.exec(uri) ?? [];
  if (urn !== undefined) return urn.toLowerCase();
  if (nextHop === undefined) return undefined;
  const [, user = ''] = /^(?:sips?|tel):([^@;?]+)/i.exec(uri) ?? [];
  return numbers.includes(plainUser(user).replace(/[-.() ]/g, '')) ? 'urn:service:sos' : undefined;
}

/**
 * Refuses an emergency call (TS 24.229 §5.2.10.4): 380 tells the UE to place it another way, in the circuit switched
 * network for instance.
 */
export class EmergencyRefused extends EdgeError {
  readonly contentType = 'application/3gpp-ims+xml';
  readonly body =
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<ims-3gpp version="1"><alternative-service><type>emergency</type>' +
    '<reason>No emergency calls here</reason></alternative-service></ims-3gpp>\r\n';

  constructor() {
    super('emergency-refused', 'No E-CSCF is configured for emergency calls.', { sipStatus: 380 });
  }
}
