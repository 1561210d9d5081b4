import type { MsrpStream } from '../gateway/stream';
import { newCredentials, type IceCredentials } from '../ice/credentials';
import type { TransportAddress } from '../ice/transport-address';
import { familyOf, ofFamily, type AddressFamily } from '../ip-address';
import type { MsrpBridge } from '../msrp/bridge';
import { discardPort } from '../sdp/discard-place';
import type { CandidateSpelling } from '../sdp/candidate';
import { isMsrp, type MsrpSetup } from '../sdp/msrp-line';
import type { Sdp } from '../sdp/sdp';
import type { MediaSection } from '../sdp/sdp-part';
import { isUnspecified, mapLines, type MediaView } from '../sdp/session-view';
import type { CallFamilies } from './call-families';
import type { StreamGateway } from './call-streams';
import type { Fallback } from './fallback';
import type { CallLines } from './line-shares';
import { otherSide, type Side } from './media-anchor';
import type { CallPlaces } from './placed-media';
import { answeringSetup, offeringSetup, saidIn, writeMsrp } from './msrp-sdp';
import { isSameSession, listeningPlace, rewritingOf, shownPath, type Said } from './msrp-peers';

/** What is used of the MSRP bridges. */
export interface MsrpSwitch {
  open(): MsrpBridge;
  /** The addresses that peers are shown, by side: one for each family that we have there. */
  readonly shown: Readonly<Record<Side, readonly string[]>>;
}

export interface CallMsrpOptions {
  call: string;
  gateway: StreamGateway;
  bridges: MsrpSwitch;
  fallback: Fallback;
  spelling: CandidateSpelling;
  /** Where the UE's SIP comes from; undefined: not known. */
  ueAddress: string | undefined;
  families: CallFamilies;
  maySend: CallPlaces['msrp'];
  /** What the call takes of its UE's share. */
  charged: CallLines;
}

/** One m= line in use. */
interface Session {
  bridge: MsrpBridge;
  said: Partial<Record<Side, Said>>;
  /** Where we are for each side, as it was told. */
  places: Partial<Record<Side, TransportAddress>>;
  /** The URI that a side was shown in place of the other's path: the first, be there several answers. */
  shown: Partial<Record<Side, string | undefined>>;
  /** The credentials of the UE's side, where the gateway carries it. */
  ice: IceCredentials | undefined;
  isAnswered: boolean;
  isOver: boolean;
}

/** For a line by its index, the section that the other side gets. */
export type MsrpSections = ReadonlyMap<number, MediaSection>;

/**
 * The MSRP lines of one call: for each a bridge of two connections, of which that to a UE with ICE comes over the
 * gateway (H1), and any other is opened as a=setup says (H5, RFC 6135). Its methods must not run at the same time.
 */
export class CallMsrp {
  readonly #options: CallMsrpOptions;
  /** By the last complete exchange. */
  #sessions: ReadonlyMap<number, Session> = new Map();
  /** By the offer under way. */
  #offered: ReadonlyMap<number, Session> = new Map();

  constructor(options: CallMsrpOptions) {
    this.#options = options;
  }

