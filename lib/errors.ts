interface ErrorKind {
  /** The response that a SIP request which meets it gets, unless the place that found it says another. */
  readonly sipStatus?: number;
  /** What helps, in one sentence; missing where the message says all there is. */
  readonly help?: string;
}

const setting = 'Change the setting that the message names; .env.example lists all of them.';
const later = 'It passes by itself; if it comes back, look at the limits in docs/deploy.md.';
const sender = 'Who sent it has to change it: look at the message in a trace.';
const ofDrachtio = 'Look at drachtio-server’s own log, and at DRACHTIO_HOST, DRACHTIO_PORT and DRACHTIO_SECRET.';
const ofRtpengine = 'Look at rtpengine’s own log, and at RTPENGINE_URLS.';
const ofCore = 'Look at CORE_NEXT_HOP, EMERGENCY_NEXT_HOP and the Service-Route of the registrar.';
const path = 'Look for what the firewall passes: docs/check-a-deployment.md.';

/** Every error that edge80 raises on purpose, by its code. */
const errorKinds = {
  // The start, and what ends the process.
  'config-invalid': {},
  'setting-invalid': { help: setting },
  'contact-unusable': { help: setting },
  'secret-missing': { help: setting },
  'admin-not-local': { help: setting },
  'sip-listen-failed': { help: 'End what has the address, or change ACCESS_LISTEN, ACCESS_CONTACTS or CORE_CONTACTS.' },
  'egress-listen-failed': { help: 'End what has the port, or change EGRESS_PORT.' },
  'msrp-listen-failed': { help: 'Change MSRP_PORTS, or GATEWAY_BIND and CORE_CONTACTS, whose addresses it takes.' },
  'admin-listen-failed': { help: 'End what has the port, or change ADMIN_LISTEN; off goes without.' },
  'ng-listen-failed': { help: 'End what has the port, or change NG_LISTEN or NG_HTTP_LISTEN.' },
  'gateway-port-denied': {},
  'gateway-port-in-use': {},
  'gateway-listen-failed': { help: 'Change GATEWAY_BIND or PUBLIC_PORTS.' },
  'native-plane-missing': {
    help: 'Build it with `npm install` where a C++ compiler is, or leave GATEWAY_PLANE unset.',
  },
  'rtpengine-not-started': {},
  'rtpengine-ended': { help: ofRtpengine },
  'drachtio-refused': { help: ofDrachtio },
  'drachtio-unreachable': { help: ofDrachtio },

  // The parts beside us.
  'drachtio-lost': { sipStatus: 503, help: ofDrachtio },
  'anchor-unavailable': { sipStatus: 503, help: ofRtpengine },
  'anchor-lost': { sipStatus: 503, help: ofRtpengine },
  'anchor-refused': { sipStatus: 503, help: ofRtpengine },
  'anchor-call-unknown': { sipStatus: 503, help: ofRtpengine },
  'node-request-invalid': { help: 'Media nodes and P-CSCFs have to be of the same release.' },
  'core-unreachable': { sipStatus: 503, help: ofCore },
  'egress-unreachable': { sipStatus: 503, help: ofCore },
  'egress-unsupported': { sipStatus: 502, help: ofCore },
  'egress-invalid': { sipStatus: 500, help: ofCore },
  'sip-unsent': { sipStatus: 500, help: ofDrachtio },
  'message-too-large': { sipStatus: 513, help: sender },
  'admin-frame-invalid': { help: 'Only the app may connect to the embedded edge’s admin port.' },

  // Room.
  overloaded: { sipStatus: 503, help: later },
  'shutting-down': { sipStatus: 503, help: 'The edge is being stopped.' },
  'too-many-requests': { sipStatus: 503, help: later },
  'too-many-calls': { sipStatus: 503, help: later },
  'too-many-lines': { sipStatus: 503, help: later },
  'too-many-subscriptions': { sipStatus: 503, help: later },
  'too-many-contacts': { sipStatus: 503, help: later },
  'registrations-full': { sipStatus: 503, help: later },
  'egress-full': { sipStatus: 503, help: later },
  'msrp-no-port': { sipStatus: 503, help: 'Widen MSRP_PORTS.' },

  // A SIP message that is not served.
  'sip-invalid': { sipStatus: 400, help: sender },
  'sip-target': { sipStatus: 400, help: sender },
  'sip-type': { sipStatus: 415, help: sender },
  'sip-scheme': { sipStatus: 416, help: sender },
  'sip-extension': { sipStatus: 420, help: sender },
  'sip-hops': { sipStatus: 483, help: sender },
  'sip-no-dialog': { sipStatus: 481, help: sender },
  'sip-same-dialog': { sipStatus: 482, help: 'The core sends a call of the edge back to it: look at its routing.' },
  'sip-unknown-contact': {
    sipStatus: 403,
    help: 'Name in ACCESS_CONTACTS and CORE_CONTACTS all that drachtio-server listens on.',
  },
  'sip-wrong-side': { sipStatus: 403, help: 'UEs reach ACCESS_CONTACTS or ACCESS_LISTEN, the core CORE_CONTACTS.' },
  'sip-timeout': { sipStatus: 408, help: 'The far end does not answer: look at a trace of its side.' },
  'not-registered': { sipStatus: 403, help: 'The UE has to register over the connection that it calls by.' },
  'emergency-refused': { sipStatus: 380 },
  'flow-failed': { sipStatus: 430, help: 'The UE has to register again (RFC 5626 §5.3).' },
  'flow-gone': { sipStatus: 430, help: 'The UE has to register again (RFC 5626 §5.3).' },
  'flow-unknown': { sipStatus: 404, help: 'The core has to send by the Path that the UE registered with.' },
  'flow-forged': { sipStatus: 403, help: 'All edges of one Path need the same FLOW_TOKEN_KEYS.' },
  'handler-failed': { sipStatus: 500, help: 'This is a fault of edge80: please report it with the log line.' },
  'call-cancelled': { sipStatus: 487 },
  'call-ended': { sipStatus: 487 },

  // SDP.
  'sdp-invalid': { sipStatus: 488, help: sender },
  'no-usable-media': { sipStatus: 488, help: sender },
  'answer-unexpected': { sipStatus: 488, help: sender },
  'ufrag-taken': { sipStatus: 500, help: 'This is a fault of edge80: please report it with the log line.' },

  // The UE of this package, and the demo.
  'options-wrong': {},
  'flags-invalid': {},
  'file-unreadable': {},
  'certificate-invalid': {},
  'address-unusable': {},
  'sip-unusable': {},
  'network-failed': {},
  'tool-failed': {},
  'process-failed': {},
  'browser-failed': {},
  'phone-failed': {},
  'softphone-failed': {},
  'edge-unreachable': { help: path },
  'proxy-failed': {},
  'turn-failed': { help: 'Look at the credential and its time, and at docs/turn.md.' },
  'proxy-refused': { help: 'Many proxies let CONNECT through to port 443 alone: try that port of the edge.' },
  'certificate-untrusted': {
    help: 'Give its authority by --ca or the name in it by --server-name, or take any with --insecure.',
  },
  'websocket-refused': { help: 'Look whether the port is one that takes SIP over WebSocket.' },
  'challenge-unknown': {},
  'sip-rejected': {},
  'call-refused': {},
  'registration-refused': {},
  'message-refused': {},
  'call-unanswered': {},
  'registration-unanswered': {},
  'message-unanswered': {},
  'registration-late': {},
  'path-late': {},
  'media-late': {},
  'no-call': {},
  'no-message': {},
  'no-ice': {},
  'no-stream': {},
  'no-path': { help: path },
  'no-media': { help: path },
  'no-msrp': {},
  'msrp-missing': {},
  'msrp-content': {},
  'msrp-timeout': {},
  'msrp-refused': {},
  'msrp-closed': {},
  'tls-failed': {},
  closed: {},
  stopped: {},
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** Whether it is one of these, as another process of edge80 may name one. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}

/**
 * The one base of every error that edge80 raises on purpose.
 *
 * `code` is stable and may be matched on; `message` is one sentence in the user's terms.
 * Where a SIP request caused the error, `sipStatus` is the verdict it deserves and `retryAfter`
 * the seconds to put in Retry-After (RFC 3261 §20.33), where there is a reason for just as many.
 */
export class EdgeError extends Error {
  readonly code: ErrorCode;
  readonly sipStatus: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { sipStatus?: number; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EdgeError';
    this.code = code;
    const kind: ErrorKind = errorKinds[code];
    this.sipStatus = options.sipStatus ?? kind.sipStatus;
    this.retryAfter = options.retryAfter;
  }

  /** What helps, in one sentence. */
  get help(): string | undefined {
    const kind: ErrorKind = errorKinds[this.code];
    return kind.help;
  }
}
