import { z } from 'zod';
import type { AddressFamily } from '../ip-address';
import type { CallMediaEvents } from '../media/media-anchor';

/*
 * How a P-CSCF speaks to a media node: JSON-RPC 2.0 over WebSocket, a message in each frame. The P-CSCF asks, and the node
 * tells what happens without being asked, which is why it is no ng: there a client would ask again and again what its
 * hundreds of calls are doing, and hear of a lost path seconds late.
 */

export const anchorPath = '/anchor';
export const anchorSubprotocol = 'anchor.edge80';

/** Bytes of a message: an SDP of 64 KiB in JSON, and what goes with it. */
export const mostBytes = 262_144;

/** Bytes that may wait for an end that does not read. */
export const mostUnsent = 16_777_216;

/** How often a node tells how it is, ms. */
export const statusEvery = 250;

/** A node of which nothing came for so long gets no new calls, ms: three of what it sends are missing. */
export const silentAfter = 1000;

/** A connection on which nothing came for so long is given up, ms. */
export const deadAfter = 5000;

const call = z.string().min(1).max(256);
const side = z.enum(['access', 'core']);
const families = ['IP4', 'IP6'] as const satisfies readonly AddressFamily[];
const name = z.string().max(1024);

const ends = z.object({
  address: z.string().max(64),
  coreFamily: z.enum(families).optional(),
  owner: name.optional(),
  users: z.array(name).max(64).optional(),
});

const sdp = z.string().max(131_072);

/** What a P-CSCF asks; the results are those of the CallMedia that the names are of. */
export const requests = {
  /** The calls that it has at the node, without those that are lost. */
  calls: z.object({}),
  /** Opens a call. */
  open: z.object({ call, ends: ends.optional() }),
  offer: z.object({ call, from: side, sdp }),
  answer: z.object({ call, from: side, sdp }),
  rollback: z.object({ call }),
  restartIce: z.object({ call }),
  look: z.object({ call }),
  release: z.object({ call }),
};

export type Requests = typeof requests;
export type RequestName = keyof Requests;

/** What a node tells of a call. */
export const eventNames = [
  ...(['said', 'checked', 'dialled-in-vain', 'selected', 'connection-lost'] as const),
  ...(['media-lost', 'restart-due', 'lost'] as const),
] satisfies readonly (keyof CallMediaEvents)[];

const toldEvent = z.object({ call, event: z.enum(eventNames), told: z.array(z.unknown()).max(1) });

const nodeStatus = z.object({
  /** Of all P-CSCFs. */
  calls: z.number().int().min(0),
  callsLimit: z.number().int().min(0),
  /** Why it takes no new calls; missing: it does. */
  refusal: z.string().max(1024).optional(),
});

/** How a node is. */
export type NodeStatus = z.infer<typeof nodeStatus>;

/** What a node tells without being asked. */
export const notifications = { event: toldEvent, status: nodeStatus };

/** Why a request failed: `code` of an EdgeError. */
export const errorData = z.object({ code: z.string(), retryAfter: z.number().optional() });
