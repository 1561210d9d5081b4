import { hidden } from './hidden-headers';

/**
 * Headers of a 2xx to a REGISTER or SUBSCRIBE that goes by the access listener, with their expiry for the UE's eyes only.
 *
 * From the expiry drachtio-server remembers the connection by the `user@host` of the UE's Contact, and sends there what is
 * for whoever else has the same (private addresses are alike everywhere), whatever next hop the app names [12b, 12f, 12i];
 * and answers 410 once the connection is closed [12d, 12e]. Without an expiry it remembers nothing [12g, 12k].
 */
export function withHiddenExpiry(headers: Readonly<Record<string, string>>): Record<string, string> {
  return hidden(headers, /^(contact|expires)$/i);
}
