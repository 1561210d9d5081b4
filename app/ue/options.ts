import { parseArgs } from 'node:util';
import type { RelaysOfUe } from '../../lib/ue/packet-ports';
import type { MessageOptions } from '../../lib/ue/phone';
import type { MediaKind, Party } from '../../lib/ue/ue-event';
import type { MessageTask } from './message-exchange';
import { hostPort, positive, sipUri, wrong } from './option-values';
import { transportOptions, type TransportOptions } from './transport-options';
import { turnOptions } from './turn-options';

interface CommonOptions {
  domain: string;
  seconds: number;
  /** ms to wait for an answer, a call or a registration. */
  patience: number;
  offerless: boolean;
  hold: boolean;
  /** What our offers have; what we are offered is taken, whatever it is. */
  media: readonly MediaKind[];
  messages: MessageTask & Pick<MessageOptions, 'cema' | 'setup'>;
  /** PEM file with certificate and key: MSRP over TLS. */
  certificateFile: string | undefined;
  /** Dropped and taken back by re-INVITEs, halfway. */
  drop: MediaKind | undefined;
  /** Who ends the call; undefined: who called. */
  hangUp: Party | undefined;
  events: boolean;
  json: boolean;
  logLevel: string;
}

export interface UeOptions extends CommonOptions {
  role: 'ue';
  edge: { host: string; port: number };
  transport: TransportOptions;
  local: string | undefined;
  user: string;
  password: string | undefined;
  register: boolean;
  /** A text to send to a URI. */
  message: { uri: string; text: string } | undefined;
  waitMessage: boolean;
  /** ms between two consent checks; undefined: as RFC 7675 has it. */
  consentInterval: number | undefined;
  /** Without ICE. */
  plain: boolean;
  turn: RelaysOfUe | undefined;
  call: string | undefined;
  waitCall: boolean;
}

export interface CoreOptions extends CommonOptions {
  role: 'core';
  listen: { host: string; port: number };
  callRegistered: string | undefined;
  /** ms */
  callPause: number;
}

export const usage = `Checks an edge80 deployment from where its clients sit: registers, calls, sends and receives media
over UDP or, where a firewall drops that, over TCP 80, and says what went which way.

As a UE (SIP over one connection to the edge):
  npm run ue -- --edge 203.0.113.9 --user alice --register
  npm run ue -- --edge edge.example.net:443 --tls --user alice --register
  npm run ue -- --edge edge.example.net:443 --tls --ws --http-proxy http://192.0.2.3:3128 --user alice --register
  npm run ue -- --edge 203.0.113.9 --user alice --register --call sip:bob@example.net --seconds 5
  npm run ue -- --edge 203.0.113.9 --user alice --register --wait-call
  npm run ue -- --edge 203.0.113.9:80 --user alice --register --wait-call --turn guest:secret@203.0.113.9:80 --relay-only
  npm run ue -- --edge 203.0.113.9 --user alice --register --message sip:bob@example.net --text hello
  npm run ue -- --edge 203.0.113.9 --user alice --register --call sip:bob@example.net --media msrp --send-file photo.jpg

As a core to try it against (registrar and phone; RTP over UDP, no ICE):
  npm run ue -- --core --listen 198.51.100.2 --answer
  npm run ue -- --core --listen 198.51.100.2 --call-registered alice

  --edge HOST[:PORT]      UE: the edge's address and its port for SIP (5060; TLS 5061; WebSocket 80, with TLS 443)
  --tls                   UE: SIP over TLS
  --ca PEM                UE: with --tls, the authorities of this file are trusted, in place of the system's
  --server-name NAME      UE: with --tls, whom the certificate has to name (the host of --edge)
  --insecure              UE: with --tls, takes any certificate
  --ws                    UE: SIP over WebSocket; with --tls, over secure WebSocket
  --http-proxy URL        UE: SIP, and media on ICE-TCP, through this HTTP proxy by CONNECT: http://[USER:PASSWORD@]HOST:PORT
  --user NAME             UE: the user part of its address (ue)
  --domain NAME           the domain of sip:user@domain (example.net)
  --password SECRET       UE: answers a digest challenge; better given as UE_PASSWORD in the environment
  --local ADDRESS         UE: address for SIP and media (the one the route to the edge has)
  --register              UE: register first, de-register at the end
  --message URI           UE: send a MESSAGE to this URI
  --text TEXT             UE: what the MESSAGE says (hello)
  --wait-message          UE: wait until a MESSAGE came in
  --call URI              UE: call this URI, send media, hang up
  --consent N             UE: seconds between two consent checks (5); after twice that in silence, TCP is dialled anew
  --wait-call             UE: answer one call and stay until the caller hangs up
  --core                  be the core
  --listen HOST[:PORT]    core: its SIP address (port 5060, UDP and TCP), and its address for media
  --answer                core: answer one call
  --call-registered USER  core: wait until USER has registered, then call it along its Path
  --call-pause N          core: seconds from the registration to the call (0)
  --offerless             caller: INVITE without SDP, the answer goes in the ACK
  --hold                  hold and resume once, halfway
  --media LIST            what to offer: audio, msrp, or audio,msrp (audio); of what is offered, all is taken
  --send-file FILE        sends this file by MSRP
  --send-text TEXT        sends this text by MSRP
  --receive N             stays until N messages have come by MSRP (0)
  --receive-file FILE     writes what comes by MSRP to this file, the newest message alone (and --receive 1)
  --send-back             sends back what came into --receive-file
  --cema                  says a=msrp-cema
  --setup active|passive  for MSRP, in place of offering actpass and answering active
  --msrps PEM             MSRP over TLS, with the certificate and key of this file
  --drop audio|msrp       in a call with both: drops this for a while when MSRP is through, and takes it back, by
                          re-INVITEs; what is sent by MSRP is sent before, between (audio dropped), and after
  --no-ice                UE: without ICE
  --turn CREDENTIAL       UE: USER:PASSWORD@HOST[:PORT] of TURN for audio (port as of --edge); over TLS where --tls is given
  --relay-only            UE: with --turn, nothing but the relayed address is tried
  --hang-up us|peer       who ends the call (us where we call, peer where we are called)
  --seconds N             media to send, 50 packets a second (5), then silence
  --timeout N             seconds to wait for an answer, a call or a registration (60)
  --events                standard output is one JSON object a line for each event
  --json                  the last line of standard output is the report as one JSON object
  --log-level LEVEL       logs of the SIP side on standard error (silent)
  --help                  this text`;

