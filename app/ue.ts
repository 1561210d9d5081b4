/**
 * `npm run ue -- …`: a UE that does ICE-TCP, and a core to try it against. An operator checks a
 * deployment with it from where his clients sit; the demo and the tests run it as their two ends.
 *
 * As a UE (SIP over one TCP connection to the edge; RTP over UDP or, where that is dropped, TCP 80):
 *
 *     --edge 203.0.113.9[:5060] --user alice --register
 *     --edge … --user alice [--register] --call sip:core@example.net --seconds 5
 *     --edge … --user alice --register --wait-call --seconds 5
 *
 * As a core (registrar and phone; SIP over UDP and TCP, RTP and RTCP over UDP, no ICE, no mux):
 *
 *     --core --listen 198.51.100.2[:5060] --answer --seconds 5
 *     --core --listen … --call-registered alice --seconds 5
 *
 * | option              | meaning                                                                    |
 * |---------------------|----------------------------------------------------------------------------|
 * | --edge H[:P]        | UE: the edge's address and SIP/TCP port (5060)                             |
 * | --user NAME         | UE: the user part of its address (`ue`)                                    |
 * | --domain NAME       | the domain of sip:user@domain (`example.net`)                              |
 * | --password SECRET   | UE: answers a digest challenge with it; or the environment's UE_PASSWORD   |
 * | --local ADDRESS     | address for SIP and media; default: the one the route to the edge has      |
 * | --register          | register first, de-register at the end                                     |
 * | --call URI          | call this URI, send media, hang up                                         |
 * | --wait-call         | answer one call, send media, wait until the caller hangs up                |
 * | --offerless         | with --call, --call-registered: INVITE without SDP, the answer in the ACK  |
 * | --hold              | the caller holds and resumes once, halfway                                 |
 * | --core              | be the core                                                                |
 * | --listen H[:P]      | core: its SIP address and port (5060), UDP and TCP; also its media address |
 * | --answer            | core: answer one call                                                      |
 * | --call-registered U | core: wait until user U registered, then call it along its Path            |
 * | --seconds N         | media to send, 50 packets a second (5): exactly 50·N packets, then silence |
 * | --timeout N         | seconds to wait for an answer, a call or a registration (60)               |
 * | --events            | standard output is one JSON object a line for each event, as it happens    |
 * | --json              | the last line of standard output is the report as one JSON object          |
 * | --log-level LEVEL   | logs of the SIP side on standard error (`silent`)                          |
 *
 * Who calls also hangs up: after its last packet, when nothing has come in for 300 ms. Give both
 * ends the same --seconds and neither sends into a call that has ended, so that what was sent at
 * one end and received at the other can be compared packet by packet. A UE sends from the moment
 * its pair is selected; a core from the first packet it hears (or 10 s after the answer).
 *
 * Events (`{"event": …}`, each with `t`, ms since the start):
 *
 *     ready           role, sip                      SIP is open at this URI; a core can be registered at
 *     registered      aor, expires                   UE: 200 to REGISTER; core: a UE registered (also contact, path)
 *     unregistered    aor
 *     calling         uri
 *     incoming        from
 *     ringing                                        18x received or sent
 *     answered        setupMs                        200 received or sent; ms from the INVITE
 *     candidates      line, local[], remote[]        candidate lines of a stream
 *     check-sent      line, path, remote, attempt    attempt counts the retransmissions, from 1
 *     tcp-connected   line, path, remote
 *     check-succeeded line, path, remote, rttMs
 *     check-failed    line, path, remote, reason
 *     udp-unanswered  line, remote, checks           UDP checks sent without any answer so far
 *     pair-selected   line, path, remote, local      path: "udp" or "tcp80"
 *     media-flowing   line, path, mediaMs            first RTP received; ms from `answered`
 *     media-sent      line, packets                  the last packet of --seconds was sent
 *     held, resumed   by                             "us" or "peer"
 *     ended           by                             "us" or "peer"
 *     error           code, message
 *     report          always the last line
 *
 * The report: `{"event":"report","ok":true,"role":"ue"|"core","direction":"originating"|"terminating"|null,
 * "registered":true,"path":"tcp80"|"udp"|null,"setupMs":…,"mediaMs":…,"sent":…,"received":…,"lost":…,
 * "rtcpSent":…,"rtcpReceived":…,"rttMs":…,"unansweredUdpChecks":…,"streams":[…],"error":null|{"code":…,"message":…}}`.
 * `direction` is as this end sees it: the caller is originating. Numbers are sums over the streams, times those of
 * the first; a number that was not measured is null. `ok`: all that was asked for happened, with media both ways.
 *
 * Exit status: 0 ok, 1 not ok, 2 wrong options. SIGINT and SIGTERM hang up, de-register and report; a second one
 * stops at once.
 */
export {};
