import { Replay, type Exception, type ReplayOptions } from './replay';

const sameBranchAck: Exception = {
  where: /^ACK sip:(127\.\d\.\d\.3:5063) SIP/,
  skip: ['start-line', 'Max-Forwards'],
  because: 'RFC 3261 §17.1.1.3: the ACK to a refusal has the Request-URI of the INVITE, and §8.1.1 a Max-Forwards',
};
const proxiedCancel: Exception = {
  where: /^CANCEL [^]*Via/,
  skip: ['Max-Forwards'],
  because: 'RFC 3261 §8.1.1: every request has a Max-Forwards',
};
const hopCount: Exception = {
  where: /^(ACK|BYE) [^]*Via: [^]*Via: /,
  skip: ['Max-Forwards'],
  because: 'RFC 3261 §16.6: a proxy takes one from Max-Forwards, the server forgets to for what passes through',
};
const heldCancel: Exception = {
  where: /\|application\|0\|[^]*CANCEL /,
  skip: ['To', 'message'],
  because: 'the server shows a CANCEL that it holds back with an unfinished To',
};
const heldResponse: Exception = {
  where: /\|response\|[^]*SIP\/2\.0 18\d /,
  skip: ['message', 'bytes'],
  because: 'README 9: the OK frame of a response that waits for a PRACK shows the one before',
};
const lostReason: Exception = {
  where: /^SIP\/2\.0 (183 \r|200 INVITE)/,
  skip: ['start-line'],
  because: 'README 9: a response that waited for a PRACK loses its reason phrase',
};

const madeByServer: Exception = {
  where: /\|(0\|(udp|tcp)\|\||application\|0\|)/,
  skip: ['To', 'bytes'],
  because:
    'README 2.3: in what it never sent or made itself the server writes To without brackets, with a tag of its own',
};

