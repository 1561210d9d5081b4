/** How far a role has come; it goes back from draining to ready alone. */
export type RoleState = 'starting' | 'ready' | 'draining' | 'closed';
