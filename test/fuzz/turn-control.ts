import fc from 'fast-check';
import { defaultLimits } from '../../lib/gateway/limits';
import { buildStun, parseStun } from '../../lib/ice/stun-message';
import { TurnFramer } from '../../lib/ice/turn-framer';
import { channelData } from '../../lib/ice/turn-frames';
import type { StunAttribute } from '../../lib/ice/stun-attribute';
import { defaultTurnLimits } from '../../lib/turn/limits';
import { turnAttribute, turnMethod } from '../../lib/turn/turn-message';
import {
  channelAttribute,
  lifetime,
  outcome,
  peerAt,
  peerAttribute,
  TurnLab,
  udp,
  type Client,
} from '../unit/turn/turn-lab';
import { bytesLike, mutated } from './bytes';
import { must, type FuzzTarget } from './target';

/** Ports that calls of the user have, and one of another's. */
const [own, others] = [[30_000, 30_002, 30_004], 30_010];

/** Inputs on one connection and one server, in which all is kept that was asked of the plane. */
const perClient = 300;

type Way = 'stranger' | 'known' | 'signed';
const ways: readonly Way[] = ['stranger', 'known', 'signed'];

const transactionId = Buffer.alloc(12);
const ofUse: readonly StunAttribute[] = [
  udp,
  lifetime(0),
  lifetime(600),
  ...[0x4000, 0x4001, 0x4fff, 0x5000].map(channelAttribute),
  ...[...own, others, 0, 2223].map((port) => peerAttribute(peerAt(port))),
  peerAttribute(peerAt(own[0] ?? 0, '127.0.0.1')),
  { type: turnAttribute.data, value: Buffer.alloc(33, 0x80) },
];

const attribute = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...ofUse) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.oneof(fc.constantFrom(...Object.values(turnAttribute), 0x0018, 0x001a, 0x001d, 0x0022), fc.nat(0xffff)),
      value: fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes)),
    }),
  },
);
const method = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...Object.values(turnMethod)) },
  { weight: 1, arbitrary: fc.nat(0xfff) },
);

/** The method in two bytes, and the attributes behind one another. */
const signed = fc
  .tuple(method, fc.array(attribute, { maxLength: 5 }))
  .map(([type, attributes]) =>
    Buffer.concat([
      Buffer.from([type >> 8, type]),
      ...attributes.flatMap(({ type: code, value }) => [
        Buffer.from([code >> 8, code, value.length >> 8, value.length]),
        Buffer.from(value),
      ]),
    ]),
  );

const genuine: readonly Buffer[] = [
  ...Object.values(turnMethod).map((type) =>
    buildStun({ class: 'request', method: type, transactionId, attributes: ofUse }),
  ),
  ...own.map((port) =>
    buildStun({
      ...{ class: 'indication', method: turnMethod.send, transactionId, hasFingerprint: false },
      attributes: [peerAttribute(peerAt(port)), { type: turnAttribute.data, value: Buffer.alloc(20, 0x80) }],
    }),
  ),
  channelData(0x4000, Buffer.alloc(20, 0x80)),
];

const tagged = (way: Way, bytes: fc.Arbitrary<Buffer>) =>
  bytes.map((rest) => Buffer.concat([Buffer.from([ways.indexOf(way)]), rest]));

/**
 * Messages to control of TURN. The first byte says how: as a stranger's, on a connection with a relayed address, or as a
 * request of that, which is signed here. Whatever comes, data passes to ports of the user's calls alone.
 */
export const turnControl: FuzzTarget = {
  name: 'turn-control',
  inputs: fc.oneof(tagged('stranger', bytesLike(genuine)), tagged('known', bytesLike(genuine)), {
    weight: 3,
    arbitrary: tagged('signed', fc.oneof(signed, mutated(signed))),
  }),
  start: () => {
    const control = new Control();
    return Promise.resolve({ feed: (input) => control.feed(input), end: () => Promise.resolve() });
  },
};

