/**
 * `npm run bench:signalling -- …`: what a call costs in signalling, edge80 beside a bare B2BUA of drachtio-srf and
 * rtpengine-client on the same SIP server.
 *
 *     --rate 50         calls per second: INVITE, 180, 200, ACK, BYE, and SDP through rtpengine
 *     --seconds 8       of calls in each round
 *     --rounds 5        of each system, in turn
 *     --hold 1000       calls that are held at the same time, to measure memory
 *     --beside bare     or plain: edge80 without ladders, metrics and call records
 *     --service-route   edge80's INVITEs go through its egress relay, as in an IMS
 *     --profile DIR     writes CPU profiles of both apps there
 *     --json            the last line is one object with all figures
 *
 * DRACHTIO_BIN=/path/to/drachtio: on that server; otherwise on the embedded edge in a process of its own.
 * RTPENGINE_BIN: another rtpengine than the installed one. SIPp has to be installed.
 *
 * Exit status: 0 measured, whatever the figures; 1 it could not be measured; 2 wrong options.
 */
import { parseArgs } from 'node:util';
import { outcome, report } from './signalling/outcome';
import { runHeld, runRound, type Held, type Round } from './signalling/round';
import { otherNames, System, type OtherName, type SystemName } from './signalling/system';
import { runBench, say, tellResult, wholeNumber } from './program';

interface Options {
  rate: number;
  seconds: number;
  rounds: number;
  hold: number;
  other: OtherName;
  serviceRoute: boolean;
  json: boolean;
  profileTo: string | undefined;
}

/** Before anything is measured, at twice the rate: Node goes on compiling what is hot for more than 1000 calls. */
const warmUpSeconds = 20;

async function main(): Promise<void> {
  const { json, ...options } = readOptions();
  const result = await measure(options);
  tellResult(report(result), result, json);
}

async function measure({ rate, seconds, rounds, hold, other, serviceRoute, profileTo }: Omit<Options, 'json'>) {
  const drachtio = set('DRACHTIO_BIN');
  const rtpengine = set('RTPENGINE_BIN') ?? 'rtpengine';
  const systems: System[] = [];
  const names = ['edge80', other] as const;
  const start = async (name: SystemName, profiles?: string): Promise<System> => {
    const system = await System.start(name, { drachtio, rtpengine, serviceRoute, profileTo: profiles });
    systems.push(system);
    return system;
  };
  try {
    for (const name of names) {
      say(`${name}: warm-up`);
      await runRound(await start(name, profileTo), rate * 2, warmUpSeconds);
    }
    const done: Round[] = [];
    for (let i = 0; i < rounds; i++) {
      // The order changes, so that neither system always has the machine after the other.
      for (const system of i % 2 === 0 ? systems : systems.toReversed()) {
        const round = await runRound(system, rate, seconds);
        const { app, server, rtpengine: media } = round.cpuPerCall;
        say(`${system.name}: app ${ms(app.total)}, server ${ms(server.total)}, rtpengine ${ms(media.total)} a call`);
        done.push(round);
      }
    }
    for (const system of systems.splice(0)) await system.stop();
    const held: Held[] = [];
    for (const name of names) {
      say(`${name}: ${hold} calls are held`);
      // A new one: what calls of before have left free would hide what these take.
      const system = await start(name);
      await runRound(system, rate, 1);
      held.push(await runHeld(system, rate, hold));
      await system.stop();
    }
    const server = drachtio === undefined ? 'embedded edge' : 'drachtio-server';
    return outcome({ rate, seconds, server, other, serviceRoute }, done, held);
  } finally {
    for (const system of systems) await system.stop();
  }
}

function set(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

function ms(time: number): string {
  return `${time.toFixed(2)} ms`;
}

function otherOf(name: string): OtherName {
  const other = otherNames.find((known) => known === name);
  if (other === undefined) throw new RangeError(`--beside is ${otherNames.join(' or ')}, not "${name}".`);
  return other;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '5' },
      hold: { type: 'string', default: '1000' },
      beside: { type: 'string', default: 'bare' },
      'service-route': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const count = (name: keyof typeof values) => wholeNumber(name, String(values[name]));
  return {
    rate: count('rate'),
    seconds: count('seconds'),
    rounds: count('rounds'),
    hold: count('hold'),
    other: otherOf(values.beside),
    serviceRoute: values['service-route'],
    json: values.json,
    profileTo: values.profile,
  };
}

runBench(__filename, main);
