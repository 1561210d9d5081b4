import type { EventEmitter } from 'node:events';
import type { TcpGateway, TcpGatewayEvents } from '../gateway/tcp-gateway';
import type { StreamGateway } from './call-streams';
import type { StreamPaths } from './stream-paths';

/** What is used of the TCP gateway for all calls. */
export type EventedStreamGateway = StreamGateway &
  EventEmitter<TcpGatewayEvents> &
  Pick<TcpGateway, 'streamStatus' | 'winBack' | 'raisedOf' | 'lower'>;

/** The gateway as one call uses it: what it counted of a stream is asked for before it forgets the stream. */
export function watching(gateway: StreamGateway, paths: StreamPaths): StreamGateway {
  return {
    advertised: gateway.advertised,
    addStream: (stream) => {
      gateway.addStream(stream);
      paths.opened(stream.ufrag, stream.line);
    },
    removeStream: (ufrag) => {
      paths.closing(ufrag);
      return gateway.removeStream(ufrag);
    },
  };
}
