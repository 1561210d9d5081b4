import type { Lab } from './lab';
import { Sipp, type SippOptions } from './sipp';

/** Where UEs believe that they are: behind a NAT, so that their Contact leads nowhere. */
const privateContact = 'ue@10.9.8.7:5060;transport=tcp';

/** Values of the scenarios' keywords that a test leaves as they are; those with a line break add headers. */
const keywords = {
  contact: privateContact,
  contact_params: '',
  register: '',
  granted: ';expires=600',
  invite: '',
  answer: '',
};

/** A UE and the core, each a SIPp with its half of one scenario. */
export interface SipPair {
  ue: Sipp;
  core: Sipp;
}

export type Direction = 'originating' | 'terminating';

/** Runs scenarios between a UE and the core of a lab. */
export class SipPairs {
  readonly #lab: Lab;
  readonly #running: Sipp[] = [];
  readonly #common: Partial<SippOptions>;

  /** `common` goes for all UEs. */
  constructor(lab: Lab, common: Partial<SippOptions> = {}) {
    this.#lab = lab;
    this.#common = common;
  }

  async ue(options: SippOptions): Promise<Sipp> {
    const own = { target: 'sip:core@example.net', ...keywords, ...this.#common.keywords, ...options.keywords };
    return this.#keep(await Sipp.start(this.#lab.network, 'ue', { ...this.#common, ...options, keywords: own }));
  }

  async core(options: SippOptions): Promise<Sipp> {
    const own = { target: `sip:${privateContact}`, ...keywords, ...options.keywords };
    return this.#keep(await Sipp.start(this.#lab.network, 'core', { server: true, ...options, keywords: own }));
  }

  /** Starts `name.caller` and `name.callee` after a registration; `calls`: how many the callee gets. */
  async start(
    direction: Direction,
    name: string,
    { calls = 1, ...values }: { calls?: number } & Record<string, string | number> = {},
  ): Promise<SipPair> {
    const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
    if (direction === 'originating') {
      const options = { scenario: `${name}.callee`, role: 'callee' as const, calls: calls + 1, keywords: given };
      const core = await this.core(options);
      return { core, ue: await this.ue({ scenario: `${name}.caller`, keywords: given }) };
    }
    const core = await this.core({ scenario: `${name}.caller`, keywords: given });
    return {
      core,
      ue: await this.ue({ scenario: 'registering/stays.ue', incoming: `${name}.callee`, keywords: given }),
    };
  }

  /** As {@link SipPairs.start}, to the end of both, which have seen nothing that is not for them (G21). */
  async run(direction: Direction, name: string, values: Parameters<SipPairs['start']>[2] = {}): Promise<SipPair> {
    const pair = await this.start(direction, name, values);
    const ueIsDone = direction === 'originating' ? pair.ue.succeeded() : pair.ue.logged('complete');
    await Promise.all([ueIsDone, pair.core.succeeded()]);
    expectApart(pair);
    return pair;
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((each) => each.close()));
  }

  #keep(sipp: Sipp): Sipp {
    this.#running.push(sipp);
    return sipp;
  }
}

/** Said among the core's own, or between parts of the edge. */
const neverForUes =
  /^(p-charging-vector|p-charging-function-addresses|p-access-network-info|p-visited-network-id|service-route|path|record-route|security-server|x-edge80-.*)$/;

const neverForTheCore = /^(security-client|security-verify|security-server|p-preferred-identity|x-edge80-.*)$/;

/**
 * Topology hiding: neither side has got an address of the other's or of the host's own, nor what the other says among its own (G7, G10,
 * G21). A UE's Contact in REGISTER is what the registrar registers.
 */
export function expectApart({ ue, core }: SipPair): void {
  for (const message of ue.received()) {
    expect(message.toString()).not.toMatch(/192\.0\.2\.|127\.\d+\.\d+\.\d|\[?::1\]/);
    expect(message.headers.map(({ key }) => key).filter((key) => neverForUes.test(key))).toEqual([]);
  }
  for (const message of core.received()) {
    if (message.method === 'REGISTER') message.remove('contact');
    expect(message.toString()).not.toMatch(/198\.51\.100\.|10\.9\.8\.|127\.\d+\.\d+\.\d|\[?::1\]/);
    expect(message.headers.map(({ key }) => key).filter((key) => neverForTheCore.test(key))).toEqual([]);
    const { method } = message;
    if (method !== '' && method !== 'ACK' && method !== 'CANCEL') {
      expect([method, message.get('p-charging-vector')]).toEqual([
        method,
        expect.stringMatching(/^icid-value="[^"]+"/),
      ]);
    }
  }
}
