import { randomBytes } from 'node:crypto';
import { attributeType, type StunAttribute } from '../../../lib/ice/stun-attribute';
import { buildStun, findAttribute, parseStun, type StunMessage } from '../../../lib/ice/stun-message';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { longTermKey } from '../../../lib/turn/credentials';
import { textOf, turnAttribute, turnMethod } from '../../../lib/turn/turn-message';
import { addressIn, udp } from '../turn/turn-lab';
import type { TurnUe } from './turn-ue';

/** A UE that asks for one thing after the other, by a credential, on a connection that carries TURN. */
export class AskingUe {
  readonly turn: TurnUe;
  readonly #credential: { username: string; password: string };
  #realm = '';
  #nonce = '';

  constructor(turn: TurnUe, credential: { username: string; password: string }) {
    this.turn = turn;
    this.#credential = credential;
  }

  /** What it is answered; data that comes first is left out. */
  async ask(method: number, ...attributes: StunAttribute[]): Promise<StunMessage> {
    const { username, password } = this.#credential;
    const values = { username, realm: this.#realm, nonce: this.#nonce };
    const names = this.#nonce === '' ? [] : (['username', 'realm', 'nonce'] as const);
    const credentials = names.map((name) => ({ type: attributeType[name], value: Buffer.from(values[name]) }));
    const signed = this.#nonce === '' ? {} : { key: longTermKey({ username, password }, this.#realm) };
    const transactionId = randomBytes(12);
    this.turn.send(
      buildStun({ class: 'request', method, transactionId, attributes: [...attributes, ...credentials], ...signed }),
    );
    for (;;) {
      const answer = parseStun(await this.turn.frames.next());
      if (!('fault' in answer) && answer.transactionId.equals(transactionId)) return answer;
    }
  }

  /** Its relayed address. */
  async allocate(): Promise<TransportAddress> {
    const refused = await this.ask(turnMethod.allocate, udp);
    this.#realm = textOf(refused, attributeType.realm) ?? '';
    this.#nonce = textOf(refused, attributeType.nonce) ?? '';
    const answer = await this.ask(turnMethod.allocate, udp);
    const relayed = addressIn(answer, turnAttribute.xorRelayedAddress);
    if (relayed === undefined)
      throw new Error(
        `No relayed address: ${findAttribute(answer, attributeType.errorCode)?.value.toString('hex') ?? ''}`,
      );
    return relayed;
  }
}
