import { parseArgs } from 'node:util';
import { EdgeError } from '../../lib/errors';
import type { FirewallMode } from './firewall';

/** Who calls, as the UE sees it. */
export type Direction = 'originating' | 'terminating';

/** Our UE tool, Chromium with the web phone, or a softphone that knows no ICE over TCP, and has TURN. */
export type Client = 'ue' | 'chromium' | 'linphone';

type MediaChoice = 'audio' | 'msrp' | 'audio,msrp';

export interface Flags {
  firewall: FirewallMode;
  direction: Direction;
  /** What the call carries. */
  media: MediaChoice;
  /** Seconds of audio, each way. */
  seconds: number;
  /** What is the UE. */
  client: Client;
  json: boolean;
  help: boolean;
}

export const usage = `npm run demo -- [flags]

A call between a UE and a core through the edge, in three network namespaces of their own, with a
firewall before the UE that passes one TCP port and nothing else: SIP and media share it.

  --firewall tcp80|tcp443|open           what the firewall passes: TCP 80 alone, TCP 443 alone (SIP over TLS), or
                                         everything (tcp80)
  --direction originating|terminating    who calls: the UE or the core (originating)
  --media audio|msrp|audio,msrp          what the call carries (audio); with msrp a file of 10 MB goes to the callee
                                         and back, and its SHA-256 is compared
  --seconds N                            audio, each way (5)
  --client ue|chromium|linphone          what the UE is (ue): this project's tool; Chromium with the web phone of the
                                         edge, which leaves a picture in the working directory, phone-tcp80.png; or
                                         linphone, by TURN on the same port
  --browser                              --client chromium
  --json                                 the last line of standard output is the result as one JSON object
  --help                                 this text

Exit status: 0 media came through both ways on the expected path, 1 it did not, 2 wrong flags.
`;

/** @throws EdgeError `flags-invalid`, one line. */
export function readFlags(args: readonly string[]): Flags {
  const given = parse(args);
  const seconds = Number(given.seconds);
  if (!/^\d+$/.test(given.seconds) || seconds < 1 || seconds > 3600) {
    throw invalid(`--seconds must be a whole number from 1 to 3600, not "${given.seconds}"`);
  }
  const client = given.browser ? 'chromium' : oneOf('--client', ['ue', 'chromium', 'linphone'], given.client);
  if (client !== 'ue' && given.media !== 'audio') throw invalid(`--client ${client} goes with --media audio alone`);
  return {
    firewall: oneOf('--firewall', ['tcp80', 'tcp443', 'open'], given.firewall),
    direction: oneOf('--direction', ['originating', 'terminating'], given.direction),
    media: oneOf('--media', ['audio', 'msrp', 'audio,msrp'], given.media),
    seconds,
    client,
    json: given.json,
    help: given.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        firewall: { type: 'string', default: 'tcp80' },
        direction: { type: 'string', default: 'originating' },
        media: { type: 'string', default: 'audio' },
        seconds: { type: 'string', default: '5' },
        client: { type: 'string', default: 'ue' },
        browser: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    // Node's text has several sentences on some mistakes; the first one names the flag.
    throw invalid((error as Error).message.split(/\.\s/)[0] ?? 'wrong flags');
  }
}

function oneOf<T extends string>(flag: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((item) => item === value);
  if (found === undefined) throw invalid(`${flag} must be ${allowed.join(' or ')}, not "${value}"`);
  return found;
}

function invalid(what: string): EdgeError {
  return new EdgeError('flags-invalid', `${what.replace(/\n/g, ' ')}. See --help.`);
}
