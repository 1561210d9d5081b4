import { join } from 'node:path';
import type { PathName } from '../../lib/ue/candidate-pair';
import type { FirewallMode } from './firewall';
import type { Flags } from './flags';

/** What a firewall leaves to a UE. */
export interface Way {
  /** What it does, for a person. */
  firewall: string;
  /** Port of the edge that the UE's SIP goes to, and whether by TLS; and both for a person. */
  sipPort: number;
  isSecure: boolean;
  sip: string;
  /** PUBLIC_PORTS of the edge. */
  publicPorts: string;
  /** What audio comes to; MSRP has no other way than TCP. */
  audio: PathName;
  msrp: PathName;
}

const overTcp80: Omit<Way, 'firewall' | 'audio'> = {
  ...{ sipPort: 80, isSecure: false, sip: 'SIP on TCP 80' },
  ...{ publicPorts: '80', msrp: 'tcp80' },
};

const ways: Readonly<Record<FirewallMode, Way>> = {
  tcp80: { ...overTcp80, firewall: 'passes TCP 80 and nothing else, drops silently', audio: 'tcp80' },
  tcp443: {
    firewall: 'passes TCP 443 and nothing else, drops silently',
    ...{ sipPort: 443, isSecure: true, sip: 'SIP over TLS on TCP 443' },
    ...{ publicPorts: '80,443', audio: 'tcp443', msrp: 'tcp443' },
  },
  open: { ...overTcp80, firewall: 'open: passes everything', audio: 'udp' },
};

/** What the firewall leaves to a client. */
export function wayOf({ firewall, client }: Pick<Flags, 'firewall' | 'client'>): Way {
  const way = ways[firewall];
  const overWebSocket = way.isSecure ? 'SIP over secure WebSocket on TCP 443' : 'SIP over WebSocket on TCP 80';
  if (client === 'chromium') return { ...way, sip: overWebSocket };
  return client === 'linphone' && way.audio !== 'udp' ? { ...way, audio: 'relay' } : way;
}

/** `TCP 80` of `tcp80`; `the TURN relay` of `relay`. */
export function portName(name: string): string {
  if (name === 'relay') return 'the TURN relay';
  const [, transport = name, port = ''] = /^([a-z]+)(\d*)$/.exec(name) ?? [];
  return `${transport.toUpperCase()} ${port}`.trimEnd();
}

/** Where the web phone leaves a picture of itself. */
export function pictureOf({ firewall }: Pick<Flags, 'firewall'>): string {
  return join(process.cwd(), `phone-${firewall}.png`);
}
