import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { promisify } from 'node:util';
import { wallClock } from '../../lib/ops/clock';
import { bad, doubtful, good, type Finding } from './finding';

const what = 'clock';

/** What goes by it. */
const uses = 'certificates, credentials of TURN and the times of logs go by it';

/**
 * Whether the clock can be trusted.
 * @param now ms since the epoch
 * @param installed when this program came here, ms: no clock that is right says an earlier time
 * @param isSynchronized undefined: nothing here tells
 */
export function clockFinding(now: number, installed: number, isSynchronized: boolean | undefined): Finding {
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  if (now < installed) return bad(what, `${time}, before this program was installed`, `Set it: ${uses}.`);
  if (isSynchronized === undefined) return good(what, `${time}; nothing here tells whether it is synchronized`);
  if (isSynchronized) return good(what, `${time}, synchronized`);
  return doubtful(what, `${time}, not synchronized`, `Install chrony or systemd-timesyncd: ${uses}.`);
}

/** The clock of this machine, as systemd knows it. */
export async function clockHere(): Promise<Finding> {
  const asked = promisify(execFile)('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
    timeout: 2000,
  });
  const said = await asked.then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  return clockFinding(wallClock(), statSync(__filename).ctimeMs, said === '' ? undefined : said === 'yes');
}
