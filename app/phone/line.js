import { Messager } from './sip.js/api/messager.js';
import { UserAgent } from './sip.js/api/user-agent.js';
import { SessionManager } from './sip.js/platform/web/session-manager/session-manager.js';
import { Call } from './call.js';
import { callRefused, messageRefused, noMicrophone, noWebSocket, registrationRefused, Trouble } from './words.js';

/**
 * @typedef {import('./sip.js/api/session.js').Session} Session
 *
 * @typedef {object} Account
 * @property {string} address without `sip:`
 * @property {string} user for the password; empty: that of the address
 * @property {string} password
 * @property {string} server URL of the WebSocket
 *
 * @typedef {object} LineEvents
 * @property {(state: 'off' | 'wait' | 'on') => void} state
 * @property {(trouble: string) => void} trouble
 * @property {() => void} call something of `call` has changed
 * @property {(from: string, text: string) => void} message one came in
 */

/** Between keep-alives, seconds: firewalls forget a connection that is silent. */
const keepAlive = 25;

/** How long the WebSocket may take to open, seconds. */
const patience = 10;

/** A registration, and one call at a time. */
export class Line {
  /** @type {Call | undefined} */
  call;
  #domain;
  #server;
  #events;
  #manager;

  /**
   * @param {Account} account
   * @param {HTMLAudioElement} speaker
   * @param {LineEvents} events
   * @throws {Trouble}
   */
  constructor({ address, user, password, server }, speaker, events) {
    const uri = UserAgent.makeURI(`sip:${address}`);
    if (!uri?.user) throw new Trouble(`${address} is no SIP address: it has to be like alice@example.net.`);
    this.#domain = uri.host;
    this.#server = server;
    this.#events = events;
    this.#manager = new SessionManager(server, {
      aor: uri.toString(),
      media: { constraints: { audio: true, video: false }, remote: { audio: speaker } },
      reconnectionAttempts: Infinity,
      registererRegisterOptions: {
        requestDelegate: {
          onReject: ({ message: { statusCode = 0, reasonPhrase = '' } }) =>
            void this.#end(registrationRefused(statusCode, reasonPhrase)),
        },
      },
      userAgentOptions: {
        authorizationUsername: user || uri.user,
        authorizationPassword: password,
        logLevel: 'warn',
        // The edge tells a browser its address: no STUN server is needed.
        sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
        transportOptions: { server, connectionTimeout: patience, keepAliveInterval: keepAlive },
      },
      delegate: {
        onServerDisconnect: (error) => error && events.state('wait'),
        onRegistered: () => events.state('on'),
        onCallCreated: (session) => this.#created(session),
        onCallReceived: (session) => this.#received(session),
        onCallAnswered: () => events.call(),
        onCallHold: () => events.call(),
        onCallHangup: (session) => this.#ended(session),
        onMessageReceived: ({ request }) => {
          const type = request.getHeader('content-type') ?? 'text/plain';
          const text = /^text\/plain/i.test(type) ? request.body : `(${type})`;
          events.message(`${request.from.uri.user}@${request.from.uri.host}`, text);
        },
      },
    });
  }

  /** What comes of it is told by events. */
  async register() {
    this.#events.state('wait');
    try {
      await this.#manager.connect();
    } catch {
      await this.#end(noWebSocket(this.#server, location.origin));
      return;
    }
    await this.#manager.register();
  }

  /** Ends call and registration. */
  async leave() {
    await this.call?.hangUp();
    if (this.#manager.isConnected()) await this.#manager.unregister().catch(() => undefined);
    await this.#end();
  }

  /**
   * Resolves once the call is on its way.
   * @param {string} target number or address
   * @throws {Trouble}
   */
  async place(target) {
    try {
      await this.#manager.call(
        this.#uri(target).toString(),
        {},
        {
          requestDelegate: {
            onProgress: ({ message }) => {
              if (this.call) this.call.rings ||= message.statusCode === 180;
              this.#events.call();
            },
            onReject: ({ message: { statusCode = 0, reasonPhrase = '' } }) =>
              this.#events.trouble(callRefused(statusCode, reasonPhrase, target)),
          },
        },
      );
    } catch (error) {
      throw error instanceof Trouble ? error : new Trouble(noMicrophone(/** @type {Error} */ (error)));
    }
    this.#events.call();
  }

  /**
   * Sends a text message; resolves once it was taken.
   * @param {string} target number or address
   * @param {string} text
   * @throws {Trouble}
   */
  async write(target, text) {
    const messager = new Messager(this.#manager.userAgent, this.#uri(target), text);
    await new Promise((resolve, reject) => {
      const onReject = (
        /** @type {import('./sip.js/core/messages/incoming-response.js').IncomingResponse} */ response,
      ) => {
        const { statusCode = 0, reasonPhrase = '' } = response.message;
        reject(new Trouble(messageRefused(statusCode, reasonPhrase, target)));
      };
      void messager.message({ requestDelegate: { onAccept: resolve, onReject } });
    });
  }

  /** @param {Session} session */
  #created(session) {
    if (this.call) return;
    this.call = new Call(this.#manager, session);
    this.#events.call();
  }

  /** @param {Session} session */
  #received(session) {
    if (this.call?.isOf(session)) this.#events.call();
    // 486: Busy Here.
    else void (/** @type {import('./sip.js/api/invitation.js').Invitation} */ (session).reject({ statusCode: 486 }));
  }

  /** @param {Session} session */
  #ended(session) {
    if (!this.call?.isOf(session)) return;
    this.call = undefined;
    this.#events.call();
  }

  /** @param {string} [trouble] why, if that was not wanted */
  async #end(trouble) {
    await this.#manager.disconnect().catch(() => undefined);
    this.#events.state('off');
    if (trouble !== undefined) this.#events.trouble(trouble);
  }

  /**
   * Numbers and names are those of the own domain.
   * @param {string} target
   * @throws {Trouble}
   */
  #uri(target) {
    const plain = target.trim().replace(/^(sips?|tel):/i, '');
    const isNumber = /^\+?[\d*#() ./-]+$/.test(plain);
    const user = isNumber ? plain.replace(/[() ./-]/g, '') : plain;
    const uri = UserAgent.makeURI(plain.includes('@') ? `sip:${plain}` : `sip:${user}@${this.#domain}`);
    if (!uri?.user) throw new Trouble(`${target} is neither a number nor a SIP address.`);
    return uri;
  }
}
