/** One of the two dialogs of a call, for those that name it from elsewhere. */
export interface Leg {
  callId: string;
  /** The edge's tag. */
  localTag: string;
  /** The far end's tag. */
  remoteTag: string;
  /** Address of record of the far end: a SIP or tel URI. */
  party: string;
  /** The edge's own URI in the dialog, without brackets. */
  contact: string | undefined;
}

/** Finds the dialog that is to one side of a call what a given one is to the other. As large as the calls are many. */
export class DialogIndex {
  readonly #others = new Map<string, { own: Leg; other: Leg }>();

  get size(): number {
    return this.#others.size;
  }

  /** The function returned takes both out. */
  add(one: Leg, two: Leg): () => void {
    const keys = [key(one), key(two)] as const;
    this.#others.set(keys[0], { own: one, other: two });
    this.#others.set(keys[1], { own: two, other: one });
    return () => {
      for (const each of keys) this.#others.delete(each);
    };
  }

  /** A dialog of ours and its other half; undefined where it is none of ours. */
  find(named: Pick<Leg, 'callId' | 'localTag' | 'remoteTag'>): { own: Leg; other: Leg } | undefined {
    return this.#others.get(key(named));
  }
}

function key({ callId, localTag, remoteTag }: Pick<Leg, 'callId' | 'localTag' | 'remoteTag'>): string {
  return `${localTag} ${remoteTag} ${callId}`;
}