/** Reads the command line. Returns undefined for --help; throws `options-wrong`, naming the option. */
export function readOptions(
  args: readonly string[],
  password: string | undefined,
): UeOptions | CoreOptions | undefined {
  const given = parse(args);
  if (given.help) return undefined;
  const common = {
    domain: given.domain,
    seconds: positive('--seconds', given.seconds),
    patience: 1000 * positive('--timeout', given.timeout),
    offerless: given.offerless,
    hold: given.hold,
    hangUp: party(given['hang-up']),
    media: given.media.split(',').map((kind) => mediaKind('--media', kind)),
    messages: messageTask(given),
    certificateFile: given.msrps,
    drop: given.drop === undefined ? undefined : mediaKind('--drop', given.drop),
    events: given.events,
    json: given.json,
    logLevel: given['log-level'],
  };
  const ueOnly = [
    ...(['edge', 'user', 'password', 'local', 'register', 'call', 'wait-call'] as const),
    ...(['message', 'text', 'wait-message', 'consent', 'no-ice', 'turn', 'relay-only'] as const),
    ...(['tls', 'ca', 'server-name', 'insecure', 'ws', 'http-proxy'] as const),
  ];
  const coreOnly = ['listen', 'answer', 'call-registered', 'call-pause'] as const;
  const foreign = (given.core ? ueOnly : coreOnly).find((name) => given[name] !== undefined && given[name] !== false);
  if (foreign !== undefined) throw wrong(`--${foreign} is for ${given.core ? 'a UE, not for --core' : '--core alone'}`);
  return given.core ? core(given, common) : ue(given, common, password);
}

