import { framing } from './framing';
import { network } from './network';
import { sdp } from './sdp';
import { stun } from './stun';
import type { FuzzTarget } from './target';

export const targets: readonly FuzzTarget[] = [framing, stun, sdp, network];
