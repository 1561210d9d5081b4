import { EventEmitter } from 'node:events';
import { EdgeError } from '../errors';
import { parseControlUrl } from './control-address';
import { RtpengineNode, type RtpengineNodeOptions } from './rtpengine-node';

export interface RtpenginePoolOptions extends Omit<RtpengineNodeOptions, 'at' | 'onCallLost'> {
  /** Control addresses as `tcp://host:port`, at least one. */
  urls: readonly string[];
}

export interface RtpenginePoolEvents {
  /** A node has this call no more, or has not answered for too long. The call is still to be deleted. */
  'call-lost': [call: string];
}

/** The rtpengines that calls are spread over, in turn, leaving out those that do not answer. They are watched from the start. */
export class RtpenginePool extends EventEmitter<RtpenginePoolEvents> {
  readonly nodes: readonly RtpengineNode[];
  #next = 0;

  /** @throws EdgeError `setting-invalid` */
  constructor({ urls, ...options }: RtpenginePoolOptions) {
    super();
    if (urls.length === 0) throw new EdgeError('setting-invalid', 'No rtpengine is named.');
    const onCallLost = (call: string) => void this.emit('call-lost', call);
    this.nodes = urls.map((url) => new RtpengineNode({ ...options, onCallLost, at: parseControlUrl(url) }));
    void this.watch();
  }

  /** Asks each node whether it is there, now; resolves when all have answered or were given up. */
  async watch(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.watch()));
  }

  /** Deletes the calls that former processes of this edge left: now, and whenever a node comes back. Never rejects. */
  async releaseLeft(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.releaseLeft()));
  }

  /**
   * The node for a new call; the call stays with it.
   * @param tried nodes that this call was refused by
   * @throws EdgeError `anchor-unavailable` (503)
   */
  pick(tried: readonly RtpengineNode[] = []): RtpengineNode {
    const left = this.nodes.filter((node) => node.isUp && !tried.includes(node));
    if (left.length === 0) throw unavailable('No rtpengine answers.');
    for (let i = 0; i < this.nodes.length; i++) {
      const node = this.nodes[(this.#next + i) % this.nodes.length];
      if (node === undefined || node.isBusy || !left.includes(node)) continue;
      this.#next = (this.#next + i + 1) % this.nodes.length;
      return node;
    }
    // Calls under way come first: what they want of it waits already.
    throw unavailable('rtpengine has too much to do for another call.');
  }

  /** May be called twice. */
  close(): void {
    for (const node of this.nodes) node.close();
  }
}

function unavailable(message: string): EdgeError {
  return new EdgeError('anchor-unavailable', message);
}
