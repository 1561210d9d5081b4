import { randomBytes } from 'node:crypto';
import { EdgeError } from '../errors';
import type { CallMedia, MediaAnchor, SipEnds } from '../media/media-anchor';
import type { Logger } from '../ops/logger';
import { MediaNode } from './media-node';
import { RemoteCallMedia } from './remote-call-media';

/** A node of RTPENGINE_NODES. */
interface NodePlace {
  /** `ws://host:port` */
  readonly at: string;
  /** How many calls it gets, to those of other nodes. */
  readonly weight: number;
}

export interface RemoteMediaAnchorOptions {
  readonly nodes: readonly NodePlace[];
  /** A node that is gone for so long has lost its calls, ms; default: 5 s. */
  readonly lostAfter?: number;
  /** A call whose node is gone goes on at another one, if its ends take that; else it ends. */
  readonly moves: boolean;
  readonly logger: Logger;
}

/** Media nodes as one anchor: each new call goes to the one with the fewest calls for its weight. */
export class RemoteMediaAnchor implements MediaAnchor {
  readonly nodes: readonly MediaNode[];
  readonly #calls = new Set<RemoteCallMedia>();
  readonly #moves: boolean;
  #closed = false;

  constructor({ nodes, lostAfter = 5000, moves, logger }: RemoteMediaAnchorOptions) {
    this.#moves = moves;
    const session = randomBytes(24).toString('base64url');
    this.nodes = nodes.map((node) => new MediaNode({ ...node, session, lostAfter, logger }));
  }

  /** Calls that hold media. */
  get calls(): number {
    return this.#calls.size;
  }

  open(name: string, ends?: SipEnds): CallMedia {
    if (this.#closed) throw new EdgeError('anchor-unavailable', 'The media anchor is closing.');
    const media: RemoteCallMedia = new RemoteCallMedia({
      ...{ name, ends, moves: this.#moves },
      pick: (tried) => this.#pick(tried),
      gone: () => this.#calls.delete(media),
    });
    this.#calls.add(media);
    return media;
  }

  /** Releases all calls; may be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#calls].map((call) => call.release()));
    for (const node of this.nodes) node.close();
  }

  #pick(tried: readonly MediaNode[]): MediaNode {
    const [first, ...others] = this.nodes.filter((node) => node.takesCalls && !tried.includes(node));
    if (!first) throw new EdgeError('anchor-unavailable', 'No media node takes calls.');
    return others.reduce((least, node) => (node.load < least.load ? node : least), first);
  }
}
