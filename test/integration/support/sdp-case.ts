import type { Side } from '../../../lib/media/media-anchor';
import type { Profiles } from '../../../lib/media/profiles';

/** A file of test/vectors/sdp, whose README tells the format. */
export interface SdpCase {
  /** The first line of the comment. */
  title: string;
  settings: SdpCaseSettings;
  steps: SdpStep[];
}

/** Settings of the edge, by their names in app/config.ts. */
interface SdpCaseSettings {
  CORE_PROFILE: Profiles['core'];
  ACCESS_PROFILE: Profiles['access'];
}

export type SdpStep =
  | { does: 'offers' | 'answers'; side: Side; line: number; sdp: string }
  | { does: 'refuses'; side: Side; line: number }
  | { does: 'gets'; side: Side; line: number; expected: ExpectedSdp; bundles: boolean | undefined }
  | { does: 'refused'; line: number; status: number; code: string };

/** What an SDP has to have, and must not have. */
export interface ExpectedSdp {
  session: ExpectedLines;
  /** One for each m= line. */
  media: { m: string; lines: ExpectedLines }[];
}

export interface ExpectedLines {
  /** `*` stands for any text. */
  has: string[];
  /** No line begins so. */
  no: string[];
}

/** Releases of rtpengine that an outcome is for. */
const releases: Record<string, boolean> = { bundles: true, 'does not bundle': false };

const sides: Record<string, Side> = { UE: 'access', core: 'core' };

/** Stands for a space that would not be seen, or be cut off. */
const spaceSign = '␠';

/** Where each side's SDP says that it is, unless it says that itself. */
const addresses: Record<Side, string> = { access: '10.0.0.5', core: '203.0.113.9' };

/** @throws Error that names file and line */
export function readSdpCase(file: string, text: string): SdpCase {
  const reader = new Reader(file, text);
  const title = reader.title();
  const settings: SdpCaseSettings = { CORE_PROFILE: 'as-offered', ACCESS_PROFILE: 'as-offered' };
  const steps: SdpStep[] = [];
  for (let block = reader.block(); block !== undefined; block = reader.block()) {
    const { line, head, rest } = block;
    if (!head.startsWith('with ')) steps.push(step(reader, line, head, rest));
    else if (head === 'with CORE_PROFILE=rtp-avp') settings.CORE_PROFILE = 'rtp-avp';
    else if (head === 'with ACCESS_PROFILE=webrtc') settings.ACCESS_PROFILE = 'webrtc';
    else reader.fail(line, `no such setting: ${head}`);
  }
  if (steps.length === 0) reader.fail(1, 'nothing is offered');
  return { title, settings, steps };
}

function step(reader: Reader, line: number, head: string, rest: readonly string[]): SdpStep {
  const [, status, code] = /^refused (\d+) (\S+)$/.exec(head) ?? [];
  if (code !== undefined && rest.length === 0) return { does: 'refused', line, status: Number(status), code };
  const [, who = '', does, where] =
    /^(UE|core) (offers|answers|refuses|gets)(?: where rtpengine (.+))?$/.exec(head) ?? [];
  const side = sides[who];
  if (side === undefined) return reader.fail(line, `no such step: ${head}`);
  if (does === 'offers' || does === 'answers') return { does, side, line, sdp: written(side, rest) };
  if (does === 'gets')
    return { does, side, line, expected: expected(reader, line, rest), bundles: releases[where ?? ''] };
  if (rest.length > 0) return reader.fail(line, `nothing follows "${head}"`);
  return { does: 'refuses', side, line };
}

function written(side: Side, lines: readonly string[]): string {
  const at = addresses[side];
  const isWhole = lines[0]?.startsWith('v=') === true;
  const first = lines.findIndex((line) => line.startsWith('m='));
  const session = first === -1 ? lines : lines.slice(0, first);
  const media = first === -1 ? [] : lines.slice(first);
  const head = ['v=0', `o=- 1 1 IN IP4 ${at}`, 's=-', `c=IN IP4 ${at}`, 't=0 0'];
  const whole = [...(isWhole ? [] : head), ...session, ...media];
  return whole.map((line) => `${line.replaceAll(spaceSign, ' ')}\r\n`).join('');
}

function expected(reader: Reader, line: number, lines: readonly string[]): ExpectedSdp {
  const nothing = (): ExpectedLines => ({ has: [], no: [] });
  const outcome: ExpectedSdp = { session: nothing(), media: [] };
  for (const [index, wanted] of lines.entries()) {
    const part = outcome.media.at(-1)?.lines ?? outcome.session;
    if (wanted.startsWith('m=')) outcome.media.push({ m: wanted, lines: nothing() });
    else if (wanted.startsWith('no ')) part.no.push(wanted.slice(3));
    else if (/^[a-z]=/.test(wanted)) part.has.push(wanted);
    else reader.fail(line + 1 + index, `neither a line of an SDP nor "no …": ${wanted}`);
  }
  return outcome;
}

/** The blocks of a file: separated by empty lines, without the comment. */
class Reader {
  readonly #file: string;
  readonly #lines: readonly string[];
  #at = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  }

  title(): string {
    const [, title] = /^# (.+)/.exec(this.#lines[0] ?? '') ?? [];
    return title ?? this.fail(1, 'the first line is "# " and what the case is about');
  }

  block(): { line: number; head: string; rest: string[] } | undefined {
    while (this.#at < this.#lines.length && /^(#|$)/.test(this.#lines[this.#at] ?? '')) this.#at += 1;
    const line = this.#at + 1;
    const block: string[] = [];
    for (let text = this.#lines[this.#at]; text; text = this.#lines[this.#at]) {
      block.push(text);
      this.#at += 1;
    }
    const [head, ...rest] = block;
    return head === undefined ? undefined : { line, head, rest };
  }

  fail(line: number, reason: string): never {
    throw new Error(`${this.#file}:${line}: ${reason}`);
  }
}
