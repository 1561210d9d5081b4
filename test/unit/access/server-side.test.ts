import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { defaultLimits } from '../../../lib/access/limits';
import { ServerSide, type Address } from '../../../lib/access/server-side';
import { parseSipMessage, type SipMessage } from '../../../lib/wire/sip-message';
import { freePort } from '../sip/sip-peer';

const request = (method: string, cseq: string, branch = 'z9hG4bK1'): SipMessage =>
  parseSipMessage(
    `${method} sip:b@h SIP/2.0\r\nVia: SIP/2.0/TCP 10.1.2.3;branch=${branch}\r\nCall-ID: c1\r\nCSeq: ${cseq}\r\n\r\n`,
  )!.message;

const invite = request('INVITE', '1 INVITE');

let server: Server;
let opened: Promise<Address>;
let closed: Promise<Error | undefined>;
let said: string[];
let side: ServerSide;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  side = to((server.address() as AddressInfo).port);
});

afterEach(async () => {
  side.close();
  server.close();
  await once(server, 'close');
});

function to(port: number): ServerSide {
  said = [];
  let open: (own: Address) => void = () => undefined;
  let close: (refusal: Error | undefined) => void = () => undefined;
  opened = new Promise((resolve) => (open = resolve));
  closed = new Promise((resolve) => (close = resolve));
  const limits = { ...defaultLimits, waiting: 250 };
  return new ServerSide({ address: '127.0.0.1', port }, limits, {
    opened: open,
    message: (text) => void said.push(text),
    closed: close,
  });
}

test('what comes before the server has taken the connection waits, in its order', async () => {
  const connection = once(server, 'connection') as Promise<[Socket]>;
  expect([side.wait(invite), side.wait(request('CANCEL', '1 CANCEL'))]).toEqual([true, true]);
  const [socket] = await connection;
  expect(await opened).toEqual({ address: '127.0.0.1', port: socket.remotePort });
  expect(side.takeWaiting().map(({ method }) => method)).toEqual(['INVITE', 'CANCEL']);
  expect(side.takeWaiting()).toEqual([]);
});

test('only so many bytes wait', () => {
  expect([1, 2, 3, 4].map(() => side.wait(invite))).toEqual([true, true, false, false]);
});

test('an INVITE that waits is known by its CANCEL', () => {
  side.wait(invite);
  expect(side.isOfWaiting(request('CANCEL', '1 CANCEL'))).toBe(true);
  expect(side.isOfWaiting(request('CANCEL', '2 CANCEL'))).toBe(false);
  expect(side.isOfWaiting(request('CANCEL', '1 CANCEL', 'z9hG4bK2'))).toBe(false);
});

test('a server that takes no connection: why is told', async () => {
  side = to(await freePort('127.0.0.1'));
  side.wait(invite);
  expect(await closed).toMatchObject({ code: 'ECONNREFUSED' });
  expect(side.isOpen).toBe(false);
});
