/** How far a role has come; it never goes back. */
export type RoleState = 'starting' | 'ready' | 'draining' | 'closed';

/** What keeps a role from taking new calls. */
export interface Trouble {
  /** The part that does not serve: `drachtio`, `rtpengine`, … */
  readonly part: string;
  readonly reason: string;
}
