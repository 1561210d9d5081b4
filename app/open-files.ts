import { readFileSync } from 'node:fs';
import { defaultLimits as accessLimits } from '../lib/access/limits';
import { defaultLimits as gatewayLimits } from '../lib/gateway/limits';
import type { Logger } from '../lib/ops/logger';

/** File descriptors of a UE: its connection, and the one to the SIP server. */
const perUe = 2;

/** Of an MSRP session beside its connection to the gateway: what listens for the core, and the connection there. */
const perMsrpSession = 2;

/** What the process has beside: listeners, log, event loop and threads, the links to rtpengine, SIP server and core. */
const ownFiles = 256;

/** How many connections there may be of each kind. */
export interface ConnectionRoom {
  /** Of UEs, on the access listener. */
  readonly ues: number;
  /** Of media, at the gateway. */
  readonly media: number;
}

/** How many files the process may have open; Node has raised the soft limit to the hard one. Undefined: not known. */
export function openFilesLimit(read = () => readFileSync('/proc/self/limits', 'latin1')): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(read())?.[1];
    return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/**
 * Divides what may be open, so that UEs never take what media needs, nor the other way round: half for each, and what one
 * of them does not need for the other.
 * @param perMedia file descriptors of a connection at the gateway
 * @param msrpSessions that there may be at once
 */
export function connectionRoom(openFiles: number, perMedia: number, msrpSessions: number): ConnectionRoom {
  const free = Math.max(openFiles - ownFiles, 0);
  const wantedByMsrp = perMsrpSession * msrpSessions;
  const wantedByMedia = perMedia * gatewayLimits.connections + wantedByMsrp;
  const forUes = Math.min(perUe * accessLimits.connections, Math.max(Math.floor(free / 2), free - wantedByMedia));
  const forMedia = Math.min(free - forUes, wantedByMedia);
  // Each session has a connection at the gateway, too: of little room MSRP gets no more than a quarter.
  const forMsrp = Math.min(wantedByMsrp, Math.floor(forMedia / 4));
  return {
    ues: Math.max(Math.floor(forUes / perUe), 1),
    media: Math.max(Math.floor((forMedia - forMsrp) / perMedia), 1),
  };
}

/** {@link connectionRoom} in this process, and a line that says it. */
export function roomHere(perMedia: number, msrpSessions: number, logger: Logger): ConnectionRoom {
  const openFiles = openFilesLimit();
  const room = connectionRoom(openFiles ?? Number.MAX_SAFE_INTEGER, perMedia, msrpSessions);
  const { ues, media } = room;
  const isLess = ues < accessLimits.connections || media < gatewayLimits.connections;
  const fields = { openFiles, ues, media };
  if (isLess) logger.warn(fields, 'the limit of open files bounds how many UEs and media connections there may be');
  else logger.info(fields, 'UEs and media connections that there may be');
  return room;
}
