import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseExchange, type Exchange } from './exchange';
import { play } from './play';
import { freePort } from './sip-peer';
import { TestEdge } from './test-edge';

/* The exchanges of test/vectors/sip, each on an edge of its own; the README there says how to add one. */

const folder = join(__dirname, '../../vectors/sip');

for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
  const exchange = parseExchange(readFileSync(join(folder, file), 'latin1'));
  const { title, embeddedOnly } = exchange;
  if (process.env['DRACHTIO_BIN'] && embeddedOnly !== undefined)
    test.skip(`${title} (${file}): ${embeddedOnly}`, () => undefined);
  else test(`${title} (${file})`, () => playOn(exchange));
}

async function playOn(exchange: Exchange): Promise<void> {
  const ecscf = { address: '127.1.0.112', port: await freePort('127.1.0.112') };
  const emergency = { nextHop: `sip:${ecscf.address}:${ecscf.port}`, numbers: ['112'] };
  const edge = await TestEdge.start({
    fronted: true,
    encoding: 'latin1',
    settings: { emergency, relayAlways: true, keepsCallIds: true },
  });
  try {
    await play(exchange, edge, ecscf);
  } finally {
    await edge.close();
  }
}
