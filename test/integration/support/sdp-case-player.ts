import { EdgeError } from '../../../lib/errors';
import { otherSide, type Side } from '../../../lib/media/media-anchor';
import { parseMediaLine } from '../../../lib/sdp/media-line';
import { parseSdp } from '../../../lib/sdp/sdp';
import type { NamedCalls } from '../../unit/media/named-calls';
import type { ExpectedLines, ExpectedSdp, SdpCase, SdpStep } from './sdp-case';
import { brokenRules, LineCounts } from './sdp-rules';
import { textsOf } from '../../unit/sdp/texts';

type SaidStep = Extract<SdpStep, { sdp: string }>;

/** What became of an offer or answer. */
type Outcome = { side: Side; sdp: string } | { refused: string };

/**
 * Plays a case as one call, and judges what each side gets: by what the case says, and by what is to be true of every
 * SDP that leaves.
 * @param bundles whether the rtpengine does (RFC 9143)
 * @returns what was not as it should be, with the line of the step; nothing: all was
 */
export async function playSdpCase(
  anchor: NamedCalls,
  call: string,
  { steps }: SdpCase,
  bundles: boolean,
): Promise<string[]> {
  const faults: string[] = [];
  let last: Outcome | undefined;
  let isLooked = true;
  const counts = new LineCounts();
  for (const step of steps) {
    const fault = (reason: string) => faults.push(`line ${step.line}: ${reason}`);
    if (step.does === 'gets') {
      if (step.bundles === !bundles) continue;
      for (const reason of differences(step.side, last, step.expected)) fault(reason);
      isLooked = true;
    } else if (step.does === 'refused') {
      const wanted = `${step.status} ${step.code}`;
      if (last === undefined || !('refused' in last) || last.refused !== wanted) fault(`not refused: ${told(last)}`);
      isLooked = true;
    } else {
      if (!isLooked && last !== undefined && 'refused' in last) fault(`the step before was refused: ${last.refused}`);
      if (step.does === 'refuses') {
        await anchor.rollback(call);
        continue;
      }
      last = await outcomeOf(anchor, call, step);
      isLooked = false;
      if ('refused' in last) continue;
      for (const reason of [...brokenRules(last.sdp), ...counts.faults(step, last.sdp)]) fault(reason);
    }
  }
  if (!isLooked && last !== undefined && 'refused' in last) faults.push(`the last step was refused: ${last.refused}`);
  return faults;
}

async function outcomeOf(anchor: NamedCalls, call: string, { does, side, sdp }: SaidStep): Promise<Outcome> {
  try {
    const written =
      does === 'offers'
        ? await anchor.offer(call, side, sdp, { address: '10.0.0.5' })
        : await anchor.answer(call, side, sdp);
    return { side: otherSide(side), sdp: written };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return { refused: `${error.sipStatus ?? 0} ${error.code}` };
  }
}

function differences(side: Side, last: Outcome | undefined, expected: ExpectedSdp): string[] {
  if (last === undefined || 'refused' in last || last.side !== side) return [`nothing came: ${told(last)}`];
  const sdp = textsOf(parseSdp(last.sdp));
  const wrong = [...wrongLines(sdp), ...wrongIn(sdp.session, expected.session)];
  return wrong.length === 0 ? [] : [`${wrong.join('\n')}\nin\n${last.sdp}`];

  function wrongLines({ media }: typeof sdp): string[] {
    const same = media.length === expected.media.length;
    const faults = same ? [] : [`${expected.media.length} lines are expected, not ${media.length},`];
    for (const [index, { m, lines }] of expected.media.entries()) {
      const section = media[index];
      if (section === undefined) continue;
      if (!isLine(section[0] ?? '', m)) faults.push(`${m} is not line ${index + 1}`);
      faults.push(...wrongIn(section, lines));
    }
    return faults;
  }
}

function wrongIn(section: readonly string[], { has, no }: ExpectedLines): string[] {
  const where = section[0]?.startsWith('m=') === true ? section[0] : 'the session part';
  const missing = has.filter((wanted) => !section.some((line) => pattern(wanted).test(line)));
  const unwanted = section.filter((line) => no.some((start) => line.startsWith(start)));
  return [...missing.map((line) => `no ${line} of ${where}`), ...unwanted.map((line) => `${line} of ${where}`)];
}

/** A port of `*` is any but 0. */
function isLine(line: string, wanted: string): boolean {
  return pattern(wanted).test(line) && (!/^m=\S+ \* /.test(wanted) || parseMediaLine(line).port !== 0);
}

function pattern(wanted: string): RegExp {
  const parts = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

function told(last: Outcome | undefined): string {
  if (last === undefined) return 'nothing was offered';
  return 'refused' in last ? `refused with ${last.refused}` : `${last.side} got\n${last.sdp}`;
}
