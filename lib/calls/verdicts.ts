import type { Evidence } from './evidence';
import type { Verdict, VerdictRow } from './verdict';
import { verdictsOfMedia } from './verdicts-of-media';
import { verdictsOfSetup } from './verdicts-of-setup';
import { verdictsWithoutWay } from './verdicts-without-way';

const unknown: VerdictRow = {
  id: 'unknown',
  is: 'bad',
  evidence: 'nothing of the above',
  when: () => true,
  text: ({ cause }) => `The call ended (${cause ?? 'not yet'}), and what is known does not say why it has no media.`,
  help: 'Read the ladder below, and the log with the call’s id.',
};

/** All of them, in the order in which they are tried; docs/operate.md lists them. */
export const verdictRows: readonly VerdictRow[] = [
  ...verdictsOfSetup,
  ...verdictsWithoutWay,
  ...verdictsOfMedia,
  unknown,
];

/** @returns never undefined: the last row fits each call */
export function verdictOf(evidence: Evidence): Verdict {
  const row = verdictRows.find(({ when }) => when(evidence)) ?? unknown;
  const { id, is, help } = row;
  return { id, is, help, text: row.text(evidence) };
}
