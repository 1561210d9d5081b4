import { EventEmitter } from 'node:events';
import type { RtpengineCommands, Rtpengines } from '../../../lib/media/rtpengine-choice';
import { EdgeError } from '../../../lib/errors';
import { familyOf, type AddressFamily } from '../../../lib/ip-address';
import type { CallStatistics } from '../../../lib/rtpengine/call-statistics';
import type { AnswerOptions, OfferOptions } from '../../../lib/rtpengine/ng-command';
import type { RtpenginePoolEvents } from '../../../lib/rtpengine/pool';
import { formatMediaLine, isRtpOverUdp } from '../../../lib/sdp/media-line';
import { parseSdp, withEachSection, writeSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';
import { textsOf } from '../sdp/texts';

type Received = ({ command: 'offer' } & OfferOptions) | ({ command: 'answer' } & AnswerOptions);

/**
 * Writes SDPs as rtpengine 10.5.3 was seen to write them: its addresses and candidates toward a UE that does
 * ICE, neither toward the core, attributes that it does not know passed on. The real one is in the
 * integration tests; this one can fail, and shows what it was given.
 */
export class FakeRtpengine implements RtpengineCommands {
  readonly received: Received[] = [];
  readonly deleted: string[] = [];
  /** The calls that it was to tell of. */
  readonly asked: string[] = [];
  /** Part of each ufrag; another one is another ICE session. */
  generation = 1;
  /** Begins another one whenever an SDP of the UE has other credentials than the one before. */
  restarts = false;
  #ueSession = '';
  /** It has lost what it had, until the next offer. */
  isNew = false;
  failure: EdgeError | undefined;
  /** Its own, toward each side. */
  addresses: Record<'access' | 'core', Record<AddressFamily, string>> = own;
  /** What it tells of every call. */
  statistics: CallStatistics | undefined;
  /** Holds replies back until it resolves. */
  gate: Promise<void> = Promise.resolve();
  #offer: OfferOptions | undefined;
  /** Of the last SDP of each side, or as the other one was to be offered. */
  readonly #families: Partial<Record<string, AddressFamily>> = {};

  async offer(options: OfferOptions): Promise<string> {
    this.received.push({ command: 'offer', ...options });
    await this.#ready();
    this.isNew = false;
    this.#offer = options;
    if (options.direction[0] === 'access') this.#noteSession(options.sdp);
    const [from, to] = options.direction;
    const towardUe = to === 'access';
    this.#families[from] = familyIn(options.sdp);
    this.#families[to] = options['address-family'] ?? this.#families[to] ?? this.#families[from];
    return this.#write(
      options.sdp,
      towardUe,
      () => towardUe && options.ICE === 'force',
      () => towardUe,
    );
  }

  async answer(options: AnswerOptions): Promise<string> {
    this.received.push({ command: 'answer', ...options });
    await this.#ready();
    const towardUe = options['from-tag'] === 'access';
    if (!towardUe) this.#noteSession(options.sdp);
    const { media } = viewSession(parseSdp(this.#offer?.sdp ?? ''));
    this.#families[options['to-tag']] = familyIn(options.sdp);
    return this.#write(
      withOffered(options.sdp, this.#offer?.sdp ?? ''),
      towardUe,
      (line) => towardUe && media[line]?.hasIce === true,
      (line) => towardUe && media[line]?.rtcpMux === true,
    );
  }

  has(): Promise<boolean> {
    return Promise.resolve(!this.isNew);
  }

  bundles(): Promise<boolean> {
    return Promise.resolve(false);
  }

  query(call: string): Promise<CallStatistics | undefined> {
    this.asked.push(call);
    return Promise.resolve(this.statistics);
  }

  delete(call: string): Promise<void> {
    this.deleted.push(call);
    return Promise.resolve();
  }

  #noteSession(sdp: string): void {
    const session = (sdp.match(/a=ice-(ufrag|pwd):.*/g) ?? []).join();
    if (this.restarts && this.#ueSession !== '' && session !== this.#ueSession) this.generation += 1;
    this.#ueSession = session;
  }

  async #ready(): Promise<void> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
  }

  #write(sdp: string, towardUe: boolean, ice: (line: number) => boolean, mux: (line: number) => boolean): string {
    const family = this.#families[towardUe ? 'access' : 'core'] ?? 'IP4';
    const address = this.addresses[towardUe ? 'access' : 'core'][family];
    const lines = parseSdp(sdp);
    const media = viewSession(lines).media.flatMap((view) => {
      if (view.port === 0) return [formatMediaLine(view)];
      const port = 40000 + 100 * view.index + (towardUe ? 0 : 50);
      const candidate = (component: number) =>
        `a=candidate:Abc123 ${component} UDP ${2130706432 - component} ${address} ${port + component - 1} typ host`;
      const known = /^(c=|a=(candidate|ice-|rtcp(?!-fb)|remote-candidates|sendrecv))/;
      return [
        formatMediaLine({ ...view, port }),
        ...(textsOf(lines).media[view.index] ?? []).slice(1).filter((line) => !known.test(line)),
        `a=${view.direction}`,
        `a=rtcp:${mux(view.index) ? port : port + 1}`,
        ...(mux(view.index) ? ['a=rtcp-mux'] : []),
        ...(ice(view.index)
          ? [
              `a=ice-ufrag:uf${view.index}gen${this.generation}`,
              'a=ice-pwd:abcdefghijklmnopqrstuvwxyz',
              // Of the far end, as what rtpengine does not know comes through.
              'a=ice-options:trickle',
              'a=remote-candidates:1 203.0.113.9 6000',
              candidate(1),
              ...(mux(view.index) ? [] : [candidate(2)]),
            ]
          : []),
      ];
    });
    const origin =
      textsOf(lines)
        .session.find((line) => line.startsWith('o='))
        ?.replace(/\S+ \S+$/, `${family} ${address}`) ?? '';
    return ['v=0', origin, 's=-', `c=IN ${family} ${address}`, 't=0 0', ...media, ''].join('\r\n');
  }
}

const own = {
  access: { IP4: '198.51.100.1', IP6: '2001:db8:a::1' },
  core: { IP4: '192.0.2.1', IP6: '2001:db8:c::1' },
};

/** Of its first line, in use or not. */
function familyIn(sdp: string): AddressFamily {
  return familyOf(viewSession(parseSdp(sdp)).media[0]?.address ?? '');
}

/** An answer without the formats that were not offered in the same number. */
function withOffered(answer: string, offer: string): string {
  const { media: offered } = parseSdp(offer);
  const written = withEachSection(parseSdp(answer), (section, index) => {
    const { transport, formats } = offered[index] ?? section;
    if (!isRtpOverUdp(section.transport) || !isRtpOverUdp(transport) || section.port === 0) return section;
    const kept = section.formats.split(' ').filter((format) => formats.split(' ').includes(format));
    return section.with({ formats: kept.join(' ') }).filter(({ text }) => {
      const format = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(text)?.[1];
      return format === undefined || kept.includes(format);
    });
  });
  return writeSdp(written);
}

/** A pool of these; silent ones count as lost. */
export function choiceOf(...nodes: FakeRtpengine[]): Rtpengines {
  return Object.assign(new EventEmitter<RtpenginePoolEvents>(), {
    pick: (tried: readonly RtpengineCommands[] = []) => {
      const node = nodes.find((candidate) => !tried.includes(candidate));
      if (node === undefined) throw new EdgeError('anchor-unavailable', 'No rtpengine answers.', { sipStatus: 503 });
      return node;
    },
  });
}
