/**
 * Requests that drachtio-server 0.9.10 bears, or answers itself, in a dialog that has no 2xx yet [04a, 07k, 08q, 08r]. INFO,
 * MESSAGE, SUBSCRIBE, OPTIONS there end its process (measured), as a NOTIFY to a SUBSCRIBE without an answer does.
 */
export const bearableEarly: ReadonlySet<string> = new Set(['BYE', 'PRACK', 'UPDATE']);
