import { hostPlace, networkPrefix, printable, someOf } from './setting-values';

/** Settings of a media node alone (`edge80 agw`): the ng protocol, by which others command it. */
export const ofNg = {
  NG_LISTEN: someOf(hostPlace, 'must look like 127.0.0.1:2223')
    .default([{ address: '127.0.0.1', port: 2223 }])
    .describe('UDP addresses and ports on which edge80 agw takes ng, as rtpengine does on listen-ng'),
  NG_HTTP_LISTEN: someOf(hostPlace, 'must look like 127.0.0.1:2225')
    .optional()
    .describe('Addresses and ports on which it takes ng by WebSocket and HTTP; unset: none'),
  NG_FROM: someOf(networkPrefix, 'must name a network')
    .optional()
    .describe('Networks that may speak ng to it, each of whose hosts can command all calls; unset: this machine alone'),
  NG_ACCESS: someOf(printable('must be printable ASCII'), 'must name an interface')
    .optional()
    .describe(
      'Names of rtpengine interfaces toward UEs, as clients give them in direction; unset: who does ICE is a UE',
    ),
};
