import { EdgeError } from '../errors';
import type { TransportAddress } from '../ice/transport-address';

/** What the operator can do about a port that cannot be opened. */
export function listenError(cause: unknown, wanted: readonly TransportAddress[]): EdgeError {
  const { code, address, port } = cause as { code?: string; address?: string; port?: number };
  const place =
    address === undefined
      ? wanted.map((one) => `${one.address} port ${one.port}`).join(', ')
      : `${address} port ${port ?? 0}`;
  const listen = `The gateway cannot listen on ${place}`;
  if (code === 'EACCES') {
    const advice = 'ports below 1024 need root or the capability CAP_NET_BIND_SERVICE';
    return new EdgeError('gateway-port-denied', `${listen}: ${advice}.`, { cause });
  }
  if (code === 'EADDRINUSE') {
    const advice = 'another program, such as a web server, has it; stop that or choose another port';
    return new EdgeError('gateway-port-in-use', `${listen}: ${advice}.`, { cause });
  }
  if (code === 'EADDRNOTAVAIL') {
    return new EdgeError('gateway-listen-failed', `${listen}: this machine does not have that address.`, { cause });
  }
  return new EdgeError('gateway-listen-failed', `${listen}: ${code ?? String(cause)}.`, { cause });
}
