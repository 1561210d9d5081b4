import { isLoopback, normalAddress } from '../lib/ip-address';
import type { NodeConfig } from './config';
import { mediaPorts } from './public-ports';
import {
  adminPlaces,
  firstOf,
  mediaRules,
  openedTwice,
  when,
  type ListenPlace,
  type WrongSetting,
} from './setting-rules';

/** The first thing in which the settings of a media node do not go together. */
export function contradictionOfNode(config: NodeConfig): WrongSetting | undefined {
  return firstOf([...mediaRules, ...rules], config);
}

const rules: ((config: NodeConfig) => WrongSetting | undefined)[] = [
  ({ NG_LISTEN, NG_HTTP_LISTEN = [], NG_FROM }) =>
    when(NG_FROM === undefined && [...NG_LISTEN, ...NG_HTTP_LISTEN].some(({ address }) => !isLoopback(address)), {
      setting: 'NG_FROM',
      what: 'is missing where NG_LISTEN or NG_HTTP_LISTEN is no address of loopback',
    }),
  ({ RTPENGINE_URLS }) =>
    when(RTPENGINE_URLS !== undefined && RTPENGINE_URLS.length > 1, {
      setting: 'RTPENGINE_URLS',
      what: 'must name one for edge80 agw, which is the node of that one',
    }),
  ({ TURN_SECRET, TURN_USER }) =>
    when(TURN_SECRET ?? TURN_USER, {
      setting: TURN_SECRET === undefined ? 'TURN_USER' : 'TURN_SECRET',
      what: 'has no effect with edge80 agw',
    }),
  (config) => openedTwice(nodePlaces(config)),
];

/** All that a media node listens on. */
function nodePlaces(config: NodeConfig): ListenPlace[] {
  const { GATEWAY_ADDRESS, GATEWAY_BIND = GATEWAY_ADDRESS, NG_LISTEN, NG_HTTP_LISTEN = [] } = config;
  const setting = config.GATEWAY_PORTS === undefined ? 'PUBLIC_PORTS' : 'GATEWAY_PORTS';
  const at = (name: string, protocol: ListenPlace['protocol']) => (place: { address: string; port: number }) => ({
    ...{ setting: name, protocol, address: normalAddress(place.address), port: place.port },
  });
  return [
    ...GATEWAY_BIND.flatMap((address) => mediaPorts(config).map(({ port }) => at(setting, 'TCP')({ address, port }))),
    ...NG_LISTEN.map(at('NG_LISTEN', 'UDP')),
    ...NG_HTTP_LISTEN.map(at('NG_HTTP_LISTEN', 'TCP')),
    ...adminPlaces(config),
  ];
}
