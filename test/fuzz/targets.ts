import { dialogs } from './dialogs';
import { framing } from './framing';
import { network } from './network';
import { ng } from './ng';
import { sdp } from './sdp';
import { stun } from './stun';
import type { FuzzTarget } from './target';
import { turn } from './turn';
import { turnControl } from './turn-control';

/** Those of which one input takes well below a millisecond or two. */
export const quickTargets: readonly FuzzTarget[] = [framing, stun, turn, turnControl, sdp, ng, network];

export const targets: readonly FuzzTarget[] = [...quickTargets, dialogs];
