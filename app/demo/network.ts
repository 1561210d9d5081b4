import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { EdgeError } from '../../lib/errors';
import { runTool } from './processes';

/** The three places that a call goes through, each a network namespace. */
export type Place = 'ue' | 'edge' | 'core';

const places: readonly Place[] = ['ue', 'edge', 'core'];

/** Addresses for documentation (RFC 5737): libwebrtc dials TCP 80 on public addresses only, and these pass as such. */
export const addresses = {
  ue: '198.51.100.2',
  edgeAccess: '198.51.100.1',
  edgeCore: '192.0.2.1',
  core: '192.0.2.2',
} as const;

/** Names of the interfaces: inside the edge, `access` and `core`; inside the UE and the core, `eth0`. */
export const interfaces = { ue: 'eth0', edgeAccess: 'access', edgeCore: 'core', core: 'eth0' } as const;

const namePattern = /^e80-(\d+)-(ue|edge|core)$/;

/**
 * UE ── edge ── core, as three network namespaces joined by two veth pairs. Nothing is made or
 * changed outside of them, and what runs in them reaches nothing else.
 */
export class Network {
  /** @throws EdgeError `network-failed`: no rights to make namespaces, or iproute2 is missing. */
  async lay(): Promise<void> {
    try {
      for (const place of places) {
        await runTool('ip', ['netns', 'add', this.namespace(place)]);
        await this.#ip(place, 'link', 'set', 'lo', 'up');
      }
      await this.#join('ue', interfaces.ue, addresses.ue, interfaces.edgeAccess, addresses.edgeAccess);
      await this.#join('core', interfaces.core, addresses.core, interfaces.edgeCore, addresses.edgeCore);
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
    for (const place of places) {
      if (present.has(this.namespace(place))) removeNamespace(this.namespace(place));
    }
  }

  async #ip(place: Place, ...args: string[]): Promise<void> {
    await runTool('ip', ['-n', this.namespace(place), ...args]);
  }

  async #join(place: 'ue' | 'core', device: string, address: string, edgeDevice: string, edgeAddress: string) {
    const peer = ['peer', 'name', edgeDevice, 'netns', this.namespace('edge')];
    await this.#ip(place, 'link', 'add', device, 'type', 'veth', ...peer);
    await this.#ip(place, 'address', 'add', `${address}/24`, 'dev', device);
    await this.#ip('edge', 'address', 'add', `${edgeAddress}/24`, 'dev', edgeDevice);
    await this.#ip(place, 'link', 'set', device, 'up');
    await this.#ip('edge', 'link', 'set', edgeDevice, 'up');
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
