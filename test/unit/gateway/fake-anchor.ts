import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildBindingSuccess, priority, username } from '../../../lib/ice/binding';
import { attributeType } from '../../../lib/ice/stun-attribute';
import { findAttribute, parseStun, verifyFingerprint, verifyIntegrity } from '../../../lib/ice/stun-message';
import { Arrivals } from './arrivals';

export interface Nominated {
  username: string | undefined;
  priority: number;
  useCandidate: boolean;
  controlling: boolean;
  genuine: boolean;
  from: RemoteInfo;
}

/** Stands in for rtpengine's UDP port of one media line: an ICE-lite agent that media is sent to. */
export class FakeAnchor {
  readonly requests = new Arrivals<Nominated>();
  readonly media = new Arrivals<Buffer>();
  /** How many of the next requests are left unanswered. */
  deaf = 0;
  /** The source of the nominated request with the highest priority: where media goes. */
  peer: Nominated | undefined;
  /** Signs with this instead of the right password. */
  signsWith: string | undefined;

  private constructor(
    readonly socket: Socket,
    readonly pwd: string,
  ) {
    socket.on('message', (packet, from) => this.#received(packet, from));
  }

  static async open(pwd: string): Promise<FakeAnchor> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new FakeAnchor(socket, pwd);
  }

  get address(): { address: string; port: number } {
    return { address: '127.0.0.1', port: this.socket.address().port };
  }

  send(packet: Buffer): void {
    this.socket.send(packet, this.peer!.from.port, this.peer!.from.address);
  }

  close(): void {
    this.socket.close();
  }

  #received(packet: Buffer, from: RemoteInfo): void {
    const message = parseStun(packet);
    if ('fault' in message) {
      this.media.push(packet);
      return;
    }
    const nominated = {
      username: username(message),
      priority: priority(message)!,
      useCandidate: findAttribute(message, attributeType.useCandidate) !== undefined,
      controlling: findAttribute(message, attributeType.iceControlling) !== undefined,
      genuine: verifyFingerprint(message) && verifyIntegrity(message, this.pwd),
      from,
    };
    const isAnswered = this.deaf-- <= 0;
    if (isAnswered) {
      if (nominated.priority > (this.peer?.priority ?? 0)) this.peer = nominated;
      const integrity = { password: this.signsWith ?? this.pwd, algorithm: 'sha1' } as const;
      this.socket.send(
        buildBindingSuccess(message.transactionId, { address: from.address, port: from.port }, integrity),
        from.port,
        from.address,
      );
    }
    this.requests.push(nominated);
  }
}
