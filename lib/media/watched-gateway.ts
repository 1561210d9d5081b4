import type { EventEmitter } from 'node:events';
import type { RaisedCandidate } from '../gateway/stream-nominations';
import type { StreamPath, StreamStatus } from '../gateway/stream';
import type { StreamGateway } from './call-streams';
import type { StreamPaths } from './stream-paths';

/** The TCP gateway in the same process. */
export interface EventedStreamGateway extends StreamGateway, EventEmitter<StreamGatewayEvents> {
  streamStatus(ufrag: string): StreamStatus | undefined;
  /** rtpengine sends a stream's media elsewhere than to the connection that the UE uses; as of so many nominations. */
  winBack(ufrag: string, nominations: number): void;
  /** Candidates of ours that may rank above the UE's UDP at rtpengine. */
  raisedOf(ufrag: string): readonly RaisedCandidate[];
  /** rtpengine ranks those of a stream as low as they say: it is made to choose again where the media goes. */
  lower(ufrag: string): void;
}

export interface StreamGatewayEvents {
  selected: [StreamPath];
  unanswered: [StreamPath, number];
  unheard: [StreamPath, number];
  'connection-lost': [StreamPath];
  'media-lost': [StreamPath];
}

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
