/**
 * `npm run bench:ng -- …`: commands of ng through a media node (edge80 agw), beside a bare rtpengine: offer, answer and
 * delete of calls of UEs with ICE, which the node gives its candidates.
 *
 *     --seconds 4        of each measurement
 *     --rounds 3         of each, in turn
 *     --calls 32         at once, where it is measured how many commands there can be
 *     --rate 1000        commands a second, where it is measured how long they take
 *     --rtpengine NAME   the program (rtpengine)
 *     --json             the last line is one object with all figures
 *
 * Exit status: 0 measured, whatever the figures; 2 wrong options.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { median } from './median';
import { Client } from './ng/client';
import { asFastAsItGoes, atRate } from './ng/load';
import { Server, type ServerName } from './ng/servers';
import { runBench, say, tellResult, wholeNumber } from './program';

interface Figures {
  /** Commands a second at most. */
  perSecond: number;
  /** ms, at the rate. */
  p50: number;
  p99: number;
  /** CPU time of a command, µs: of the node itself, and of its rtpengine. */
  ownUs: number;
  rtpengineUs: number;
}

async function main(): Promise<void> {
  const options = readOptions();
  const names: ServerName[] = ['rtpengine', 'agw'];
  const rounds: Record<ServerName, Figures[]> = { rtpengine: [], agw: [] };
  for (let i = 0; i < options.rounds; i++)
    for (const name of i % 2 === 0 ? names : names.toReversed()) {
      const figures = await measured(name, options);
      say(`${name}: ${Math.round(figures.perSecond)} commands/s, p99 ${figures.p99.toFixed(2)} ms`);
      rounds[name].push(figures);
    }
  const result = { options, rtpengine: middle(rounds.rtpengine), agw: middle(rounds.agw) };
  tellResult(report(result), result, options.json);
}

async function measured(name: ServerName, options: ReturnType<typeof readOptions>): Promise<Figures> {
  const { seconds, calls, rate, rtpengine } = options;
  const server = await Server.start(name, rtpengine);
  const client = await Client.open(server.port);
  try {
    await asFastAsItGoes(client, calls, 1);
    const before = server.cpu();
    const perSecond = await asFastAsItGoes(client, calls, seconds);
    const after = server.cpu();
    const took = (await atRate(client, rate, seconds)).sort((a, b) => a - b);
    const perCommand = (side: 'own' | 'rtpengine') => ((after[side] - before[side]) * 1e6) / (perSecond * seconds);
    const quantile = (of: number) => took[Math.floor(of * took.length)] ?? NaN;
    const cpu = { ownUs: perCommand('own'), rtpengineUs: perCommand('rtpengine') };
    return { perSecond, p50: quantile(0.5), p99: quantile(0.99), ...cpu };
  } finally {
    client.close();
    await server.close();
  }
}

function middle(rounds: readonly Figures[]): Figures {
  const of = (field: keyof Figures) => median(rounds.map((round) => round[field]));
  return {
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    ownUs: of('ownUs'),
    rtpengineUs: of('rtpengineUs'),
  };
}

function report({ options, rtpengine, agw }: Record<ServerName, Figures> & { options: { rate: number } }): string {
  const at = `at ${options.rate}/s`;
  const head = ['', 'commands/s', `p50 ${at}, ms`, `p99 ${at}, ms`, 'CPU of it, µs', 'CPU of rtpengine, µs'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [name, { perSecond, p50, p99, ownUs, rtpengineUs }] of Object.entries({ rtpengine, agw }))
    table.push([
      name,
      Math.round(perSecond),
      p50.toFixed(2),
      p99.toFixed(2),
      Math.round(ownUs),
      Math.round(rtpengineUs),
    ]);
  const added = (agw.p99 - rtpengine.p99).toFixed(2);
  return `${table.toString()}\nA node adds ${added} ms to the p99; its own CPU is ${(agw.ownUs / rtpengine.rtpengineUs).toFixed(1)} times that of a bare rtpengine.`;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '3' },
      calls: { type: 'string', default: '32' },
      rate: { type: 'string', default: '1000' },
      rtpengine: { type: 'string', default: 'rtpengine' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    seconds: wholeNumber('seconds', values.seconds),
    rounds: wholeNumber('rounds', values.rounds),
    calls: wholeNumber('calls', values.calls),
    rate: wholeNumber('rate', values.rate),
    rtpengine: values.rtpengine,
    json: values.json,
  };
}

runBench(__filename, main);
