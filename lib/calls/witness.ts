import type { CallMedia, SaidSdp, SeenCheck, SelectedPath, Side, VainConnection } from '../media/media-anchor';
import type { SaidLine } from '../media/said-lines';
import { hostPort } from '../wire/sip-uri';
import { blanked, blankedSdp } from './blanked';
import type { Evidence, Refusal } from './evidence';
import type { Ladder, LadderEvent, Place } from './ladder';

type Seen = Pick<Evidence, 'checks' | 'vain' | 'paths' | 'losses' | 'isMediaLost' | 'said' | 'toldUe' | 'refusal'>;

/** How many of a kind of thing are steps of their own; more are counted. */
const firstOfKind = 2;

/** Kinds of things that are counted: there are so many outcomes, ways and addresses at most. */
const mostKinds = 64;

/** Times in ms since the epoch. */
export interface Counted {
  count: number;
  first: number;
  last: number;
  what: string;
}

/** Is told of what a witness sees. */
export interface WitnessListener {
  /** What is no SIP message. */
  step(event: LadderEvent): void;
  /** A SIP message of the call. */
  message(raw: string): void;
}

/** Sees what happens to the media of one call: steps for its ladder, evidence for the verdict. */
export class Witness {
  readonly ladder: Ladder;
  readonly #now: () => number;
  readonly #listener: WitnessListener | undefined;
  readonly #counted = new Map<string, Counted>();
  readonly #checks: Record<string, number> = {};
  readonly #vain: Record<string, number> = {};
  readonly #paths: Record<number, string> = {};
  #said: Evidence['said'] = {};
  #toldUe: Evidence['toldUe'];
  #losses = 0;
  #lostAt: number | undefined;
  #isMediaLost = false;
  #refusal: Refusal | undefined;

  /** @param now ms since the epoch */
  constructor(media: CallMedia, ladder: Ladder, now: () => number, listener?: WitnessListener) {
    this.ladder = ladder;
    this.#now = now;
    this.#listener = listener;
    media.on('said', (said) => this.#saidSdp(said));
    media.on('checked', (check) => this.#checked(check));
    media.on('dialled-in-vain', (told) => this.#dialledInVain(told));
    media.on('selected', (at) => this.#selected(at));
    media.on('connection-lost', (at) => this.#connectionLost(at));
    media.on('media-lost', (at) => {
      this.#isMediaLost = true;
      this.#at('edge', `line ${at.line}: nothing has come from the UE for 30 s (${placeOf(at)})`);
    });
    media.on('restart-due', (cause) => this.#at('edge', `an ICE restart is due: ${cause}`));
    media.on('lost', () => this.#at('edge', 'rtpengine has lost the call'));
  }

  get seen(): Seen & { lostAt: number | undefined } {
    return {
      ...{ checks: this.#checks, vain: this.#vain, paths: this.#paths, losses: this.#losses, lostAt: this.#lostAt },
      ...{ isMediaLost: this.#isMediaLost, said: this.#said },
      ...(this.#toldUe && { toldUe: this.#toldUe }),
      ...(this.#refusal && { refusal: this.#refusal }),
    };
  }

  /** What came so often that it is counted, in words. */
  get counts(): readonly Counted[] {
    return [...this.#counted.values()].filter(({ count }) => count > firstOfKind);
  }

  /** Something that SIP has to tell, and an SDP that goes with it. */
  note(from: Place, to: Place, what: string, sdp = ''): void {
    const event = { at: this.#now(), from, to, what };
    if (this.ladder.isKept) this.ladder.add({ ...event, ...(sdp && { more: blankedSdp(sdp) }) });
    this.#listener?.step(event);
  }

  /** A SIP message of the call, with that side; secrets are left out. */
  sip(side: Side, way: 'received' | 'sent', raw: string): void {
    const far = side === 'access' ? 'ue' : 'core';
    const [what = ''] = raw.split(/\r?\n/, 1);
    const [from, to] = way === 'received' ? ([far, 'edge'] as const) : (['edge', far] as const);
    if (this.ladder.isKept) this.ladder.add({ at: this.#now(), from, to, what, more: blanked(raw) });
    this.#listener?.message(raw);
  }

  /** Only the first counts: what comes after it comes of it. */
  refused(refusal: Refusal): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = { ...refusal, reason: refusal.reason.slice(0, 200) };
    this.#at(
      'edge',
      `refused by the ${refusal.by === 'edge' ? 'edge' : 'far end'}: ${refusal.status} ${refusal.reason}`,
    );
  }

  #saidSdp({ from, what, said, told }: SaidSdp): void {
    this.#said = { ...this.#said, [from]: said };
    const [side, other] = from === 'access' ? (['ue', 'core'] as const) : (['core', 'ue'] as const);
    if (from === 'core') this.#toldUe = told;
    this.note(side, 'edge', `${what}: ${wordsOf(said)}`);
    this.note('edge', other, `${what}: ${wordsOf(told)}`);
  }

  #checked({ outcome, ...at }: SeenCheck): void {
    this.#checks[outcome] = (this.#checks[outcome] ?? 0) + 1;
    this.#count(`line ${at.line}: ICE check ${outcome} over ${at.path}`, at);
  }

  #dialledInVain({ reason, ...at }: VainConnection): void {
    this.#vain[reason] = (this.#vain[reason] ?? 0) + 1;
    this.#count(`a connection from the UE's address to ${at.path} ended: ${reason}`, at);
  }

  #selected(at: SelectedPath): void {
    this.#paths[at.line] = at.path;
    this.#lostAt = undefined;
    this.#isMediaLost = false;
    this.#at('edge', `line ${at.line}: media has its way (${placeOf(at)})`);
  }

  #connectionLost(at: SelectedPath): void {
    this.#losses += 1;
    this.#lostAt = this.#now();
    this.#at('edge', `line ${at.line}: the connection ended (${placeOf(at)})`);
  }

  #at(place: Place, what: string): void {
    this.note(place, place, what);
  }

  #count(what: string, at: Pick<SelectedPath, 'path' | 'remote'>): void {
    const now = this.#now();
    const known = this.#counted.get(what);
    if (known === undefined && this.#counted.size >= mostKinds) return;
    const counted = known ?? { count: 0, first: now, last: now, what };
    this.#counted.set(what, counted);
    counted.count += 1;
    counted.last = now;
    if (counted.count <= firstOfKind)
      this.note('ue', 'edge', `${what} (${hostPort(at.remote.address, at.remote.port)})`);
  }
}

function placeOf({ path, remote }: Pick<SelectedPath, 'path' | 'remote'>): string {
  return `${path} ${hostPort(remote.address, remote.port)}`;
}

function wordsOf(lines: readonly SaidLine[]): string {
  const words = lines.map(({ kind, port, address, direction, hasIce, hasDtls, candidates: { udp, tcp, relay } }) => {
    if (port === 0) return `${kind} declined (port 0)`;
    const ice = hasIce ? `ICE with ${udp} UDP, ${tcp} TCP, ${relay} relay` : 'no ICE';
    return `${kind} ${hostPort(address, port)} ${direction}, ${ice}${hasDtls ? ', DTLS' : ''}`;
  });
  return words.join('; ') || 'no media line';
}