function ue(given: Given, common: CommonOptions, password: string | undefined): UeOptions {
  if (given.edge === undefined) throw wrong('--edge is missing: the address of the edge');
  if (given.call !== undefined && given['wait-call']) throw wrong('--call and --wait-call exclude each other');
  if (given.text !== undefined && given.message === undefined) throw wrong('--text wants --message beside it');
  const { defaultPort, ...transport } = transportOptions(given);
  const { register, call, 'wait-call': waitCall, 'wait-message': waitMessage } = given;
  if (!register && !waitCall && !waitMessage && call === undefined && given.message === undefined) {
    throw wrong('nothing to do: give --register, --call, --wait-call, --message or --wait-message');
  }
  return {
    ...common,
    role: 'ue',
    edge: hostPort('--edge', given.edge, defaultPort),
    transport,
    local: given.local,
    user: given.user ?? 'ue',
    password: given.password ?? password,
    register,
    message:
      given.message === undefined
        ? undefined
        : { uri: sipUri('--message', given.message), text: given.text ?? 'hello' },
    waitMessage,
    plain: given['no-ice'],
    turn: turnOptions(given, defaultPort),
    consentInterval: given.consent === undefined ? undefined : 1000 * positive('--consent', given.consent),
    call: call === undefined ? undefined : sipUri('--call', call),
    waitCall,
  };
}

function core(given: Given, common: CommonOptions): CoreOptions {
  if (given.listen === undefined) throw wrong('--listen is missing: the address of the core');
  if (given.answer === (given['call-registered'] !== undefined)) {
    throw wrong('--core wants either --answer or --call-registered');
  }
  return {
    ...common,
    role: 'core',
    listen: hostPort('--listen', given.listen, 5060),
    callRegistered: given['call-registered'],
    callPause: given['call-pause'] === undefined ? 0 : 1000 * positive('--call-pause', given['call-pause']),
  };
}

type Given = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        edge: { type: 'string' },
        tls: { type: 'boolean', default: false },
        ca: { type: 'string' },
        'server-name': { type: 'string' },
        insecure: { type: 'boolean', default: false },
        ws: { type: 'boolean', default: false },
        'http-proxy': { type: 'string' },
        user: { type: 'string' },
        domain: { type: 'string', default: 'example.net' },
        password: { type: 'string' },
        local: { type: 'string' },
        register: { type: 'boolean', default: false },
        message: { type: 'string' },
        text: { type: 'string' },
        consent: { type: 'string' },
        'wait-message': { type: 'boolean', default: false },
        call: { type: 'string' },
        'wait-call': { type: 'boolean', default: false },
        core: { type: 'boolean', default: false },
        listen: { type: 'string' },
        answer: { type: 'boolean', default: false },
        'call-registered': { type: 'string' },
        'call-pause': { type: 'string' },
        offerless: { type: 'boolean', default: false },
        hold: { type: 'boolean', default: false },
        media: { type: 'string', default: 'audio' },
        'send-file': { type: 'string' },
        'send-text': { type: 'string' },
        receive: { type: 'string' },
        'receive-file': { type: 'string' },
        'send-back': { type: 'boolean', default: false },
        cema: { type: 'boolean', default: false },
        setup: { type: 'string' },
        msrps: { type: 'string' },
        drop: { type: 'string' },
        'no-ice': { type: 'boolean', default: false },
        turn: { type: 'string' },
        'relay-only': { type: 'boolean', default: false },
        'hang-up': { type: 'string' },
        seconds: { type: 'string', default: '5' },
        timeout: { type: 'string', default: '60' },
        events: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'log-level': { type: 'string', default: 'silent' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw wrong((error as Error).message.replace(/\.? To specify.*$/s, ''));
  }
}

function mediaKind(name: string, text: string): MediaKind {
  if (text !== 'audio' && text !== 'msrp') throw wrong(`${name} wants audio or msrp, not "${text}"`);
  return text === 'msrp' ? 'message' : text;
}

function messageTask(given: Given): CommonOptions['messages'] {
  const { 'send-file': sendFile, 'send-text': sendText, 'receive-file': receiveFile, setup, cema } = given;
  if (given['send-back'] && receiveFile === undefined) throw wrong('--send-back wants --receive-file beside it');
  if (setup !== undefined && setup !== 'active' && setup !== 'passive') {
    throw wrong(`--setup wants active or passive, not "${setup}"`);
  }
  const receive = Number(given.receive ?? (receiveFile === undefined ? 0 : 1));
  if (!Number.isInteger(receive) || receive < 0)
    throw wrong(`--receive wants a number of messages, not "${given.receive}"`);
  return { sendFile, sendText, receive, receiveFile, sendBack: given['send-back'], cema, setup };
}

function party(text: string | undefined): Party | undefined {
  if (text !== undefined && text !== 'us' && text !== 'peer') throw wrong(`--hang-up wants us or peer, not "${text}"`);
  return text;
}
