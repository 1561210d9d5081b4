import { ServerDialog, DialogTable, type FarEnd } from '../../../lib/embedded/server-dialog';
import type { PeerFlow } from '../../../lib/embedded/peer-flow';
import { limits } from '../../../lib/embedded/limits';
import { hangUp } from '../../../lib/embedded/server-bye';
import type { Stack } from '../../../lib/embedded/stack';
import { Timers } from '../../../lib/embedded/timers';
import { ClientTransactions } from '../../../lib/embedded/transaction-tables';
import type { Destination } from '../../../lib/wire/link';
import { Names } from '../../../lib/wire/names';
import { SipMessage } from '../../../lib/wire/sip-message';

const point = { transport: 'udp' as const, host: '127.0.0.1', port: 5060 };

test('a BYE of its own goes by the first Route, whose name has to be looked up again', async () => {
  const timers = new Timers();
  let sent: (bye: { text: string; to: Destination }) => void = () => undefined;
  const bye = new Promise<{ text: string; to: Destination }>((resolve) => (sent = resolve));
  const flowTo = (to: Destination) => ({
    ...{ local: point, remoteAddress: to.address, remotePort: to.port, isOpen: true },
    send: (text: string) => sent({ text, to }),
  });
  const dialogs = new DialogTable();
  const stack = {
    ...{ timers, dialogs, names: new Names(new Set([4, 6]), limits), clients: new ClientTransactions(timers) },
    transport: {
      flowTo: flowTo as unknown as (to: Destination) => PeerFlow,
      ...{ outbound: () => undefined, hasTransport: () => true },
    },
  } as unknown as Stack;
  const invite = new SipMessage('INVITE sip:b@ims.example SIP/2.0')
    .add('From', '<sip:a@ims.example>;tag=a')
    .add('To', '<sip:b@ims.example>')
    .add('Call-ID', 'c1')
    .add('CSeq', '1 INVITE');
  const dialog = new ServerDialog(invite, { role: 'uac', localPoint: point, owner: undefined });
  const routes = ['<sip:localhost:5070;lr>'];
  const leg: FarEnd = { tag: 'b', target: 'sip:b@192.0.2.1', routes, behindNat: undefined, rseq: 0 };
  dialog.leg = leg;
  hangUp(stack, dialog, 'the test is over');
  const { text, to } = await bye;
  expect([text.split('\r\n')[0], to.port]).toEqual(['BYE sip:b@192.0.2.1 SIP/2.0', 5070]);
  timers.close();
});
