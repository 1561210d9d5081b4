import { hostPort } from '../../../lib/wire/sip-uri';
import type { MediaStats } from '../foreign-phone';

/** Its call as linphone names the states, without `LinphoneCall`; undefined: there was none. */
type CallState = 'IncomingReceived' | 'StreamsRunning' | 'End' | 'Released' | 'Error' | (string & {});

interface CallEnd {
  type: string;
  at: string;
}

/** Numbers of the statistics at the end of a call, by how linphone names them. */
const counts = {
  sent: 'sent',
  received: 'received',
  lost: 'incoming cumulative lost',
  rtcpSent: 'sent rtcp',
  rtcpReceived: 'received rtcp',
} as const;

/** kbit/s; answers to checks count, too. */
const audible = 1;

/** What linphonec's log (5.1, level 4) tells of its registration and its one call. */
export class LinphoneLog {
  /** As linphone names it, without `LinphoneRegistration`. */
  registration = 'None';
  call: CallState | undefined;
  /** Who calls. */
  caller = '';
  /** Media comes from the far end. */
  hears = false;
  readonly #counted = { sent: 0, received: 0, lost: 0, rtcpSent: 0, rtcpReceived: 0 };
  /** Of the pair that was listed last. */
  #ends: { Local?: CallEnd; Remote?: CallEnd } = {};
  #selected: { Local?: CallEnd; Remote?: CallEnd } = {};

  line(line: string): void {
    const [, registration] = /^.*moving from state \[\w+\] to \[LinphoneRegistration(\w+)\]/.exec(line) ?? [];
    this.registration = registration ?? this.registration;
    const [, call] = /CallSession \[\w+\] moving from state \w+ to LinphoneCall(\w+)/.exec(line) ?? [];
    this.call = call ?? this.call;
    const [, caller] = /^(?:linphonec> )?Receiving new incoming call from (.+), assigned id/.exec(line) ?? [];
    this.caller = caller ?? this.caller;
    const [, kbits] = /Stream #0 \(audio\).*RTP : \[d=([\d.]+)/.exec(line) ?? [];
    if (Number(kbits) >= audible) this.hears = true;
    this.#pair(line);
    this.#count(line);
  }

  get stats(): MediaStats {
    const { Local: local, Remote: remote } = this.#selected;
    const received = Math.max(this.#counted.received, this.hears ? 1 : 0);
    return {
      ...{ line: 0, kind: 'audio', ...this.#counted, received, rttMs: null },
      path: local === undefined ? null : local.type === 'relay' ? 'relay' : 'udp',
      ...{ local: local?.at ?? '', remote: remote?.at ?? '' },
    };
  }

  /** Each pair of the valid list is followed by a line that says whether it is used. */
  #pair(line: string): void {
    const end = /(Local|Remote): \[\w+\]: [* ]*type=(\w+) ip=(\S+) port=(\d+) componentID=1 /.exec(line);
    if (end !== null) {
      const [, which = '', type = '', ip = '', port] = end;
      this.#ends = { ...this.#ends, [which]: { type, at: hostPort(ip, Number(port)) } };
    } else if (line.includes('--> selected') && this.#ends.Local !== undefined) this.#selected = this.#ends;
    else if (/componentID=|state=/.test(line)) this.#ends = {};
  }

  #count(line: string): void {
    const [, name = '', number] = /ortp-message-([a-z ]+?)\s{2,}(\d+) packets/.exec(line) ?? [];
    for (const [key, itsName] of Object.entries(counts))
      if (name === itsName) this.#counted[key as keyof typeof counts] = Number(number);
  }
}
