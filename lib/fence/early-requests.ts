/** Requests that drachtio-server 0.9.10 bears, or answers itself, in a dialog that has no 2xx yet. */
export const bearableEarly: ReadonlySet<string> = new Set(['BYE', 'PRACK', 'UPDATE']);
