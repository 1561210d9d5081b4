import { randomUUID } from 'node:crypto';
import { FrameRefused, type AppConnection, type AppFrame } from './app-connection';
import { cancelOf } from '../wire/cancel';
import { contactUri, viaFor } from './contact';
import { ServerDialog } from './server-dialog';
import { DialogClient, noDialog } from './dialog-client';
import type { PeerFlow } from './peer-flow';
import { appHeaders, completeRequest, localise, writtenFirst } from './header-rules';
import { newBranch, newCSeq, newTag } from './ids';
import { destinationOf } from './in-dialog-request';
import { ResponsesToApp } from './responses-to-app';
import { SipMessage } from '../wire/sip-message';
import { parseSipUri, tagOf } from '../wire/sip-uri';
import type { Stack } from './stack';
import type { Destination } from '../wire/link';

/** Methods that an app may send. */
export const methods = new Set([
  ...['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'NOTIFY', 'INFO', 'REFER', 'UPDATE'],
  ...['BYE', 'CANCEL', 'PRACK', 'ACK'],
]);

/** Requests of apps: outside a dialog here, inside one in DialogClient. */
export class AppRequests {
  readonly #stack: Stack;
  readonly #responses: ResponsesToApp;
  readonly #inDialog: DialogClient;

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#responses = new ResponsesToApp(stack);
    this.#inDialog = new DialogClient(stack, this.#responses);
  }

  send(frame: AppFrame, app: AppConnection, given: SipMessage): void {
    const { id, tokens } = frame;
    const [txn = '', dialogId = '', proxy = ''] = tokens;
    const { method } = given;
    if (!methods.has(method)) throw new FrameRefused(`invalid request-uri: ${given.startLine}`);
    if (method === 'CANCEL') {
      this.#cancel(id, app, txn, given);
      return;
    }
    const isTyped = given.body === '' || given.has('content-type') || given.body.startsWith('v=0');
    if (!isTyped) throw new FrameRefused('missing content-type');
    if (dialogId !== '') this.#inDialog.send(id, app, dialogId, given);
    else if (method === 'ACK' || method === 'PRACK') throw new FrameRefused(noDialog);
    else this.#outside(id, app, proxy, given);
  }

  #outside(id: string, app: AppConnection, proxy: string, given: SipMessage): void {
    const uri = given.startLine.split(' ').length === 3 ? parseSipUri(given.requestUri) : undefined;
    if (!uri) throw new FrameRefused(`invalid request-uri: ${given.startLine}`);
    const outbound = this.#stack.transport.outbound();
    if (outbound) {
      this.#start(id, app, given, uri.text, { flow: outbound });
      return;
    }
    const hop = proxy === '' ? uri : parseSipUri(proxy);
    if (hop === uri && uri.scheme === 'tel') throw new FrameRefused(`invalid request-uri: ${given.startLine}`);
    if (!hop || hop.scheme === 'tel') throw new FrameRefused('Error creating sip transaction for uac request');
    const registered = proxy === '' ? this.#stack.registrations.flowFor(given.method, given.requestUri) : undefined;
    if (registered) {
      this.#start(id, app, given, uri.text, { flow: registered, isRegistered: true });
      return;
    }
    this.#stack.names.resolve(hop.host, (address) =>
      app.obey(id, () => {
        const { transport } = this.#stack;
        if (address === undefined) throw new FrameRefused('host name not found');
        const destination = destinationOf(hop, address, transport);
        const isOwn = destination && transport.isOwn(destination.address, destination.port);
        if (isOwn === true) throw new FrameRefused('can not send request to myself');
        const flow = destination && transport.flowTo(destination);
        if (!flow) throw new FrameRefused('requested protocol/transport not available');
        this.#start(id, app, given, uri.text, { flow, ...(proxy !== '' && { nextHop: destination }) });
      }),
    );
  }

  #start(
    id: string,
    app: AppConnection,
    given: SipMessage,
    uri: string,
    { flow, isRegistered = false, nextHop }: { flow: PeerFlow; isRegistered?: boolean; nextHop?: Destination },
  ): void {
    const request = this.#build(given, uri, flow);
    const forms = given.method === 'INVITE' || given.method === 'SUBSCRIBE';
    if (forms && this.#stack.dialogs.isFull) throw new FrameRefused('too many dialogs');
    const dialog = forms ? new ServerDialog(request, { role: 'uac', localPoint: flow.local, owner: app }) : undefined;
    if (dialog) dialog.nextHop = nextHop;
    this.#responses.send(id, app, { request, flow, dialog, isRegistered });
  }

  #build(given: SipMessage, uri: string, flow: PeerFlow): SipMessage {
    const { local } = flow;
    const { method } = given;
    const own = (key: string) => {
      const value = given.get(key);
      return value === undefined || value === '' ? undefined : localise(key, value, local);
    };
    const request = new SipMessage(`${method} ${uri} SIP/2.0`);
    request.add('Via', viaFor(local, newBranch()));
    request.add('Max-Forwards', own('max-forwards') ?? '70');
    const from = own('from') ?? `<${contactUri(local)}>`;
    request.add('From', tagOf(from) === undefined ? `${from};tag=${newTag()}` : from);
    request.add('To', own('to') ?? defaultTo(uri));
    request.add('Call-ID', own('call-id') ?? randomUUID());
    const cseq = /^\d+/.exec(own('cseq') ?? '')?.[0] ?? String(newCSeq());
    request.add('CSeq', `${cseq} ${method}`);
    completeRequest(request, given, local);
    return request;
  }

  #cancel(id: string, app: AppConnection, txn: string, given: SipMessage): void {
    const invite = this.#stack.clients.byTxn(txn);
    if (!invite) throw new FrameRefused(`unable to cancel unknown transaction id: ${txn}`);
    const cancel = cancelOf(invite.request);
    cancel.headers.push(...appHeaders(given, invite.flow.local, [...writtenFirst, 'content-type']));
    const outcome = this.#stack.clients.cancel(invite, cancel);
    if (outcome === undefined) throw new FrameRefused(`internal server error canceling transaction id: ${txn}`);
    app.sentRequest(id, cancel.toString(), invite.flow, randomUUID(), outcome === 'held');
  }
}

/** The Request-URI; its parameters stand outside the brackets, as drachtio-server writes them. */
function defaultTo(uri: string): string {
  const [base = '', ...params] = uri.split(';');
  return [`<${base}>`, ...params].join(';');
}
