import type { SessionSurroundings } from './session';
import type { StreamPath } from './stream';

/** Tells that the connection that carried a stream's media ended, and that the UE did not come back in time (E4). */
export class LostMedia {
  readonly #around: Pick<SessionSurroundings, 'limits' | 'now' | 'lost' | 'mediaLost'>;
  #lost: { path: StreamPath; at: number } | undefined;

  constructor(around: Pick<SessionSurroundings, 'limits' | 'now' | 'lost' | 'mediaLost'>) {
    this.#around = around;
  }

  /** @param isTold that the media is lost was told before */
  ended(path: StreamPath, isTold: boolean): void {
    this.#lost = isTold ? undefined : { path, at: this.#around.now() };
    this.#around.lost(path);
  }

  /** Another connection was selected, or the stream is over. */
  forget(): void {
    this.#lost = undefined;
  }

  /** To be called now and then. */
  watch(): void {
    const { limits, now, mediaLost } = this.#around;
    if (this.#lost === undefined || now() - this.#lost.at < limits.silentMs) return;
    const { path } = this.#lost;
    this.#lost = undefined;
    mediaLost(path);
  }
}
