import { pcmu, toneSamples } from '../../../lib/ue/tone';

/** Packets of the tone in the file; whoever plays it begins anew at its end. */
const packets = 250;

const bytesPerSample = 2;

/** WAVE_FORMAT_PCM (RFC 2361). */
const pcmFormat = 1;

/** 5 s of the tone of our UE, as a WAVE file. */
export function toneFile(): Buffer {
  const packet = Buffer.from(Int16Array.from(toneSamples).buffer);
  const samples = Buffer.concat(Array.from({ length: packets }, () => packet));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(pcmFormat, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(pcmu.clockRate, 24);
  header.writeUInt32LE(pcmu.clockRate * bytesPerSample, 28);
  header.writeUInt16LE(bytesPerSample, 32);
  header.writeUInt16LE(8 * bytesPerSample, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}
