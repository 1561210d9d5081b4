import type { Dialog, IncomingRequest } from './messages';

/**
 * Tells when the sender of a re-INVITE takes it back. drachtio-server 0.9.10 keeps the CANCEL of a re-INVITE to itself, but
 * passes on the ACK to the 487 that it sent; the embedded edge passes the CANCEL on.
 *
 * @param dialog that the re-INVITE is in, if it has a 2xx
 * @returns what ends the watch
 */
export function whenWithdrawn(
  reInvite: IncomingRequest,
  dialog: Dialog | undefined,
  withdrawn: () => void,
): () => void {
  const acknowledged = (ack: IncomingRequest) => {
    if (ack.getParsedHeader('cseq').seq === reInvite.getParsedHeader('cseq').seq) withdrawn();
  };
  reInvite.once('cancel', withdrawn);
  dialog?.on('ack', acknowledged);
  return () => dialog?.off('ack', acknowledged);
}
