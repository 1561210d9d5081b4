import type { Dialog } from '../../../lib/drachtio/messages';
import { createLogger } from '../../../lib/ops/logger';
import type { Negotiator } from './client-media';
import { serveParent } from './remote-calls';
import { SipUe } from './sip-ue';

/*
 * SIP of a UE whose SDP the test makes and takes; run by a NamespaceWorker in the UE's namespace. One call at a time.
 */

/** What the test may call here. */
export type UeFunctions = typeof functions;

/** What is called at the test. */
export type NegotiatorFunctions = Pick<Negotiator, keyof Negotiator>;

let sip: SipUe | undefined;
let dialog: Dialog | undefined;

const functions = {
  /** Registers; `edge` is `address:port`. */
  async register(edge: string, local: string): Promise<void> {
    await sip?.close();
    sip = await SipUe.open({ edge, local, logger: createLogger('warn') });
    await sip.register();
  },
  async call(uri: string): Promise<void> {
    begun(await opened(sip).call(uri, media));
  },
  /** Answers the call that comes in, or has come in. */
  async take(): Promise<void> {
    begun(await opened(sip).take(media));
  },
  async offerAnew(): Promise<void> {
    await opened(sip).offerAnew(opened(dialog), media);
  },
  async hangUp(): Promise<void> {
    if (dialog?.connected === true) await dialog.destroy();
  },
};

const parent = serveParent<NegotiatorFunctions>(functions);

const media: Negotiator = {
  offer: () => parent.call('offer'),
  answer: (offer) => parent.call('answer', offer),
  accept: (answer) => parent.call('accept', answer),
};

function begun(call: Dialog): void {
  dialog = call;
  opened(sip).answerOffers(call, media, (answered) => {
    answered.catch((error: unknown) => process.stderr.write(`An offer could not be answered: ${String(error)}\n`));
  });
}

function opened<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is none yet');
  return value;
}
