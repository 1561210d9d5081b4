import { Groups } from '../groups';

/** The connections of each account, the oldest first: who has a password must not take all places that there are (N3). */
export class Accounts<Connection extends object> {
  readonly #most: number;
  readonly #connections = new Groups<string, Connection>();
  readonly #accounts = new Map<Connection, string>();

  /** @param most connections of one account */
  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a connection as the account's; told again it changes nothing. Returns the one that has to go for it. */
  join(connection: Connection, account: string): Connection | undefined {
    if (this.#accounts.has(connection)) return undefined;
    this.#accounts.set(connection, account);
    this.#connections.add(account, connection);
    const its = this.#connections.of(account);
    return its.length > this.#most ? its[0] : undefined;
  }

  leave(connection: Connection): void {
    const account = this.#accounts.get(connection);
    if (account === undefined) return;
    this.#accounts.delete(connection);
    this.#connections.delete(account, connection);
  }
}
