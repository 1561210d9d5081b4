/**
 * Loaded into the edge before its program (NODE_OPTIONS): on SIGUSR2 it collects its garbage, so that what is resident
 * is what it needs, and says so in a line.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  process.stderr.write(`${collected}\n`);
});

export const collected = '{"msg":"garbage collected"}';
