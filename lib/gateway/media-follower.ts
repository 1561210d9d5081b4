import type { MediaMember } from './media-members';
import type { SessionSurroundings } from './session';

/**
 * Sees that a UE sends its media on another connection than the one that carries its stream. What is still on its way
 * on one when the UE moves to the other is no use of it: the UE has moved once nothing more comes on the other. Where
 * none of them has carried media yet, the first packet tells.
 */
export class MediaFollower {
  readonly #around: Pick<SessionSurroundings, 'plane' | 'limits'>;
  readonly #moved: (member: MediaMember) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(around: Pick<SessionSurroundings, 'plane' | 'limits'>, moved: (member: MediaMember) => void) {
    this.#around = around;
    this.#moved = moved;
  }

  /** Media of the UE came on `member`, while `current` carries the stream. */
  heard(member: MediaMember, current: MediaMember): void {
    if (this.#carried(current) === 0 && this.#carried(member) === 0) {
      this.#moved(member);
      return;
    }
    if (this.#timer !== undefined) return;
    const { movedMs } = this.#around.limits;
    this.#wait(movedMs, () => {
      const carried = this.#carried(current);
      this.#wait(movedMs, () => {
        if (this.#carried(current) === carried) this.#moved(member);
      });
    });
  }

  /** May be called twice. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(ms: number, then: () => void): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      then();
    }, ms).unref();
  }

  #carried({ id }: MediaMember): number {
    return this.#around.plane.status(id)?.toAnchor ?? 0;
  }
}
