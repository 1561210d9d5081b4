import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { EdgeError } from '../errors';
import { hostPort } from '../wire/sip-uri';

/** An HTTP proxy that opens connections for us by CONNECT (RFC 9110 §9.3.6). */
export interface HttpProxy {
  host: string;
  port: number;
  /** `user:password` for Basic (RFC 7617). */
  credentials?: string | undefined;
}

export interface SocketOptions {
  host: string;
  port: number;
  /** Our address; the system's choice unless given. */
  local?: string | undefined;
  proxy?: HttpProxy | undefined;
  /** Aborted to give it up. */
  signal: AbortSignal;
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name not found',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers does not speak TLS',
  ETIMEDOUT: 'no answer',
  HPE_INVALID_CONSTANT: 'what answers does not speak HTTP',
};

/** Why a connection failed, for a person; where there is a `reason`, the message has more lines. */
export function closeReason({ code, message, reason }: NodeJS.ErrnoException & { reason?: string }): string {
  return reasons[code ?? ''] ?? reason ?? message;
}

/**
 * A TCP connection, straight or through a proxy. Rejects as the system does, and with `proxy-failed` or `proxy-refused`.
 */
export async function openSocket(options: SocketOptions): Promise<Socket> {
  const { host, port, local, proxy, signal } = options;
  if (proxy !== undefined) return await connectThrough(proxy, options);
  const socket = connect({ host, port, ...(local !== undefined && { localAddress: local }), noDelay: true });
  try {
    await once(socket, 'connect', { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

async function connectThrough(proxy: HttpProxy, { host, port, local, signal }: SocketOptions): Promise<Socket> {
  const name = `The HTTP proxy at ${hostPort(proxy.host, proxy.port)}`;
  const target = hostPort(host, port);
  const asked = request({
    method: 'CONNECT',
    ...{ host: proxy.host, port: proxy.port, path: target, agent: false, signal },
    headers: { Host: target, ...authorization(proxy) },
    ...(local !== undefined && { localAddress: local }),
  });
  return await new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(new EdgeError('proxy-failed', `${name} cannot be used: ${closeReason(cause)}.`, { cause }));
    asked.on('error', fail);
    asked.on('connect', ({ statusCode = 0, statusMessage = '' }, socket: Socket, first) => {
      if (statusCode >= 200 && statusCode < 300) {
        socket.setNoDelay(true);
        if (first.length > 0) socket.unshift(first);
        resolve(socket);
        return;
      }
      socket.destroy();
      const verdict = `${statusCode} ${statusMessage}`.trim();
      reject(new EdgeError('proxy-refused', `${name} refuses to connect to ${target}: ${verdict}.`));
    });
    asked.end();
  });
}

function authorization({ credentials }: HttpProxy): Record<string, string> {
  if (credentials === undefined) return {};
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