/** The recordings that the edge is held to, one by one. */
const recordings: [string, ReplayOptions?][] = [
  ['01a-connect-authenticate-route-ping-disconnect'],
  ['01b-connect-wrong-secret'],
  ['01d-frames-split-and-joined'],
  ['01k-order-of-replies-on-the-admin-connection'],
  ['02a-uas-udp-180-200-ack-bye-from-caller'],
  ['02b-uas-tcp-180-200-ack-bye-from-caller'],
  ['02c-uas-bye-from-app'],
  ['02f-uas-delayed-offer-ack-with-sdp'],
  ['02h-uas-app-sends-second-final'],
  ['02i-uas-nat-contact-differs-from-source'],
  ['03a-uas-486-ack'],
  ['03c-uas-486-no-ack-udp', { t1: 40 }],
  ['03d-uas-app-sends-100-and-180-repeatedly'],
  ['03e-uas-302-redirect-and-reason-phrase'],
  ['04a-uas-reliable-183-prack-200'],
  ['04b-uas-reliable-183-prack-late', { t1: 60 }],
  ['04d-uas-reliable-refused-no-100rel-support'],
  ['04f-uas-two-reliable-provisionals', { exceptions: [heldResponse, lostReason] }],
  ['04g-uas-200-before-prack', { exceptions: [heldResponse, lostReason] }],
  ['04h-uas-invite-requires-100rel'],
  ['05a-cancel-before-app-sent-anything'],
  ['05b-cancel-after-180'],
  ['05c-cancel-after-180-tcp'],
  ['05e-cancel-after-200-race', { t1: 200 }],
  ['06a-uac-100-180-200-bye-from-app'],
  ['06b-uac-200-bye-from-callee'],
  ['06c-uac-tcp-200-bye'],
  ['06d-uac-delayed-offer-noack'],
  ['06e-uac-reliable-183-prack'],
  ['06f-uac-404'],
  ['06f3-uac-503-retry-after'],
  ['06g-uac-silent-callee-udp', { t1: 20, exceptions: [madeByServer] }],
  ['06h-uac-cancel-after-180'],
  ['06h2-uac-cancel-before-any-response', { t1: 100, exceptions: [heldCancel] }],
  ['06h4-uac-cancel-crosses-200'],
  ['06i-uac-200-retransmitted'],
  ['06i2-uac-200-noack-app-slow'],
  ['06j-uac-401-auth'],
  ['06k-uac-forked-183-then-200'],
  ['06l2-uac-tcp-refused', { exceptions: [madeByServer] }],
  ['06m-uac-refused-by-the-server'],
  ['06o-uac-contact-differs-from-source'],
  ['06p-uac-custom-from-to-contact-callid'],
  ['06q-uac-callingnumber'],
  ['07a-b2bua-happy-localsdp-functions-headers-bye-from-a'],
  ['07b-b2bua-bye-from-b'],
  ['07c-b2bua-callee-480'],
  ['07d-b2bua-caller-cancel'],
  ['07d2-b2bua-caller-cancel-before-b-answers', { exceptions: [heldCancel] }],
  ['07e-b2bua-183-early-media'],
  ['07f-b2bua-183-prack-end-to-end'],
  ['07g-b2bua-two-forked-183-then-200'],
  ['07i-b2bua-delayed-offer'],
  [
    '07k-b2bua-update-in-early-dialog-from-a',
    {
      exceptions: [
        {
          where: /CSeq: 2 UPDATE/,
          skip: ['Content-Type', 'bytes'],
          because: 'RFC 3261 §20.15: a body has a Content-Type; the server forgets it for an early UPDATE',
        },
      ],
    },
  ],
  ['08a-reinvite-from-caller-app-answers'],
  ['08b-reinvite-from-caller-rejected-488'],
  ['08d-reinvite-from-app-dlg-modify'],
  ['08g-glare-both-reinvite'],
  ['08i-update-info-message-options-from-caller'],
  ['08j-update-info-message-options-from-app'],
  ['08k-refer-notify-from-caller'],
  ['08l-requests-default-handling-by-srf'],
  ['08m-wrong-tags-and-old-cseq'],
  ['08p-inbound-request-on-uac-dialog'],
  ['08r-bye-before-ack-and-bye-during-early'],
  ['08s-reinvite-tcp-and-dialog-over-new-connection'],
  [
    '08t-bye-from-app-while-its-reinvite-is-pending',
    {
      exceptions: [
        {
          where: /\|sip\|network\|[^]*SIP\/2\.0 487/,
          skip: 'extra',
          because: 'the app is told how its re-INVITE ended',
        },
      ],
    },
  ],
  ['09a-register-401-then-200-with-path-service-route'],
  ['09b-register-contact-star-and-bad-contact'],
  ['09c-message-options-publish-info'],
  ['09d-subscribe-dialog-notify'],
  ['09e-no-route-for-method'],
  ['09h-headers-as-seen-by-app'],
  ['10a-request-options-custom-headers'],
  ['10b-request-route-header'],
  ['10c-request-proxy-option-udp'],
  ['10d-request-proxy-option-tcp'],
  ['10e-request-proxy-invite'],
  ['10f-request-register-401-auth-by-srf'],
  ['10g-request-no-answer-408', { t1: 20, exceptions: [madeByServer] }],
  ['10i-request-tcp-refused-and-closed', { t1: 20, exceptions: [madeByServer] }],
  ['10k-request-all-methods'],
  ['11a-proxy-invite-remain-in-dialog', { exceptions: [hopCount] }],
  ['11b-proxy-invite-not-in-dialog'],
  ['11c-proxy-invite-480-and-cancel', { exceptions: [sameBranchAck, proxiedCancel] }],
  ['11d-proxy-two-destinations-serial', { exceptions: [sameBranchAck, hopCount] }],
  ['11e-proxy-two-destinations-simultaneous', { exceptions: [sameBranchAck, proxiedCancel, hopCount] }],
  ['11f-proxy-register-path'],
  ['11i-proxy-nonlocal-ruri-and-maxforwards-0', { exceptions: [sameBranchAck] }],
  ['12a-tcp-reuse-uri-of-ephemeral-port'],
  ['12b-tcp-reuse-contact-names-listening-port'],
  ['12c-tcp-reuse-other-user-and-ims-uri'],
  ['12d-tcp-connection-closed-then-request', { exceptions: [madeByServer] }],
  ['12e-tcp-connection-reset-then-request-contact-listening', { exceptions: [madeByServer] }],
  ['12f-tcp-ue-reconnects-and-reregisters'],
  ['12g-tcp-register-app-answers-without-expires'],
  ['12h-udp-register-then-request'],
  ['12j-tcp-idle-connection-and-second-call'],
  ['12k-tcp-no-expires-connection-closed', { exceptions: [madeByServer] }],
  ['12l-tcp-closed-before-app-answers'],
  ['12m-tcp-deregister-flushes-the-cache'],
  ['13a-app-gone-then-info-and-bye'],
  ['13b-app-reconnects-then-info-and-bye'],
  ['13c-other-app-same-tag-then-info-and-bye'],
  ['13d-invite-when-no-app-connected'],
  ['13e-app-dies-before-answering-invite'],
  ['13g-two-apps-dialog-ownership'],
  [
    '14a-uas-200-never-acked-udp',
    {
      t1: 40,
      exceptions: [{ where: /^BYE /, skip: 'extra', because: 'the recording ends before the BYE is repeated' }],
    },
  ],
  ['14b-uas-200-never-acked-tcp', { t1: 20 }],
  ['14c-uas-200-lost-three-times', { t1: 60 }],
  [
    '14d-duplicate-invite',
    {
      exceptions: [
        { where: /^SIP\/2.0 100/, skip: 'extra', because: 'RFC 3261 §17.2.1: a repeated INVITE gets the 100 again' },
      ],
    },
  ],
  ['14e-retransmitted-bye-and-lost-200'],
  ['14f-noninvite-lost-final-response', { t1: 20 }],
  ['14g-indialog-noninvite-slow-app'],
  ['15a-uas-two-record-routes-two-headers'],
  ['15b-uas-two-record-routes-one-header'],
  ['15e-uas-record-route-and-nat'],
  ['15g-uac-record-routes-in-200'],
  ['15l-indialog-request-with-route-to-server'],
  ['15m-uac-contact-same-host-transport-tcp'],
  ['16c-tcp-two-messages-in-one-segment'],
  ['16c2-tcp-one-message-in-many-segments'],
  ['16c5-tcp-crlfcrlf-then-request-in-next-segment'],
  ['16c6-tcp-no-content-length'],
  [
    '16d-crlf-keepalive',
    {
      exceptions: [
        { where: /!.\u00a4B/s, skip: 'absent', because: 'no STUN on the SIP port: UEs keep UDP alive with CRLF' },
      ],
    },
  ],
  ['16f-via-variants'],
  ['17d-non-2xx-and-noninvite-response-defaults'],
  ['17e-utf8-lengths'],
];

describe('recordings of drachtio-server', () => {
  test.each(recordings)('%s', async (name, options = {}) => {
    await Replay.run(name, options);
  });
});
