import { roleAttribute, usernameAttribute } from '../../../lib/ice/stun-attribute';
import { buildStun, parseStun, verifyIntegrity } from '../../../lib/ice/stun-message';
import { channelData, dataIndication, packetIn } from '../../../lib/ice/turn-frames';
import { errorCode } from '../../../lib/ice/binding';
import { turnAttribute, turnMethod } from '../../../lib/turn/turn-message';
import { peerAt, peerAttribute, rtpengineIce, TurnLab, type Client } from './turn-lab';

const port = 30_000;
const channel = 0x4000;
const alice = 'alice@ims.example';

let client: Client;

beforeEach(() => {
  const lab = new TurnLab();
  lab.places.tell(port, alice);
  client = lab.allocated();
});

const check = (role: 'controlled' | 'controlling', pwd = rtpengineIce.pwd) =>
  buildStun({
    ...{ class: 'request', transactionId: Buffer.alloc(12, 5), key: pwd },
    attributes: [usernameAttribute(`${rtpengineIce.ufrag}:alice`), roleAttribute(role, 1n)],
  });

function send(data: Buffer): void {
  const transactionId = Buffer.alloc(12);
  const attributes = [peerAttribute(peerAt(port), transactionId), { type: turnAttribute.data, value: data }];
  client.session.received(buildStun({ class: 'indication', method: turnMethod.send, transactionId, attributes }));
}

/** 487, signed as rtpengine would, in the check's transaction. */
function isConflict(answer: Buffer): boolean {
  const message = parseStun(answer);
  if ('fault' in message) return false;
  expect(message.transactionId).toEqual(Buffer.alloc(12, 5));
  return errorCode(message)?.code === 487 && verifyIntegrity(message, rtpengineIce.pwd);
}

describe('C9, M5: a UE that takes itself for controlled', () => {
  test('by Send is told of the conflict, and rtpengine is not', () => {
    client.permit();
    send(check('controlled'));
    const answer = client.link.sent.at(-1)!;
    expect(isConflict(packetIn(answer))).toBe(true);
    expect(answer.subarray(0, 8)).toEqual(dataIndication(peerAt(port), packetIn(answer)).subarray(0, 8));
    expect(client.link.relayed).toEqual([]);
  });

  test('by a channel is, too', () => {
    client.bind(port, channel);
    client.session.received(channelData(channel, check('controlled')));
    const answer = client.link.sent.at(-1)!;
    expect(answer.readUInt16BE(0)).toBe(channel);
    expect(isConflict(packetIn(answer))).toBe(true);
    expect(client.link.relayed).toEqual([]);
  });

  test.each([
    ['as controlling', check('controlling')],
    ['with another password', check('controlled', 'another-password-than-that')],
  ])('and who checks %s goes to rtpengine', (_, data) => {
    client.permit();
    send(data);
    client.bind(port, channel);
    client.session.received(channelData(channel, data));
    expect(client.link.relayed.map(([to]) => to)).toEqual([port, port]);
  });

  test('on a channel that is not bound gets nothing, and is heard on', () => {
    const before = client.link.sent.length;
    client.session.received(channelData(channel + 1, check('controlled')));
    expect(client.link.sent).toHaveLength(before);
    expect(client.link.closedFor).toBeUndefined();
  });
});

test('M2: of a port that is none of its calls, it learns nothing', () => {
  const stranger = new TurnLab().allocated();
  stranger.permit();
  const before = stranger.link.sent.length;
  client = stranger;
  send(check('controlled'));
  expect(stranger.link.sent).toHaveLength(before);
});
