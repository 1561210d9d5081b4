import type { CallTable } from '../../lib/calls/call-table';
import { LineFile } from '../../lib/ops/line-file';
import type { Logger } from '../../lib/ops/logger';
import { recordLine } from '../call-record';
import { opening, type Opened } from './opened';

/** Has a line written for each call that ends; undefined where none is wanted. Rejects with `config-invalid`. */
export async function openCallRecords(
  place: string | undefined,
  calls: CallTable,
  logger: Logger,
  opened: Opened,
): Promise<LineFile | undefined> {
  if (place === undefined) return undefined;
  const file = opened.keep(await opening('CALL_RECORDS', LineFile.open(place, logger)));
  calls.on('ended', (record) => file.write(recordLine(record)));
  return file;
}
