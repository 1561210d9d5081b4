import { join } from 'node:path';
import { builtProgram } from '../../../app/demo/edge-process';
import { parseObject } from '../../../app/demo/json-line';
import { addresses, type Network } from '../../../app/demo/network';
import { NamespaceProcess } from '../../../app/demo/processes';
import type { SelectedPair } from '../clients/client-media';
import type { TurnServer } from '../clients/nice-media';

/** How long a call of a client may take until it is over, in ms. */
const callMs = 40_000;

export interface ClientReport {
  /** One for each transport that it has. */
  pairs: SelectedPair[];
  /** How much of what was heard is the tone of this frequency, 0 to 1. */
  shares: Record<number, number>;
}

/** A client that is not ours; `relayed` has TURN by aioice, and no ICE. */
export type Client = 'libwebrtc' | 'libnice' | 'aioice' | 'relayed';

export interface ClientUeOptions {
  client: Client;
  /** Calls the core; else it waits for a call. */
  calls: boolean;
  /** Both ends offer anew before it listens. */
  reinvites: boolean;
  /** Offers or takes video beside audio. */
  video: boolean;
  /** Of libwebrtc. */
  bundlePolicy: 'balanced' | 'max-bundle';
  /** Of libnice and aioice. */
  turn?: TurnServer | undefined;
  /** Hz */
  sends: number;
  listensFor: readonly number[];
}

/** A UE whose media is another client's (test/integration/clients), in the UE's namespace. */
export class ClientUe {
  readonly #process: NamespaceProcess;

  constructor(
    network: Network,
    { client, calls, reinvites, video, bundlePolicy, turn, sends, listensFor }: ClientUeOptions,
  ) {
    const wanted = {
      client,
      edge: `${addresses.edgeAccess}:80`,
      local: addresses.ue,
      ...(calls && { call: 'sip:core@example.net' }),
      reinvites,
      video,
      bundlePolicy,
      sends,
      listensFor,
      folder: join(__dirname, '..', 'clients'),
      ...(turn && { turn }),
    };
    this.#process = new NamespaceProcess({
      name: `the UE with ${client}`,
      namespace: network.namespace('ue'),
      program: process.execPath,
      args: [builtProgram(join('..', 'test', 'integration', 'clients', 'client-ue.js')), JSON.stringify(wanted)],
    });
  }

  /** What it heard in its call, after that was over and the program had ended. */
  async report(): Promise<ClientReport> {
    const report = await this.#process.line('it told what it heard', callMs, (line) => {
      const value = parseObject(line);
      return value?.['event'] === 'heard' ? (value as unknown as ClientReport) : undefined;
    });
    const how = await this.#process.ended;
    if (how !== 'code 0') throw new Error(`${this.#process.name} ended with ${how}:\n${this.#process.recentOutput}`);
    return report;
  }

  async close(): Promise<void> {
    await this.#process.close();
  }
}
