/** The connections of each account, the oldest first: who has a password must not take all places that there are (N3). */
export class Accounts<Connection extends object> {
  readonly #most: number;
  readonly #connections = new Map<string, Set<Connection>>();
  readonly #accounts = new Map<Connection, string>();

  /** @param most connections of one account */
  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a connection as the account's; told again it changes nothing. Returns the one that has to go for it. */
  join(connection: Connection, account: string): Connection | undefined {
    if (this.#accounts.has(connection)) return undefined;
    this.#accounts.set(connection, account);
    const its = this.#connections.get(account) ?? new Set<Connection>();
    this.#connections.set(account, its.add(connection));
    const [oldest] = its;
    return its.size > this.#most ? oldest : undefined;
  }

  leave(connection: Connection): void {
    const account = this.#accounts.get(connection);
    if (account === undefined) return;
    this.#accounts.delete(connection);
    const its = this.#connections.get(account);
    its?.delete(connection);
    if (its?.size === 0) this.#connections.delete(account);
  }
}
