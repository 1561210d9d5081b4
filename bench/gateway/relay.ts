import { Child } from './child';

export const relayNames = ['gateway', 'naive'] as const;

/** `gateway` is edge80's; `naive` the least that a forwarder written in Node can do. */
export type RelayName = (typeof relayNames)[number];

/** What a relay is started with; it tells its parent the port that it listens on. */
export interface RelayOptions {
  /** One UDP port on loopback for each stream. */
  anchorPorts: readonly number[];
  /** ICE password of all streams. */
  pwd: string;
}

/** The ICE user name of a stream. */
export function ufrag(stream: number): string {
  return `bench${stream}`;
}

export async function startRelay(name: RelayName, options: RelayOptions, profileTo?: string): Promise<Child> {
  const profile = profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`];
  return Child.start(`relay-${name}.js`, options, name === 'gateway' ? profile : []);
}
