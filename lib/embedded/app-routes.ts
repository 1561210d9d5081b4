import type { AppConnection } from './app-connection';

/**
 * Which apps want new requests of which method. Turns go round over the route frames received, so that an app
 * that routed a verb twice gets two turns, as with drachtio-server.
 */
export class AppRoutes {
  readonly #turns = new Map<string, AppConnection[]>();

  add(verb: string, app: AppConnection): void {
    const turns = this.#turns.get(verb) ?? [];
    // drachtio-srf repeats all route frames whenever a verb is added.
    if (turns.filter((other) => other === app).length < 16) turns.push(app);
    this.#turns.set(verb, turns);
  }

  remove(verb: string, app: AppConnection): void {
    this.#turns.set(
      verb,
      (this.#turns.get(verb) ?? []).filter((other) => other !== app),
    );
  }

  removeAll(app: AppConnection): void {
    for (const verb of this.#turns.keys()) this.remove(verb, app);
  }

  /** The app whose turn it is. */
  next(method: string): AppConnection | undefined {
    const turns = this.#turns.get(method.toLowerCase());
    const app = turns?.shift();
    if (app) turns?.push(app);
    return app;
  }
}
