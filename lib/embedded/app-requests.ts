import { randomUUID } from 'node:crypto';
import type { AppConnection, AppFrame } from './app-connection';
import { cancelOf } from '../wire/cancel';
import type { ClientTransaction } from './client-transaction';
import { contactUri, viaFor } from './contact';
import { Dialog } from './dialog';
import { DialogClient } from './dialog-client';
import type { Flow } from './flow';
import { appHeaders, completeContentType, localise } from './header-rules';
import { newBranch, newCSeq, newTag } from './ids';
import { destinationOf, ownContact } from './in-dialog-request';
import { ResponsesToApp } from './responses-to-app';
import { SipMessage } from '../wire/sip-message';
import { parseSipUri, tagOf } from '../wire/sip-uri';
import type { Stack } from './stack';
import type { Destination } from '../wire/link';

const methods = new Set([
  ...['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'NOTIFY', 'INFO', 'REFER', 'UPDATE'],
  ...['BYE', 'CANCEL', 'PRACK', 'ACK'],
]);

/** What is written above the app's other headers. */
const ownHeaders = ['max-forwards', 'from', 'to', 'call-id', 'cseq', 'contact'];

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
    if (!methods.has(method)) app.nok(id, `invalid request-uri: ${given.startLine}`);
    else if (method === 'CANCEL') this.#cancel(id, app, txn, given);
    else if (given.body !== '' && !given.has('content-type') && !given.body.startsWith('v=0')) {
      app.nok(id, 'missing content-type');
    } else if (dialogId !== '') this.#inDialog.send(id, app, dialogId, given);
    else if (method === 'ACK' || method === 'PRACK') {
      app.nok(id, 'Server error: unable to find dialog for dialog id provided');
    } else this.#outside(id, app, proxy, given);
  }

  #outside(id: string, app: AppConnection, proxy: string, given: SipMessage): void {
    const uri = given.startLine.split(' ').length === 3 ? parseSipUri(given.requestUri) : undefined;
    if (!uri) {
      app.nok(id, `invalid request-uri: ${given.startLine}`);
      return;
    }
    const hop = proxy === '' ? uri : parseSipUri(proxy);
    if (!hop || hop.scheme === 'tel') {
      const text = proxy === '' ? `invalid request-uri: ${given.startLine}` : undefined;
      app.nok(id, text ?? 'Error creating sip transaction for uac request');
      return;
    }
    const registered = proxy === '' ? this.#stack.registrations.flowFor(given.method, given.requestUri) : undefined;
    if (registered) {
      this.#start(id, app, given, uri.text, registered, { isRegistered: true });
      return;
    }
    this.#stack.names.resolve(hop.host, (address) => {
      const { transport } = this.#stack;
      const destination = address === undefined ? undefined : destinationOf(hop, address, transport);
      if (!destination) {
        app.nok(id, address === undefined ? 'host name not found' : 'requested protocol/transport not available');
        return;
      }
      if (transport.isOwn(destination.address, destination.port)) {
        app.nok(id, 'can not send request to myself');
        return;
      }
      const flow = transport.flowTo(destination);
      if (!flow) app.nok(id, 'requested protocol/transport not available');
      else this.#start(id, app, given, uri.text, flow, proxy === '' ? {} : { nextHop: destination });
    });
  }

  #start(
    id: string,
    app: AppConnection,
    given: SipMessage,
    uri: string,
    flow: Flow,
    way: { isRegistered?: boolean; nextHop?: Destination },
  ): void {
    const request = this.#build(given, uri, flow);
    const forms = given.method === 'INVITE' || given.method === 'SUBSCRIBE';
    if (forms && this.#stack.dialogs.isFull) {
      app.nok(id, 'too many dialogs');
      return;
    }
    const dialog = forms ? this.#makeDialog(app, request, flow, way.nextHop) : undefined;
    const transaction = this.#stack.clients.open(
      request,
      flow,
      {
        response: (response, from, bytes, sent) => this.#responses.response(app, dialog, sent, response, from, bytes),
        failed: (status, sent) => this.#responses.failed(app, dialog, sent, status),
      },
      { registered: way.isRegistered === true },
    );
    if (!transaction) {
      app.nok(id, 'too many transactions');
      return;
    }
    if (dialog && given.method === 'INVITE') dialog.inviting.add(transaction);
    transaction.onRingingTooLong = () => this.#sendCancel(transaction);
    transaction.start();
    app.sentRequest(id, transaction.text, flow, transaction.txn, flow.isOpen ? transaction.text.length : 0);
  }

  #build(given: SipMessage, uri: string, flow: Flow): SipMessage {
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
    const contacts = given.lines('contact').map((value) => localise('contact', value, local));
    for (const contact of contacts) request.add('Contact', contact);
    const wantsContact = method === 'INVITE' || method === 'SUBSCRIBE';
    if (contacts.length === 0 && wantsContact) request.add('Contact', ownContact(flow));
    request.headers.push(...appHeaders(given, local, ownHeaders));
    request.body = given.body;
    completeContentType(request);
    return request;
  }

  #makeDialog(app: AppConnection, request: SipMessage, flow: Flow, nextHop: Destination | undefined): Dialog {
    const from = request.get('from') ?? '';
    const dialog = new Dialog({
      callId: request.callId,
      idTag: tagOf(from) ?? '',
      method: request.method,
      role: 'uac',
      localTag: tagOf(from) ?? '',
      local: from,
      remote: request.get('to') ?? '',
      localPoint: flow.local,
      owner: app,
      cseq: request.cseq?.number ?? 0,
    });
    dialog.nextHop = nextHop;
    return dialog;
  }

  #cancel(id: string, app: AppConnection, txn: string, given: SipMessage): void {
    const invite = this.#stack.clients.byTxn(txn);
    if (!invite) {
      app.nok(id, `unable to cancel unknown transaction id: ${txn}`);
      return;
    }
    const cancel = this.#makeCancel(invite, given);
    let sent: ClientTransaction | undefined;
    const outcome = invite.cancel(() => {
      sent = this.#stack.clients.open(cancel, invite.flow, ignore);
      sent?.start();
    });
    if (outcome === undefined) {
      app.nok(id, `internal server error canceling transaction id: ${txn}`);
      return;
    }
    const text = cancel.toString();
    app.sentRequest(id, text, invite.flow, sent?.txn ?? randomUUID(), outcome === 'sent' ? text.length : 0);
  }

  /** Timer C: by ourselves. */
  #sendCancel(invite: ClientTransaction): void {
    invite.cancel(() => this.#stack.clients.open(cancelOf(invite.request), invite.flow, ignore)?.start());
  }

  #makeCancel(invite: ClientTransaction, given?: SipMessage): SipMessage {
    const cancel = cancelOf(invite.request);
    if (given) cancel.headers.push(...appHeaders(given, invite.flow.local, [...ownHeaders, 'content-type']));
    return cancel;
  }
}

/** The Request-URI; its parameters stand outside the brackets, as drachtio-server writes them. */
function defaultTo(uri: string): string {
  const [base = '', ...params] = uri.split(';');
  return [`<${base}>`, ...params].join(';');
}

const ignore = { response: () => undefined, failed: () => undefined };
