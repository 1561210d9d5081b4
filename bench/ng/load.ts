import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client';

const ice = 'a=ice-ufrag:ueUF\r\na=ice-pwd:uepwduepwduepwduepwd12\r\na=rtcp-mux\r\n';
const candidate = 'a=candidate:1 1 UDP 2130706431 127.0.0.1 5000 typ host\r\n';
const sdp = (lines: string) => `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n${lines}`;
const ofUe = sdp(`m=audio 5000 RTP/AVP 0 8\r\n${ice}${candidate}`);
const ofPhone = sdp('m=audio 6000 RTP/AVP 0 8\r\n');

let calls = 0;

/** The three commands of a call of a UE. */
function commandsOf(): Parameters<Client['ask']>[0][] {
  const call = { 'call-id': `bench-${process.pid}-${(calls += 1)}`, 'from-tag': 'a' };
  return [
    { command: 'offer', ...call, ICE: 'remove', sdp: ofUe },
    { command: 'answer', ...call, 'to-tag': 'b', sdp: ofPhone },
    { command: 'delete', ...call, 'delete delay': '0' },
  ];
}

/** Calls one after the other, so many at once, for so long: how many commands were answered, a second. */
export async function asFastAsItGoes(client: Client, atOnce: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let answered = 0;
  const run = async () => {
    while (performance.now() < end)
      for (const command of commandsOf()) {
        await client.ask(command);
        answered += 1;
      }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, run));
  return (answered * 1000) / (performance.now() - start);
}

/** So many commands a second, whatever becomes of them: how long each took, ms. */
export async function atRate(client: Client, rate: number, seconds: number): Promise<number[]> {
  const took: number[] = [];
  const under: Promise<void>[] = [];
  const start = performance.now();
  const total = Math.round((rate * seconds) / 3);
  for (let i = 0; i < total; i++) {
    const wait = start + (i * 3000) / rate - performance.now();
    if (wait > 1) await sleep(wait);
    under.push(
      (async () => {
        for (const command of commandsOf()) took.push(await client.ask(command));
      })(),
    );
  }
  await Promise.all(under);
  return took;
}
