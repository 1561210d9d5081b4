/**
 * `npm run ue -- …`: a UE that does ICE-TCP, and a core to try it against. An operator checks a
 * deployment with it from where his clients sit; the demo and the tests run it as their two ends.
 *
 * `--help` lists all options, with examples.
 *
 * Who calls also hangs up (or whom --hang-up names): after its last packet, when nothing has come in for 300 ms. Give both
 * ends the same --seconds and neither sends into a call that has ended, so that what was sent at
 * one end and received at the other can be compared packet by packet. A UE sends from the moment
 * its pair is selected; a core from the first packet it hears (or 10 s after the answer).
 *
 * Events (`{"event": …}`, each with `t`, ms since the start):
 *
 *     ready           role, sip                      SIP is open at this URI; a core can be registered at
 *     registered      aor, expires                   UE: 200 to REGISTER; core: a UE registered (also contact, path)
 *     unregistered    aor
 *     message-sent    uri                            2xx to our MESSAGE
 *     message         from, text                     MESSAGE received
 *     calling         uri
 *     incoming        from
 *     ringing                                        18x received or sent
 *     answered        setupMs                        200 received or sent; ms from the INVITE
 *     candidates      line, local[], remote[]        candidate lines of a stream
 *     check-sent      line, path, remote, attempt,   attempt counts the retransmissions, from 1; nominating: the
 *                     nominating                     pair is valid already, this check selects it
 *     tcp-connected   line, path, remote
 *     check-succeeded line, path, remote, rttMs
 *     check-failed    line, path, remote, reason
 *     udp-unanswered  line, remote, checks           UDP checks sent without any answer so far
 *     pair-selected   line, path, remote, local      path: "udp", or "tcp" and the edge's port: "tcp80"
 *     connection-lost line, path, remote             the selected TCP connection; it is tried again for 30 s
 *     media-flowing   line, path, mediaMs            first RTP received; ms from `answered`
 *     media-sent      line, packets                  the last packet of --seconds was sent
 *     msrp-open       line, path                     the MSRP session has its connection; path as above
 *     msrp-progress   bytes, size                    of the file that is being sent; at most 100 for a file
 *     msrp-sent       bytes, sha256                  the peer has reported that it has it all
 *     msrp-received   bytes, sha256, contentType     a message came whole
 *     msrp-closed     line, reason                   the peer ended the session, or its connection was lost
 *     changed         media[]                        our re-INVITE dropped or added streams
 *     held, resumed   by                             "us" or "peer"
 *     ended           by                             "us" or "peer"
 *     error           code, message
 *     report          always the last line
 *
 * The report: `{"event":"report","ok":true,"role":"ue"|"core","direction":"originating"|"terminating"|null,
 * "registered":true,"path":"udp"|"tcp80"|…|null,"setupMs":…,"mediaMs":…,"sent":…,"received":…,"lost":…,
 * "rtcpSent":…,"rtcpReceived":…,"rttMs":…,"unansweredUdpChecks":…,"streams":[…],
 * "msrp":null|{"path":…,"sent":[{"bytes":…,"sha256":…}],"received":[…]},"error":null|{"code":…,"message":…}}`.
 * `direction` is as this end sees it: the caller is originating. Numbers are sums over the RTP streams, times those of
 * the first; a number that was not measured is null. `ok`: all that was asked for happened, with media both ways on each RTP stream.
 *
 * Exit status: 0 ok, 1 not ok, 2 wrong options. SIGINT and SIGTERM hang up, de-register and report; a second one
 * stops at once.
 */
import { EdgeError } from '../lib/errors';
import { createLogger } from '../lib/ops/logger';
import type { UeEvent } from '../lib/ue/ue-event';
import { onStopSignal, signalStatus } from './stop-signals';
import { conduct } from './ue/conduct';
import { readOptions, usage, type CoreOptions, type UeOptions } from './ue/options';
import { sentence, stamped, table } from './ue/output';

async function main(): Promise<number> {
  const options = commandLine();
  if (typeof options === 'number') return options;
  const startedAt = performance.now();
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const observer = (event: UeEvent) => {
    const t = Math.round(performance.now() - startedAt);
    const text = sentence(event);
    if (options.events) print(JSON.stringify({ ...event, t }));
    else if (text !== undefined) print(stamped(t, text));
  };
  const report = await conduct(options, { observer, logger: createLogger(options.logLevel), stop: stopSignal() });
  if (!options.events && report.streams.length > 0) print(table(report));
  if (options.events || options.json)
    print(JSON.stringify({ ...report, t: Math.round(performance.now() - startedAt) }));
  return report.ok ? 0 : 1;
}

/** The options, or the exit status if there is nothing to run. */
function commandLine(): UeOptions | CoreOptions | number {
  try {
    const options = readOptions(process.argv.slice(2), process.env['UE_PASSWORD']);
    if (options !== undefined) return options;
    process.stdout.write(`${usage}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    process.stderr.write(`${error.message} See --help.\n`);
    return 2;
  }
}

/** Aborted by a stop signal; the second one ends the process. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  onStopSignal(
    () => stop.abort(),
    (signal) => process.exit(signalStatus[signal]),
  );
  return stop.signal;
}

void main().then((status) => {
  process.exitCode = status;
});
