import { Invitation } from './sip.js/api/invitation.js';
import { SessionState } from './sip.js/api/session-state.js';
import { SessionDescriptionHandler } from './sip.js/platform/web/session-description-handler/session-description-handler.js';
import { PathTeller } from './media-path.js';
import { noMicrophone, Trouble } from './words.js';

/**
 * @typedef {import('./sip.js/api/session.js').Session} Session
 * @typedef {import('./sip.js/platform/web/session-manager/session-manager.js').SessionManager} SessionManager
 */

/** One call, from its INVITE to its end. */
export class Call {
  #manager;
  #session;
  #path = new PathTeller();
  /** The far end was told of it. */
  rings = false;
  /** When it was answered, ms of `performance.now()`. @type {number | undefined} */
  since;

  /**
   * @param {SessionManager} manager
   * @param {Session} session
   */
  constructor(manager, session) {
    this.#manager = manager;
    this.#session = session;
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.since = performance.now();
    });
  }

  /** @param {Session} session */
  isOf(session) {
    return session === this.#session;
  }

  get who() {
    const { displayName, uri } = this.#session.remoteIdentity;
    return displayName || `${uri.user}@${uri.host}`;
  }

  /** @returns {'calls' | 'rings' | 'comes-in' | 'answering' | 'talks' | 'ended'} */
  get state() {
    const isIncoming = this.#session instanceof Invitation;
    switch (this.#session.state) {
      case SessionState.Initial:
        return isIncoming ? 'comes-in' : 'calls';
      case SessionState.Establishing:
        return isIncoming ? 'answering' : this.rings ? 'rings' : 'calls';
      case SessionState.Established:
        return 'talks';
      default:
        return 'ended';
    }
  }

  get isHeld() {
    return this.#manager.isHeld(this.#session);
  }

  get isMuted() {
    return this.#manager.isMuted(this.#session);
  }

  /** The far end holds us. */
  get isHeldThere() {
    const [line] = this.#connection?.getTransceivers() ?? [];
    const { direction, currentDirection } = line ?? {};
    return (
      !this.isHeld && direction !== undefined && (currentDirection === 'recvonly' || currentDirection === 'inactive')
    );
  }

  /** @throws {Trouble} */
  async answer() {
    try {
      await this.#manager.answer(this.#session);
    } catch (error) {
      throw new Trouble(noMicrophone(/** @type {Error} */ (error)));
    }
  }

  /** Hangs up, gives up, or declines. */
  async hangUp() {
    if (this.state !== 'ended') await this.#manager.hangup(this.#session).catch(() => undefined);
  }

  /**
   * @param {boolean} hold
   * @throws {Trouble}
   */
  async hold(hold) {
    try {
      await (hold ? this.#manager.hold(this.#session) : this.#manager.unhold(this.#session));
    } catch {
      throw new Trouble('The call is being changed already. Try again.');
    }
  }

  /** @param {boolean} mute */
  mute(mute) {
    if (mute) this.#manager.mute(this.#session);
    else this.#manager.unmute(this.#session);
  }

  /**
   * As an event in RTP (RFC 4733) where that was agreed, else by INFO.
   * @param {string} digit
   * @throws {Trouble}
   */
  async press(digit) {
    const sender = this.#connection?.getSenders().find(({ dtmf }) => dtmf?.canInsertDTMF)?.dtmf;
    if (sender) {
      sender.insertDTMF(sender.toneBuffer + digit);
      return;
    }
    try {
      await this.#manager.sendDTMF(this.#session, digit);
    } catch {
      throw new Trouble('The tone could not be sent.');
    }
  }

  /** Undefined: there is no media yet. */
  async path() {
    const connection = this.#connection;
    if (!connection) return undefined;
    return this.#path.tell((await connection.getStats()).values(), connection.iceConnectionState);
  }

  get #connection() {
    const handler = this.#session.sessionDescriptionHandler;
    return handler instanceof SessionDescriptionHandler ? handler.peerConnection : undefined;
  }
}
