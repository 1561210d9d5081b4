import type { AdminPageSource } from '../../lib/admin/admin-page';
import { readinessOf, type Trouble } from '../../lib/admin/readiness';
import type { CallTable } from '../../lib/calls/call-table';
import { wallClock } from '../../lib/ops/clock';
import type { EdgeStatus } from '../roles/edge';
import type { CallGraphs } from './call-graphs';
import { detailOf, isFound, ofCall, ofEnded, rowOf } from './call-rows';

/** A registration as the page shows it. */
export interface ShownRegistration {
  aor: string;
  contact: string;
  /** Where the UE is. */
  address: string;
  /** s */
  expiresIn: number;
}

export interface PagedEdge {
  status(): EdgeStatus;
  health(): Trouble[];
  registrations(): Iterable<ShownRegistration>;
}

/** Rows that one answer has at most; a search finds the others. */
const mostRows = 1000;

/** What the admin page shows of an edge. */
export function pageSource(edge: PagedEdge, calls: CallTable, graphs: CallGraphs): AdminPageSource {
  return {
    overview: () => overviewOf(edge, calls, graphs),
    calls: (search) => {
      const found = calls.underWay().filter(({ facts }) => isFound(facts, search));
      const ended = calls.history.ended().filter(({ record }) => isFound(record, search));
      return {
        now: wallClock(),
        found: { underWay: found.length, ended: ended.length },
        underWay: found
          .slice(-mostRows)
          .reverse()
          .map((call) => rowOf(ofCall(call, []))),
        ended: ended.slice(0, mostRows).map((call) => rowOf(ofEnded(call))),
      };
    },
    call: async (id) => {
      const call = calls.get(id);
      if (call !== undefined) return { now: wallClock(), ...detailOf(ofCall(call, await call.media.look())) };
      const ended = calls.history.get(id);
      return ended && { now: wallClock(), ...detailOf(ofEnded(ended)) };
    },
    registrations: (search) => registrationsOf(edge.registrations(), search),
  };
}

function overviewOf(edge: PagedEdge, calls: CallTable, graphs: CallGraphs): object {
  const { state, callsLimit, media, signalling } = edge.status();
  const { open = 0, authenticated = 0, selected = 0, streams = 0 } = media?.gateway ?? {};
  return {
    now: wallClock(),
    ...{ state, callsLimit, ...readinessOf(edge.health()) },
    calls: calls.size,
    registrations: signalling?.registrations ?? 0,
    connections: {
      media: authenticated,
      'media, not known yet': open - authenticated,
      'SIP of UEs': signalling?.connections?.authenticated ?? 0,
      'SIP, not known yet': signalling?.connections?.strangers ?? 0,
      'TURN relays': media?.turn?.allocations ?? 0,
    },
    streams: { selected, waiting: streams - selected },
    rtpengines: media?.rtpengines ?? [],
    link: {
      isConnected: signalling?.server.isConnected === true,
      isAnswering: signalling?.server.isAnswering === true,
    },
    ladderBytes: calls.history.bytes,
    graphs: graphs.samples,
  };
}

function registrationsOf(all: Iterable<ShownRegistration>, search: string): object {
  const rows: ShownRegistration[] = [];
  let found = 0;
  for (const row of all) {
    if (search !== '' && ![row.aor, row.contact, row.address].some((text) => text.toLowerCase().includes(search)))
      continue;
    found += 1;
    if (rows.length < mostRows) rows.push(row);
  }
  return { found, rows };
}
