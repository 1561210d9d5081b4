import { parseSipMessage } from '../../../lib/wire/sip-message';
import { TestEdge } from './test-edge';

/** Names that every object has of itself. */
const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'CONSTRUCTOR'];

test.each(names)('a header named %s is a header', (name) => {
  const message = parseSipMessage(`OPTIONS sip:a SIP/2.0\r\n${name}: x\r\n\r\n`)?.message;
  expect(message?.headers).toEqual([{ key: name.toLowerCase(), name, value: 'x' }]);
});

test.each([
  ['by the SIP server', false],
  ['by the access listener', true],
])('headers with such names do no harm, %s', async (_way, fronted) => {
  const edge = await TestEdge.start({ fronted });
  const core = edge.coreNextHop;
  const ue = await edge.stranger();
  for (const name of names) {
    ue.request('REGISTER', 'sip:ims.example', { [name]: 'x' });
    const arrived = await core.next('REGISTER');
    expect(arrived.raw).not.toMatch(/native code|\[object/);
    core.respond(arrived, 403, { [name]: 'y' });
    const answer = await ue.next('403 REGISTER');
    expect(answer.raw).not.toMatch(/native code|\[object/);
  }
  await edge.close();
});
