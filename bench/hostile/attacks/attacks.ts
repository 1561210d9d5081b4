import type { Attack } from './attack';
import { checkAttacks } from './checks';
import { connectionAttacks } from './connections';
import { floods } from './floods';
import { renegotiation } from './renegotiation';
import { requestAttacks } from './requests';
import { turnAttacks } from './turn';

/** All attacks by name, in the order in which they are tried. */
export const attacks: Readonly<Record<string, Attack>> = {
  ...connectionAttacks,
  ...checkAttacks,
  'tls-renegotiation': renegotiation,
  ...requestAttacks,
  ...floods,
  ...turnAttacks,
};
