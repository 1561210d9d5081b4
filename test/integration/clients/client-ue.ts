import { join } from 'node:path';
import { createLogger } from '../../../lib/ops/logger';
import type { ClientMedia } from './client-media';
import { NiceMedia, type TurnServer } from './nice-media';
import { SipUe } from './sip-ue';
import { toneShare } from './tone-share';
import { WebrtcMedia } from './webrtc-media';

/*
 * A UE with the media of a client that is not ours, for the tests; run in the UE's namespace:
 *
 *     client-ue.js '{"edge":"198.51.100.1:80","local":"198.51.100.2","call":"sip:core@example.net", …}'
 *
 * It registers, calls or waits for a call, sends a tone, listens, hangs up, and writes what it heard as its last line.
 */

const clients = {
  libwebrtc: ({ sends, video, bundlePolicy }: Wanted): ClientMedia => new WebrtcMedia(sends, video, bundlePolicy),
  libnice: ({ sends, local, folder, turn }: Wanted): ClientMedia =>
    new NiceMedia(sends, local, join(folder, 'nice-agent.py'), turn),
  aioice: ({ sends, local, folder, turn }: Wanted): ClientMedia =>
    new NiceMedia(sends, local, join(folder, 'aioice-agent.py'), turn),
  relayed: ({ sends, local, folder, turn }: Wanted): ClientMedia =>
    new NiceMedia(sends, local, join(folder, 'relayed-agent.py'), turn),
};

interface Wanted {
  client: keyof typeof clients;
  edge: string;
  local: string;
  /** Whom to call; without it, it waits for a call. */
  call?: string;
  /** Both ends offer anew before it listens. */
  reinvites: boolean;
  /** Video beside audio; libwebrtc alone has it. */
  video: boolean;
  /** Of libwebrtc. */
  bundlePolicy: RTCBundlePolicy;
  /** Hz of the tone that it sends. */
  sends: number;
  /** Where the agents in Python are. */
  folder: string;
  /** Of those of Python: media goes by it alone. */
  turn?: TurnServer;
  /** Hz of the tones that it listens for. */
  listensFor: number[];
}

function tell(event: string, fields: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

async function run(wanted: Wanted): Promise<void> {
  const { client, edge, local, call, reinvites, listensFor } = wanted;
  const media = clients[client](wanted);
  const sip = await SipUe.open({ edge, local, logger: createLogger('warn') });
  await sip.register();
  tell('registered');
  const dialog = await (call === undefined ? sip.take(media) : sip.call(call, media));
  tell('answered');
  if (reinvites) await sip.reinvite(dialog, media);
  const { pairs, samples, sampleRate } = await media.listen();
  const shares = Object.fromEntries(
    listensFor.map((frequency) => [frequency, toneShare(samples, frequency, sampleRate)]),
  );
  await dialog.destroy();
  await media.close();
  await sip.close();
  tell('heard', { pairs, shares });
}

run(JSON.parse(process.argv[2] ?? '{}') as Wanted).then(
  // libwebrtc keeps threads of its own, which would keep the process.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
    process.exit(1);
  },
);
