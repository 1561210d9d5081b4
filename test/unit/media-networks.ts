import { MediaPlaces, parseMediaNetwork, type MediaNetwork, type MediaPlacesOptions } from '../../lib/media-places';

/** Networks of the core's media. */
export const networks = (...texts: string[]): MediaNetwork[] =>
  texts.map((text) => {
    const network = parseMediaNetwork(text);
    if (network === undefined) throw new Error(`no network: ${text}`);
    return network;
  });

/** Where media may be sent to, of an edge on a machine with these addresses. */
export function placesOn(own: readonly string[], more: Partial<MediaPlacesOptions> = {}): MediaPlaces {
  return new MediaPlaces({
    coreMedia: [],
    own: () => ({ addresses: new Set(own), broadcasts: new Set() }),
    closedPorts: new Map([
      [5060, 'sip-port'],
      [5061, 'sip-port'],
      [2223, 'control-port'],
    ]),
    privatePorts: new Set(),
    ...more,
  });
}

/** Of an edge that has all its peers on loopback. */
export const trialPlaces = () =>
  placesOn(['127.0.0.1'], { coreMedia: networks('127.0.0.0/8', '::1', '0.0.0.0/0', '::/0') });
