/**
 * Started by bench/hostile in the place of the core: grants registrations and answers calls, over UDP, at a price that
 * a flood which reaches it does not make felt. Writes a line for each call that ended, and on SIGTERM one for each that
 * did not, and how late it came.
 */
import { createSocket } from 'node:dgram';
import { parseSipMessage, type SipMessage } from '../../lib/wire/sip-message';
import { CoreCall } from './core-call';
import { distribution } from './distribution';
import { Lateness } from './lateness';
import { answeringUser, domain, silentUser, strangerPrefix } from './users';

const [host = ''] = process.argv.slice(2);
const port = 5060;

/** A flood that comes in at once is to wait, not to be lost: its repetition would be measured. Bytes. */
const receiveBuffer = 4 * 1024 * 1024;

/** Headers that a response has from its request (RFC 3261 §8.2.6.2). */
const repeated = ['via', 'from', 'call-id', 'cseq', 'record-route'];

/** Of the media of UEs, ms. */
const delays: number[] = [];
const calls = new Map<string, CoreCall>();
const socket = createSocket({ type: 'udp4', recvBufferSize: receiveBuffer });
const lateness = new Lateness();

socket.on('message', (datagram, { address, port: from }) => {
  const request = parseSipMessage(datagram.toString('latin1'))?.message;
  if (request?.isRequest !== true || request.method === 'ACK') return;
  void answerTo(request).then((answer) => {
    socket.send(Buffer.from(responseTo(request, answer), 'latin1'), from, address);
  });
});

interface Answer {
  status: string;
  headers?: string[];
  body?: string;
}

async function answerTo(request: SipMessage): Promise<Answer> {
  const status = '200 OK';
  switch (request.method) {
    case 'REGISTER': {
      if (request.get('to')?.includes(`sip:${strangerPrefix}`) === true)
        return { status: '401 Unauthorized', headers: [challenge] };
      const path = request.lines('path').map((value) => `Path: ${value}`);
      const contacts = request.lines('contact').map((value) => `Contact: ${value}`);
      return { status, headers: [...path, ...contacts, `Expires: ${request.get('expires') ?? '600'}`] };
    }
    case 'INVITE': {
      const user = /^sips?:([^@;]+)@/.exec(request.requestUri)?.[1];
      if (user === silentUser) return { status: '180 Ringing', headers: [contact] };
      if (user !== answeringUser) return { status: '486 Busy Here' };
      const call = calls.get(request.callId) ?? new CoreCall(host, request, delays);
      calls.set(request.callId, call);
      return { status, headers: [contact, 'Content-Type: application/sdp'], body: await call.sdp };
    }
    case 'BYE':
      tell(calls.get(request.callId));
      calls.delete(request.callId);
      return { status };
    default:
      return { status };
  }
}

const challenge = `WWW-Authenticate: Digest realm="${domain}", nonce="0"`;
const contact = `Contact: <sip:core@${host}:${port}>`;

function responseTo(request: SipMessage, { status, headers = [], body = '' }: Answer): string {
  const own = request.headers.filter(({ key }) => repeated.includes(key)).map(({ name, value }) => `${name}: ${value}`);
  const to = request.get('to') ?? '';
  const tagged = /;\s*tag=/i.test(to) ? to : `${to};tag=${request.callId.replace(/\W/g, '')}`;
  const lines = [`SIP/2.0 ${status}`, ...own, `To: ${tagged}`, ...headers, `Content-Length: ${body.length}`];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function tell(call: CoreCall | undefined): void {
  if (call !== undefined) process.stdout.write(`${JSON.stringify({ event: 'call', ...call.end() })}\n`);
}

process.on('SIGTERM', () => {
  for (const call of calls.values()) tell(call);
  const report = { event: 'report', delays: distribution(delays), lateness: lateness.stop() };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
});

socket.bind(port, host, () => process.stdout.write('ready\n'));
