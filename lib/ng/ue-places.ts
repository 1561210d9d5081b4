import type { StreamStatus } from '../gateway/stream';
import { familyOf } from '../ip-address';
import type { NgCall } from './call';
import { isList, NgDictionary, NgInteger, type NgValue } from './value';

/**
 * What rtpengine tells of a call, with the UE's own address where it sends to the gateway for that UE, and the port of ours
 * that the UE came to, as `path: tcp80`. The same object where there is nothing of the kind.
 */
export function withUePlaces(reply: NgDictionary, call: Pick<NgCall, 'legs'>): NgDictionary {
  const places = new Map<string, StreamStatus>();
  for (const leg of call.legs)
    for (const status of leg.statuses())
      if (status.mapped !== undefined) places.set(`${status.mapped.address} ${status.mapped.port}`, status);
  return places.size === 0 ? reply : (replaced(reply, places) as NgDictionary);
}

function replaced(value: NgValue, places: ReadonlyMap<string, StreamStatus>): NgValue {
  if (isList(value)) return value.map((item) => replaced(item, places));
  if (!(value instanceof NgDictionary)) return value;
  const port = value.get('port');
  const place = port instanceof NgInteger ? places.get(`${value.text('address') ?? ''} ${port.digits}`) : undefined;
  if (place?.remote === undefined) return value.map((item) => replaced(item, places));
  const { remote } = place;
  return value
    .with('family', familyOf(remote.address) === 'IP6' ? 'IPv6' : 'IPv4')
    .with('address', remote.address)
    .with('port', new NgInteger(String(remote.port)))
    .with('path', `tcp${place.port ?? 0}`);
}
