import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { EdgeError } from '../../lib/errors';
import { runTool } from './processes';

/** Where a UE may be; `strangers` is on the access side too, and has many addresses. */
export type UePlace = 'ue' | 'ue2' | 'strangers';

/** The places that a call goes through, each a network namespace. */
export type Place = UePlace | 'edge' | 'core';

/** Addresses for documentation (RFC 5737): libwebrtc dials TCP 80 on public addresses only, and these pass as such. */
export const addresses = {
  ue: '198.51.100.2',
  ue2: '198.51.100.3',
  strangers: '198.51.100.4',
  edgeAccess: '198.51.100.1',
  edgeCore: '192.0.2.1',
  core: '192.0.2.2',
} as const;

/** IPv6 on the access side (RFC 3849). */
export const addresses6 = {
  ue: '2001:db8::2',
  ue2: '2001:db8::3',
  strangers: '2001:db8::4',
  edgeAccess: '2001:db8::1',
} as const;

/** All of these are addresses of the strangers' place, beside its own (RFC 2544). */
const strangerNetwork = '198.18.0.0/23';

/** The interface of every place but the edge. */
export const outerInterface = 'eth0';

/** The edge's interface toward a place. */
export const edgeInterface = { ue: 'access', ue2: 'access2', strangers: 'strangers', core: 'core' } as const;

const namePattern = /^e80-(\d+)-(ue|ue2|strangers|edge|core)$/;

/**
 * UE ── edge ── core, as network namespaces joined by veth pairs. Nothing is made or changed outside of
 * them, and what runs in them reaches nothing else; one UE does not reach another.
 */
export class Network {
  readonly #ues: readonly UePlace[];

  constructor(ues: readonly UePlace[] = ['ue']) {
    this.#ues = ues;
  }

  /** @throws EdgeError `network-failed`: no rights to make namespaces, or iproute2 is missing. */
  async lay(): Promise<void> {
    try {
      for (const place of this.#places) {
        await runTool('ip', ['netns', 'add', this.namespace(place)]);
        await this.#ip(place, 'link set lo up');
      }
      for (const ue of this.#ues) await this.#join(ue, addresses.edgeAccess);
      await this.#join('core', addresses.edgeCore);
    } catch (error) {
      this.close();
      const why = error instanceof Error ? error.message : String(error);
      throw new EdgeError(
        'network-failed',
        `Network namespaces could not be made: ${why}. This needs root (in a container: CAP_SYS_ADMIN and CAP_NET_ADMIN).`,
        { cause: error },
      );
    }
  }

  /** Removes what killed runs left behind: namespaces named after a process that is gone, and what runs in them. */
  static removeLeftovers(): void {
    for (const name of namespaceNames()) {
      const owner = namePattern.exec(name)?.[1];
      if (owner !== undefined && !isAlive(Number(owner))) removeNamespace(name);
    }
  }

  namespace(place: Place): string {
    return `e80-${process.pid}-${place}`;
  }

  /** Ends what still runs in the namespaces and removes them, at once: it must work in a dying process. May be called twice. */
  close(): void {
    const present = new Set(namespaceNames());
    for (const place of this.#places) {
      if (present.has(this.namespace(place))) removeNamespace(this.namespace(place));
    }
  }

  async #ip(place: Place, command: string): Promise<void> {
    await runTool('ip', ['-n', this.namespace(place), ...command.split(' ')]);
  }

  async #join(place: UePlace | 'core', edgeAddress: string): Promise<void> {
    const device = outerInterface;
    const edgeDevice = edgeInterface[place];
    await this.#ip(place, `link add ${device} type veth peer name ${edgeDevice} netns ${this.namespace('edge')}`);
    await this.#ip(place, `address add ${addresses[place]}/24 dev ${device}`);
    // One address of the edge on several interfaces: each leads to its peer alone.
    await this.#ip('edge', `address add ${edgeAddress} peer ${addresses[place]} dev ${edgeDevice}`);
    if (place !== 'core') {
      // Without duplicate address detection: the address is of use at once.
      await this.#ip(place, `address add ${addresses6[place]}/64 dev ${device} nodad`);
      await this.#ip('edge', `address add ${addresses6.edgeAccess}/128 dev ${edgeDevice} nodad`);
    }
    await this.#ip(place, `link set ${device} up`);
    await this.#ip('edge', `link set ${edgeDevice} up`);
    if (place !== 'core') await this.#ip('edge', `route add ${addresses6[place]}/128 dev ${edgeDevice}`);
    if (place === 'strangers') {
      await this.#ip(place, `route add local ${strangerNetwork} dev lo`);
      await this.#ip('edge', `route add ${strangerNetwork} via ${addresses[place]} dev ${edgeDevice}`);
    }
  }

  get #places(): readonly Place[] {
    return [...this.#ues, 'edge', 'core'];
  }
}

function namespaceNames(): string[] {
  try {
    return readdirSync('/run/netns');
  } catch {
    // The directory comes with the first namespace.
    return [];
  }
}

function removeNamespace(name: string): void {
  const listed = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
  for (const pid of listed.stdout.split('\n')) {
    if (pid === '') continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
  spawnSync('ip', ['netns', 'delete', name]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
