import type { Headers } from '../drachtio/messages';
import type { Side } from '../media/media-anchor';
import { targetRefresh } from '../wire/dialog-request';
import type { UePolicy } from './ue-policy';
import type { DialogIndex } from './dialog-index';
import { withDialogsOfOtherSide } from './named-dialogs';

/**
 * Headers of one call as they leave for a side: by the call's policy, with our Contact where one belongs, and dialogs
 * named as that side knows them.
 */
export class CallHeaders {
  readonly #policy: UePolicy;
  readonly #dialogs: DialogIndex;
  readonly #contacts: Partial<Record<Side, string>> = {};

  constructor(policy: UePolicy, dialogs: DialogIndex) {
    this.#policy = policy;
    this.#dialogs = dialogs;
  }

  /** Takes note of the Contact by which the server can be reached from that side. */
  learnContact(side: Side, contact: string | undefined): void {
    if (contact !== undefined) this.#contacts[side] = contact;
  }

  request(to: Side, method: string, headers: Headers): Headers {
    const known = withDialogsOfOtherSide(headers, this.#dialogs);
    return { ...this.#policy.request(to, known), ...(targetRefresh.has(method) && this.#contactHeader(to)) };
  }

  response(to: Side, method: string, status: number, headers: Headers): Headers {
    const refreshes = targetRefresh.has(method) && status > 100 && status < 300;
    return { ...this.#policy.response(to, headers), ...(refreshes && this.#contactHeader(to)) };
  }

  /** What a message without further headers needs besides. */
  carriage(to: Side): Headers {
    return this.#policy.carriage(to);
  }

  /** Our Contact (a name-addr) toward that side; undefined: only the server knows. */
  contact(side: Side): string | undefined {
    return this.#contacts[side];
  }

  /** The server writes a Contact into some of these messages by itself, but not into all. */
  #contactHeader(side: Side): Headers {
    const contact = this.contact(side);
    return contact === undefined ? {} : { Contact: contact };
  }
}
