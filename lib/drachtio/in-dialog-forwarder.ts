import { forwardInDialogRequests } from 'drachtio-fn-b2b-sugar';
import { EdgeError } from '../errors';
import type { Dialog, Headers, Method } from './messages';
import type { Srf } from './srf';
import { sendableStatus } from './status';

/** What the forwarder of drachtio-fn-b2b-sugar reads of a response. */
interface ForwardedResponse {
  readonly status: number;
  readonly body: string;
  has(header: string): boolean;
  get(header: string): string | undefined;
}

/** A dialog as that forwarder wants it: it knows its other half, and sends by `request`. */
interface Half {
  other: Dialog;
  request(options: { method: Method; headers: Headers; body: string }): Promise<ForwardedResponse>;
}

/**
 * Forwards requests of these methods between the two dialogs of a call, both ways, with the headers that
 * `passHeaders` lets through. The sender always gets an answer: the package gives none where forwarding
 * fails, so what it sends by never fails here.
 */
export function forwardInDialog(
  srf: Srf,
  [one, two]: [Dialog, Dialog],
  methods: Method[],
  passHeaders: (headers: Headers) => Headers,
): void {
  for (const [dialog, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const half: Half = {
      other,
      request: async ({ method, headers, body }) => {
        try {
          const { response } = await srf.requestInDialog(dialog, { method, headers: passHeaders(headers), body });
          return {
            status: sendableStatus(response.status),
            body: response.body,
            has: (header) => response.has(header),
            get: (header) => response.get(header),
          };
        } catch (error) {
          return failure(error instanceof EdgeError ? error : undefined);
        }
      },
    };
    Object.assign(dialog, half);
  }
  const names = methods.map((method) => method.toLowerCase());
  forwardInDialogRequests(one, names);
}

function failure(error: EdgeError | undefined): ForwardedResponse {
  return { status: error?.sipStatus ?? 500, body: '', has: () => false, get: () => undefined };
}
