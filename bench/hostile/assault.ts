import { parseObject } from '../../app/demo/json-line';
import { addresses } from '../../app/demo/network';
import { attacks } from './attacks/attacks';
import type { Distribution } from './distribution';
import type { HostileLab } from './lab';

/** What became of an attack. */
export interface AssaultReport {
  /** How often each thing happened: `connected`, `closed`, `answered 503` … */
  counts: Record<string, number>;
  /** Why it could not go on, if so. */
  failure: string | null;
  /** How late the attacker came to what was due, ms. */
  lateness: Distribution;
}

/** How many addresses strangers come from. */
const sources = 300;

/** How long an attacker may take to start and end beside its attack, ms. */
const marginMs = 20_000;

/** How an attack is bounded. */
export interface Bounds {
  seconds: number;
  /** Things tried; the attack ends with the last of them if it has seen `until`, or anything, by then. */
  most?: number;
  until?: string | undefined;
}

/** What is handed to the attacker's process. */
export interface AttackerOptions extends Bounds {
  name: string;
  edge: string;
  sources: string[];
}

/** Attacks to its end. @throws EdgeError `process-failed`, if the attacker fails */
export async function assault(lab: HostileLab, name: string, bounds: Bounds): Promise<AssaultReport> {
  const from = attacks[name]?.from ?? 'strangers';
  const own = from === 'ue' ? [addresses.ue] : Array.from({ length: sources }, (_, index) => stranger(index));
  const options: AttackerOptions = { name, edge: addresses.edgeAccess, sources: own, ...bounds };
  const attacker = lab.child(from, 'attacker.js', [JSON.stringify(options)]);
  try {
    const report = await attacker.line('its report', bounds.seconds * 1000 + marginMs, parseObject);
    return report as unknown as AssaultReport;
  } finally {
    await attacker.close();
  }
}

/** An address of the strangers' network. */
function stranger(index: number): string {
  return `198.18.${(index + 1) >> 8}.${(index + 1) & 0xff}`;
}
