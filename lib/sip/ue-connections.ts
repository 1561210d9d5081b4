import type { Headers, IncomingRequest } from '../drachtio/messages';
import { withHiddenExpiry } from '../drachtio/fence/hidden-headers';
import { flowKey, type Flow } from './flow-token';

/** A UE's connection that the access listener passes on to the SIP server, as far as SIP is concerned with it. */
export interface AccessFlow {
  /** Never given twice. */
  id: string;
  /** Where the UE is, or the NAT that it is behind. */
  remoteAddress: string;
  /** The connection's own address and port toward the SIP server. */
  serverSide: { address: string; port: number };
}

/** The access listener, as far as SIP is concerned with it. */
export interface UeConnections {
  /** The UE's connection behind the SIP server's peer with this address and port. */
  flowAt(address: string, port: number): AccessFlow | undefined;
  /** To be told of a 2xx of that UE to a SUBSCRIBE: until then what it sends in the dialog does not reach the server. */
  established(address: string, port: number, dialog: { callId: string; ueTag: string; serverTag: string }): void;
  /** To be told what is registered over that UE's connection now, for how many s; undefined: nothing. */
  registered(address: string, port: number, registration: { identity: string; seconds: number } | undefined): void;
  /** To be told that the SIP server has lost all calls: UEs learn it. */
  endCalls(): void;
  on(event: 'closed', listener: (flow: AccessFlow) => void): unknown;
}

/** Where there is no access listener: UEs reach the SIP server themselves. */
export const noConnections: UeConnections = {
  flowAt: () => undefined,
  established: () => undefined,
  registered: () => undefined,
  endCalls: () => undefined,
  on: () => undefined,
};

/** The flow on which a request came. */
export function flowOf(request: IncomingRequest, connections: UeConnections): Flow {
  const { source_address: address, source_port: port } = request;
  // The server tells no protocol for some in-dialog requests: what the access listener knows is a stream.
  const connection = connections.flowAt(address, port);
  if (connection) return { transport: 'tcp', address, port, connection: connection.id };
  return { transport: request.protocol === 'udp' ? 'udp' : 'tcp', address, port };
}

/** Where the UE at the other end of the flow is, or the NAT that it is behind. */
export function ueAddressOf({ address, port }: Flow, connections: UeConnections): string {
  return connections.flowAt(address, port)?.remoteAddress ?? address;
}

/** Whether a request came over the flow. The server does not always tell the transport of one inside a dialog. */
export function isOnFlow(request: IncomingRequest, flow: Flow, connections: UeConnections): boolean {
  return flowKey({ ...flowOf(request, connections), transport: flow.transport }) === flowKey(flow);
}

/** Headers of a 2xx to a REGISTER or SUBSCRIBE of the flow, as the SIP server gets them. */
export function hideExpiry(headers: Headers, flow: Flow): Headers {
  return flow.connection === undefined ? headers : withHiddenExpiry(headers);
}
