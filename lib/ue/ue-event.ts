import type { PathName } from './candidate-pair';
import type { Report } from './report';

/** What a call of ours may carry, as m= lines name it. */
export type MediaKind = 'audio' | 'message';

export type Party = 'us' | 'peer';

/** Where something happened: the index of the m= line, the way, and the far end as `address:port`. */
interface At {
  line: number;
  path: PathName;
  remote: string;
}

/** What happens at a UE or a core phone, as it happens; app/ue.ts explains each. */
export type UeEvent =
  | { event: 'ready'; role: 'ue' | 'core'; sip: string }
  | { event: 'registered'; aor: string; expires: number; contact?: string; path?: string }
  | { event: 'unregistered'; aor: string }
  | { event: 'message-sent'; uri: string }
  | { event: 'message'; from: string; text: string }
  | { event: 'calling'; uri: string }
  | { event: 'incoming'; from: string }
  | { event: 'ringing' }
  | { event: 'answered'; setupMs: number }
  | { event: 'candidates'; line: number; local: string[]; remote: string[] }
  | ({ event: 'check-sent'; attempt: number; nominating: boolean } & At)
  | ({ event: 'tcp-connected' } & At)
  | ({ event: 'check-succeeded'; rttMs: number } & At)
  | ({ event: 'check-failed'; reason: string } & At)
  | { event: 'udp-unanswered'; line: number; remote: string; checks: number }
  | ({ event: 'pair-selected'; local: string } & At)
  | ({ event: 'connection-lost' } & At)
  | { event: 'media-flowing'; line: number; path: PathName | null; mediaMs: number }
  | { event: 'media-sent'; line: number; packets: number }
  | { event: 'msrp-open'; line: number; path: PathName | null }
  | { event: 'msrp-progress'; bytes: number; size: number }
  | { event: 'msrp-sent'; bytes: number; sha256: string }
  | { event: 'msrp-received'; bytes: number; sha256: string; contentType: string }
  | { event: 'msrp-closed'; line: number; reason: string }
  | { event: 'changed'; media: MediaKind[] }
  | { event: 'held'; by: Party }
  | { event: 'resumed'; by: Party }
  | { event: 'ended'; by: Party }
  | { event: 'error'; code: string; message: string }
  | Report;

export type Observer = (event: UeEvent) => void;
