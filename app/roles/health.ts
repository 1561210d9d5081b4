/** How far a role has come; it never goes back. */
export type RoleState = 'starting' | 'ready' | 'draining' | 'closed';
