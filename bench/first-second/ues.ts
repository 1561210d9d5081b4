/** Started by bench/first-second.ts in the place of a UE: makes calls one after the other, and writes a line for each. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '../../lib/ops/logger';
import type { ClientMedia } from '../../test/integration/clients/client-media';
import { SipUe } from '../../test/integration/clients/sip-ue';
import { WebrtcMedia } from '../../test/integration/clients/webrtc-media';
import type { Kind, UeCall } from './call-result';
import { now } from './clock';
import { Certificate } from './dtls-server';
import { IceMedia } from './ice-media';

/** ms that a call may take to be heard. */
const patience = 10_000;

/** ms that it goes on then, for the core to hear it too. */
const rest = 200;

/** Hz */
const tone = 400;

const [kind = 'rtp', edge = '', local = '', domain = '', calls = '0'] = process.argv.slice(2);

/** The media of one call, and when the far end is heard first. */
interface CallMedia {
  media: Pick<ClientMedia, 'offer' | 'accept' | 'close'>;
  heard: Promise<unknown>;
}

async function openMedia(certificate: Certificate | undefined): Promise<CallMedia> {
  if ((kind as Kind) === 'libwebrtc') {
    const media = new WebrtcMedia(tone, false);
    return { media, heard: media.firstSound() };
  }
  const media = await IceMedia.open(local, certificate);
  return { media, heard: once(media, 'heard') };
}

async function callOnce(sip: SipUe, { media, heard }: CallMedia): Promise<UeCall> {
  const seen: UeCall = {};
  void heard.then(() => (seen.heardAt = now()));
  const accept = async (answer: string) => {
    seen.answeredAt = now();
    await media.accept(answer);
  };
  const dialog = await sip.call(`sip:core@${domain}`, { offer: () => media.offer(), accept });
  await Promise.race([heard, delay(patience)]);
  await delay(rest);
  await dialog.destroy();
  return seen;
}

async function main(): Promise<void> {
  const sip = await SipUe.open({ edge: `${edge}:80`, local, logger: createLogger('silent') });
  const certificate = (kind as Kind) === 'dtls-srtp' ? await Certificate.make() : undefined;
  try {
    await sip.register();
    for (let left = Number(calls); left > 0; left--) {
      const media = await openMedia(certificate);
      const call = await callOnce(sip, media).catch((error: unknown): UeCall => ({ error: String(error) }));
      await media.media.close();
      process.stdout.write(`${JSON.stringify(call)}\n`);
    }
    await sip.close();
  } finally {
    certificate?.remove();
  }
}

main().then(
  // libwebrtc keeps threads of its own, which would keep the process.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
