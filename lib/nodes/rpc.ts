import { JSONRPCClient, JSONRPCErrorException, JSONRPCServer, JSONRPCServerAndClient } from 'json-rpc-2.0';
import type { WebSocket } from 'ws';
import { EdgeError, isErrorCode } from '../errors';
import { errorData, mostUnsent } from './protocol';

/** Code of an error that edge80 raises on purpose (JSON-RPC 2.0 §5.1: a server's own). */
const edgeErrorCode = -32_000;

export type Rpc = JSONRPCServerAndClient;

/** JSON-RPC on a WebSocket. Who does not read, and what is no JSON, ends it. */
export function rpcOn(socket: WebSocket): Rpc {
  const send = (payload: unknown) => {
    if (socket.readyState !== socket.OPEN) throw new EdgeError('anchor-unavailable', 'The connection has ended.');
    if (socket.bufferedAmount > mostUnsent) socket.terminate();
    else socket.send(JSON.stringify(payload));
  };
  const silently = { errorListener: () => undefined };
  const server = new JSONRPCServer(silently);
  server.mapErrorToJSONRPCErrorResponse = (id, error) => ({
    ...{ jsonrpc: '2.0', id },
    error:
      error instanceof EdgeError
        ? {
            ...{ code: edgeErrorCode, message: error.message },
            data: { code: error.code, retryAfter: error.retryAfter },
          }
        : { code: -32_603, message: 'It failed here.' },
  });
  const rpc = new JSONRPCServerAndClient(server, new JSONRPCClient(send), silently);
  socket.on('error', () => socket.terminate());
  socket.on('message', (bytes: Buffer) => {
    const payload = parsed(bytes);
    if (payload === undefined) socket.terminate();
    else void rpc.receiveAndSend(payload).catch(() => undefined);
  });
  socket.on('close', () => rpc.rejectAllPendingRequests('The connection has ended.'));
  return rpc;
}

/** What a request failed by, as the node raised it; the connection's end, and a time-out, are `anchor-unavailable`. */
export function errorOf(error: unknown): EdgeError {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof JSONRPCErrorException ? errorData.safeParse(error.data).data : undefined;
  const code = known && isErrorCode(known.code) ? known.code : 'anchor-unavailable';
  const { retryAfter } = known ?? {};
  return new EdgeError(code, message, { cause: error, ...(retryAfter !== undefined && { retryAfter }) });
}

/** An object, and nothing else: neither side sends many at once. */
function parsed(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