  /** @throws EdgeError `msrp-no-port`, `too-many-lines` (503), `msrp-listen-failed`; the lines are left as they were */
  async offer(from: Side, sdp: Sdp): Promise<MsrpSections> {
    this.rollback();
    const offered = new Map<number, Session>();
    const sections = new Map<number, MediaSection>();
    try {
      for (const { section, view } of this.#lines(sdp)) {
        const said = saidIn(section, view);
        const known = this.#sessions.get(view.index);
        const session = known !== undefined && goesOn(known, from, said) ? known : this.#newSession(from);
        offered.set(view.index, session);
        session.said[from] = said;
        const setup = offeringSetup(said);
        sections.set(view.index, await this.#sectionToward(otherSide(from), section, session, setup, view.index));
      }
    } catch (error) {
      this.#closeUnless(offered, this.#sessions);
      throw error;
    }
    this.#offered = offered;
    return sections;
  }

  /** @throws as {@link offer} */
  async answer(from: Side, sdp: Sdp): Promise<MsrpSections> {
    const sections = new Map<number, MediaSection>();
    const kept = new Map<number, Session>();
    const to = otherSide(from);
    for (const { section, view } of this.#lines(sdp)) {
      const session = this.#offered.get(view.index);
      const offer = session?.said[to];
      if (session === undefined || offer === undefined) continue;
      kept.set(view.index, session);
      const said = saidIn(section, view);
      const before = session.said[from];
      session.said[from] = said;
      // A fork in the core answers as well, or the core is another one now.
      if (session.isAnswered && from === 'core' && before !== undefined && !isSameSession(before, said)) {
        session.bridge.replaceCore();
        session.isAnswered = false;
      }
      if (from === 'access' && !said.hasIce) this.#leaveGateway(session);
      const ours = answeringSetup(offer, said);
      sections.set(view.index, await this.#sectionToward(to, section, session, ours, view.index));
      this.#reach(session, from, said.setup === 'active', view.index);
      this.#reach(session, to, ours === 'passive', view.index);
      this.#start(session);
    }
    this.#closeUnless(this.#sessions, kept);
    this.#closeUnless(this.#offered, kept);
    this.#sessions = kept;
    this.#offered = kept;
    return sections;
  }

  /** Lines that the offer under way has opened are closed; what the last complete exchange left goes on. */
  rollback(): void {
    this.#closeUnless(this.#offered, this.#sessions);
    this.#offered = this.#sessions;
  }

  close(): void {
    this.#closeUnless(this.#offered, new Map());
    this.#closeUnless(this.#sessions, new Map());
    this.#offered = new Map();
    this.#sessions = new Map();
  }

  /** Those that are carried; any more are declined: each may take a port of ours. */
  #lines(sdp: Sdp): { section: MediaSection; view: MediaView }[] {
    return mapLines(sdp, (section, view) => ({ section, view }))
      .filter(({ section: { transport, port } }) => isMsrp(transport) && port !== 0)
      .slice(0, this.#options.charged.mostMessageLines);
  }

  #newSession(from: Side): Session {
    const { charged } = this.#options;
    charged.takeMessageLine(from);
    const bridge = this.#options.bridges.open();
    const session: Session = {
      bridge,
      said: {},
      places: {},
      shown: {},
      ice: undefined,
      isAnswered: false,
      isOver: false,
    };
    bridge.once('ended', () => {
      session.isOver = true;
      charged.giveBackMessageLine();
    });
    return session;
  }

  /** What a side gets of a line, once we are where it says. */
  async #sectionToward(
    to: Side,
    section: MediaSection,
    session: Session,
    setup: MsrpSetup,
    line: number,
  ): Promise<MediaSection> {
    const place = (session.places[to] ??= await this.#open(to, session, setup, line));
    const sender = session.said[otherSide(to)];
    const path = sender === undefined ? undefined : shownPath(sender, place);
    session.shown[to] ??= path;
    // Of two forks' answers the UE may go by either: both name the one URI that is rewritten.
    const shown = path === undefined ? undefined : session.shown[to];
    const ice = to === 'access' ? session.ice : undefined;
    const { gateway, spelling } = this.#options;
    return writeMsrp(section, { place, setup, path: shown, ice }, gateway.advertised, spelling);
  }

  /** Where a side reaches us: the gateway or a port of ours is open there. */
  async #open(to: Side, session: Session, setup: MsrpSetup, line: number): Promise<TransportAddress> {
    const { call, gateway, bridges } = this.#options;
    const family = this.#familyToward(to, session);
    const [first] = gateway.advertised;
    const advertised = gateway.advertised.find((ours) => familyOf(ours.address) === family) ?? first;
    if (to === 'access' && advertised !== undefined && this.#usesGateway(session)) {
      const ice = newCredentials();
      const opened: MsrpStream['opened'] = (bytes) => session.bridge.attach('access', bytes);
      gateway.addStream({ ...ice, call, line, content: 'msrp', opened });
      session.ice = ice;
      return { address: advertised.address, port: advertised.port };
    }
    const address = ofFamily(bridges.shown[to], family) ?? '';
    if (setup === 'active') return { address, port: discardPort };
    return { address, port: (await session.bridge.listen(to, family)).port };
  }

  /** A UE connects from, and is connected to at, where its SIP comes from; a core where it says, once it does. */
  #familyToward(to: Side, { said }: Session): AddressFamily | undefined {
    const { ueAddress, families } = this.#options;
    if (to === 'access') return ueAddress === undefined ? undefined : familyOf(ueAddress);
    const place = said.core && listeningPlace(said.core);
    return place === undefined || isUnspecified(place.address) ? families.toward('core') : familyOf(place.address);
  }

  /** A UE that has not said anything yet is taken for one with ICE. */
  #usesGateway({ said }: Session): boolean {
    return this.#options.fallback !== 'off' && said.access?.hasIce !== false;
  }

  /** Brings the connection of a side about, unless the UE's comes over the gateway. */
  #reach(session: Session, side: Side, connectsToUs: boolean, line: number): void {
    const { bridge, said } = session;
    const peer = said[side];
    if (session.isAnswered || peer === undefined || (side === 'access' && session.ice !== undefined)) return;
    const { ueAddress, maySend } = this.#options;
    if (connectsToUs) {
      bridge.expect(side, side === 'access' ? ueAddress : addressAt(session.places.core, peer));
      return;
    }
    const listening = listeningPlace(peer);
    // A UE is where its SIP comes from, whatever it says: it could name anybody.
    const address = side === 'access' ? ueAddress : listening?.address;
    const place = { address: address ?? '', port: listening?.port ?? peer.port };
    bridge.connect(side, maySend[side](line, place) ? place : undefined);
  }

  #start(session: Session): void {
    const { bridge } = session;
    if (session.isAnswered) return;
    session.isAnswered = true;
    bridge.rewrite(rewritingOf(session.said, session.shown));
    bridge.start();
  }

  #closeUnless(sessions: ReadonlyMap<number, Session>, kept: ReadonlyMap<number, Session>): void {
    const stays = new Set(kept.values());
    for (const session of sessions.values()) {
      if (stays.has(session)) continue;
      session.bridge.release();
      if (session.isOver) this.#leaveGateway(session);
      else session.bridge.once('ended', () => this.#leaveGateway(session));
    }
  }

  #leaveGateway(session: Session): void {
    if (session.ice !== undefined) this.#options.gateway.removeStream(session.ice.ufrag);
    session.ice = undefined;
  }
}

/** Where a peer connects from to this place of ours; undefined: not known, as it has named an address of the other family. */
function addressAt(place: TransportAddress | undefined, { address }: Said): string | undefined {
  const isThere = address !== undefined && place !== undefined && familyOf(address) === familyOf(place.address);
  return isThere ? address : undefined;
}

/** Whether a later offer leaves a session as it is. */
function goesOn({ isOver, said }: Session, from: Side, now: Said): boolean {
  const before = said[from];
  return !isOver && before !== undefined && isSameSession(before, now);
}
