import { EdgeError } from '../errors';
import type { NgCommand } from './ng-command';

/**
 * What an error of rtpengine means: its protocol has no codes, and this is the one place that reads its texts
 * (`Failed to parse SDP`, `Error rewriting SDP`, `Unknown call-id`, `Ran out of ports` …).
 */
export function refusal(command: NgCommand, reason: string): EdgeError {
  const message = `rtpengine refused ${command}: ${reason}.`;
  if (/\bSDP\b/.test(reason)) return new EdgeError('sdp-invalid', message);
  if (/unknown call-?id/i.test(reason)) return new EdgeError('anchor-call-unknown', message);
  return new EdgeError('anchor-refused', message);
}

/** rtpengine did not answer. */
export function isSilence(error: unknown): boolean {
  return error instanceof EdgeError && error.code === 'anchor-unavailable';
}

/** What rtpengine refuses is no reason to leave the rest. */
export function unlessSilent(error: unknown): void {
  if (isSilence(error)) throw error;
}