class Control {
  #lab = new TurnLab();
  #known: Client | undefined;
  #fed = 0;

  feed(input: Buffer): string {
    if (this.#fed++ % perClient === 0) this.#renew();
    this.#lab.time += 100;
    this.#lab.server.sweep();
    const way = ways[(input[0] ?? 0) % ways.length] ?? 'stranger';
    const client = way === 'stranger' ? this.#lab.connect() : (this.#known ??= this.#lab.allocated());
    const bytes = input.subarray(1);
    const frames = way === 'signed' ? [signedBy(client, bytes)] : framesOf(bytes);
    let became = 'no frame';
    for (const frame of frames)
      if (client.link.closedFor === undefined) became = this.#tell(client, frame, way === 'signed');
    const isOver = client.link.closedFor !== undefined || client.link.allocations.at(-1) === false;
    if (client === this.#known && isOver) this.#end();
    return `${way}: ${became}`;
  }

  #renew(): void {
    this.#lab = new TurnLab();
    for (const port of own) this.#lab.places.tell(port, 'alice@ims.example');
    this.#lab.places.tell(others, 'bob@ims.example');
    this.#known = undefined;
  }

  #end(): void {
    this.#known?.session.ended();
    this.#known = undefined;
    must(this.#lab.server.counts().allocations === 0, 'A relayed address is left of a connection that has ended.');
  }

  #tell(client: Client, bytes: Buffer, isSigned: boolean): string {
    const { link, session } = client;
    const before = [link.sent.length, link.opened.length, link.relayed.length] as const;
    session.received(bytes);
    if (link.opened.length > before[1]) session.relayed(peerAt(this.#lab.nextPort()));
    requireOwnPeers(client);
    const answers = link.sent.slice(before[0]);
    must(answers.length <= 1, 'One message has more than one answer.');
    if (link.closedFor !== undefined) return `closed, ${link.closedFor}`;
    if (link.relayed.length > before[2]) return 'relayed';
    const [answer] = answers;
    const request = parseStun(bytes);
    const isRequest = !('fault' in request) && request.class === 'request';
    must(!isRequest || answer !== undefined, 'A request is not answered.');
    if (answer === undefined || !isRequest) return 'no answer';
    const message = parseStun(answer);
    must(!('fault' in message), 'The answer is no STUN message.');
    must(message.transactionId.equals(request.transactionId), 'The answer is to another request.');
    must(message.method === request.method, 'The answer has another method.');
    const became = outcome(message);
    const isOpenToAll = request.method === turnMethod.binding;
    must(became !== 'success' || isSigned || isOpenToAll, 'What proves nothing is served.');
    return String(became);
  }
}

function requireOwnPeers({ link }: Client): void {
  must(link.permitted.size <= defaultTurnLimits.peers, 'There are more peers than there may be.');
  for (const { named } of link.permitted.values())
    must(
      own.includes(named.port) && named.address === peerAt(0).address,
      'Data passes to a port of no call of the user.',
    );
  const last = link.relayed.at(-1);
  must(last === undefined || own.includes(last[0]), 'Data went to a port of no call of the user.');
}

/** What the plane tells control of: whole frames. */
function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  const framer = new TurnFramer(defaultLimits.frameBytes, {
    frame: (frame) => frames.push(Buffer.from(frame)) > 0,
    frameTooLong: () => undefined,
    brokenFraming: () => undefined,
  });
  framer.push(bytes);
  return frames;
}

function signedBy(client: Client, input: Buffer): Buffer {
  const attributes: StunAttribute[] = [];
  for (let at = 2; at + 4 <= input.length;) {
    const end = at + 4 + input.readUInt16BE(at + 2);
    attributes.push({ type: input.readUInt16BE(at), value: input.subarray(at + 4, end) });
    at = end;
  }
  const code = input.length < 2 ? 0 : input.readUInt16BE(0) & 0x0fff;
  return client.bytesOf({ method: code, attributes });
}
