import { EventEmitter } from 'node:events';
import { WebSocket } from 'ws';
import type { z } from 'zod';
import { EdgeError } from '../errors';
import {
  anchorPath,
  anchorSubprotocol,
  deadAfter,
  mostBytes,
  notifications,
  silentAfter,
  type NodeStatus,
  type RequestName,
  type Requests,
} from './protocol';
import { errorOf, rpcOn, type Rpc } from './rpc';

/** Between two attempts, ms: a node that was started anew is found within a second. */
const retryAfter = 300;

/** A node may ask its rtpengine more than once. */
const answerWithin = 15_000;

interface NodeLinkEvents {
  /** It speaks again, on this connection or a new one. */
  up: [];
  /** It has been silent for a while, or the connection has ended. */
  down: [];
  event: [z.infer<typeof notifications.event>];
}

/** The connection to a media node, which is opened again and again until it is closed. */
export class NodeLink extends EventEmitter<NodeLinkEvents> {
  readonly #url: string;
  #rpc: Rpc | undefined;
  #socket: WebSocket | undefined;
  #status: NodeStatus | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param at `ws://host:port`
   * @param session names this process to the node: 16 characters or more that nobody can guess
   */
  constructor(at: string, session: string) {
    super();
    this.#url = `${at}${anchorPath}?session=${session}`;
    this.#open();
  }

  /** What the node told last; undefined while it is silent. */
  get status(): NodeStatus | undefined {
    return this.#status;
  }

  /** Rejects with an EdgeError: the node's own, or `anchor-unavailable` where it does not answer. */
  async request(name: RequestName, asked: z.infer<Requests[RequestName]>): Promise<unknown> {
    if (!this.#rpc || !this.#status) throw unavailable('The media node does not answer.');
    try {
      return await this.#rpc.timeout(answerWithin).request(name, asked, undefined);
    } catch (error) {
      throw errorOf(error);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.terminate();
  }

  #open(): void {
    const socket = new WebSocket(this.#url, anchorSubprotocol, {
      ...{ maxPayload: mostBytes, perMessageDeflate: false, handshakeTimeout: deadAfter },
    });
    const rpc = rpcOn(socket);
    this.#socket = socket;
    this.#rpc = rpc;
    const silent = setTimeout(() => this.#down(rpc, 'The media node is silent.'), silentAfter);
    const dead = setTimeout(() => socket.terminate(), 2 * deadAfter);
    socket.on('message', () => {
      silent.refresh();
      dead.refresh();
    });
    rpc.addMethod('status', (told) => {
      const status = notifications.status.safeParse(told).data;
      const wasUp = this.#status !== undefined;
      this.#status = status;
      if (!wasUp && status) this.emit('up');
    });
    rpc.addMethod('event', (told) => {
      const event = notifications.event.safeParse(told).data;
      if (event) this.emit('event', event);
    });
    socket.on('close', () => {
      clearTimeout(silent);
      clearTimeout(dead);
      this.#down(rpc, 'The connection to the media node has ended.');
      this.#rpc = undefined;
      if (!this.#closed) this.#retry = setTimeout(() => this.#open(), retryAfter);
    });
  }

  #down(rpc: Rpc, reason: string): void {
    const wasUp = this.#status !== undefined;
    this.#status = undefined;
    // What it was asked may yet be done: who asked gives it up, and releases it when the node speaks again.
    rpc.rejectAllPendingRequests(reason);
    if (wasUp && !this.#closed) this.emit('down');
  }
}

function unavailable(message: string): EdgeError {
  return new EdgeError('anchor-unavailable', message);
}
