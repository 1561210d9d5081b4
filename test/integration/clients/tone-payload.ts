import { muLaw, pcmu } from '../../../lib/ue/tone';

const amplitude = 8000;

/**
 * 20 ms of a tone in PCMU.
 * @param frequency Hz
 * @param number of the packet in the stream: the tone goes on from one to the next
 */
export function tonePayload(frequency: number, number: number): Buffer {
  return Buffer.from(
    Array.from({ length: pcmu.samplesPerPacket }, (_, n) => {
      const phase = (2 * Math.PI * frequency * (number * pcmu.samplesPerPacket + n)) / pcmu.clockRate;
      return muLaw(Math.round(amplitude * Math.sin(phase)));
    }),
  );
}
