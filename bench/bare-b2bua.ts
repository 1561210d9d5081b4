/**
 * The least that a B2BUA with rtpengine is: drachtio-srf and rtpengine-client put together as their documentation
 * does. What `bench:signalling` compares edge80 with. Its settings, in the environment:
 *
 *     DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET, RTPENGINE_HOST, RTPENGINE_PORT
 *     CORE   host:port that calls are sent to
 */
import Srf from 'drachtio-srf';
import { Client } from 'rtpengine-client';

interface Request {
  uri: string;
  body: string;
  get(name: string): string;
  getParsedHeader(name: string): { params: { tag: string } };
}

interface Dialog {
  on(event: 'destroy', listener: () => void): void;
  destroy(): void;
}

/** What is used of drachtio-srf; its own types lack some of it. */
interface Server {
  connect(options: object): void;
  on(event: string, listener: (error: Error) => void): void;
  options(handler: (request: Request, response: { send(status: number): void }) => void): void;
  invite(handler: (request: Request, response: { send(status: number): void }) => void): void;
  createB2BUA(request: Request, response: object, uri: string, options: object): Promise<{ uas: Dialog; uac: Dialog }>;
}

const environment = (name: string): string => process.env[name] ?? '';

const core = environment('CORE');
const rtpengine = { host: environment('RTPENGINE_HOST'), port: Number(environment('RTPENGINE_PORT')) };
const client = new Client({ timeout: 1000 });
const srf = new (Srf as unknown as new () => Server)();

async function sdpOf(command: 'offer' | 'answer', options: object): Promise<string> {
  const reply = (await client[command](rtpengine, options)) as { result: string; sdp: string };
  if (reply.result !== 'ok') throw new Error(`rtpengine: ${JSON.stringify(reply)}`);
  return reply.sdp;
}

async function bridge(request: Request, response: { send(status: number): void }): Promise<void> {
  const call = { 'call-id': request.get('Call-ID'), 'from-tag': request.getParsedHeader('From').params.tag };
  const replace = ['origin', 'session-connection'];
  const release = () => void client.delete(rtpengine, call).catch(() => undefined);
  try {
    const offer = { ...call, replace, direction: ['access', 'core'], ICE: 'remove', 'rtcp-mux': ['demux'] };
    const { uas, uac } = await srf.createB2BUA(request, response, `sip:callee@${core}`, {
      localSdpB: await sdpOf('offer', { ...offer, sdp: request.body }),
      localSdpA: (sdp: string, answer: Request) =>
        sdpOf('answer', { ...call, replace, 'to-tag': answer.getParsedHeader('To').params.tag, sdp }),
    });
    for (const [dialog, other] of [
      [uas, uac],
      [uac, uas],
    ] as const) {
      dialog.on('destroy', () => {
        other.destroy();
        release();
      });
    }
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    release();
  }
}

srf.on('error', (error) => process.stderr.write(`${String(error)}\n`));
client.on('error', (error: unknown) => process.stderr.write(`${String(error)}\n`));
srf.options((_request, response) => response.send(200));
srf.invite((request, response) => void bridge(request, response));
srf.connect({
  host: environment('DRACHTIO_HOST'),
  port: Number(environment('DRACHTIO_PORT')),
  secret: environment('DRACHTIO_SECRET'),
});
