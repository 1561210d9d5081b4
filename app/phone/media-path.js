/**
 * Which way the media of a call takes, and why, by what the browser tells of its ICE (RTCStatsReport).
 *
 * @typedef {object} MediaPath
 * @property {'none' | 'udp' | 'tcp' | 'relay' | 'failed'} transport
 * @property {string} name in a word: `TCP 80`
 * @property {string} why one sentence
 * @property {string} figures address, round trip, packets; may be empty
 *
 * @typedef {Record<string, any> & { id: string, type: string }} Stats
 */

/** What is told of one call, look by look: browsers forget pairs that came to nothing. */
export class PathTeller {
  /** Checks of each UDP pair. @type {Map<string, { sent: number, answered: boolean }>} */
  #udp = new Map();
  #wasUdp = false;

  /**
   * @param {Iterable<Stats>} report
   * @param {RTCIceConnectionState} state
   * @returns {MediaPath}
   */
  tell(report, state) {
    const stats = new Map([...report].map((each) => [each.id, each]));
    const pairs = [...stats.values()].filter(({ type }) => type === 'candidate-pair');
    for (const pair of pairs) this.#remember(pair, stats);
    const selected = selectedPair(stats, pairs);
    const [local, remote] = ends(selected, stats);
    if (state === 'failed') return failed(this.#tried());
    if (!selected || !remote)
      return { transport: 'none', name: '…', why: 'Looks for a way: UDP first, then TCP.', figures: '' };
    const figures = figuresOf(selected, remote, [...stats.values()]);
    if (local?.candidateType === 'relay') {
      const name = `TURN over ${(local.relayProtocol ?? 'udp').toUpperCase()}`;
      const why = `Media takes a relay, ${name}, because ${this.#whyNotUdp(stats)}.`;
      return { transport: 'relay', name, why, figures };
    }
    if (remote.protocol === 'udp') {
      this.#wasUdp = true;
      return { transport: 'udp', name: 'UDP', why: 'Media takes UDP: the network lets it through.', figures };
    }
    const name = `TCP ${remote.port}`;
    const hello = remote.protocol === 'ssltcp' ? ' behind a hello of TLS' : '';
    return { transport: 'tcp', name, why: `Media takes ${name}${hello}, because ${this.#whyNotUdp(stats)}.`, figures };
  }

  /**
   * @param {Stats} pair
   * @param {Map<string, Stats>} stats
   */
  #remember(pair, stats) {
    const [local, remote] = ends(pair, stats);
    // What a relay sends takes no way that this network could block.
    if (local?.protocol !== 'udp' || local.candidateType === 'relay' || remote?.protocol !== 'udp') return;
    const answered = pair.state === 'succeeded' || pair.responsesReceived > 0;
    this.#udp.set(pair.id, { sent: pair.requestsSent ?? 0, answered });
  }

  #tried() {
    const tried = [...this.#udp.values()];
    return {
      sent: tried.reduce((sum, { sent }) => sum + sent, 0),
      answered: tried.some(({ answered }) => answered),
      any: tried.length > 0,
    };
  }

  /** @param {Map<string, Stats>} stats */
  #whyNotUdp(stats) {
    if (this.#wasUdp) return 'UDP stopped to answer in the call';
    const { sent, answered, any } = this.#tried();
    if (answered) return 'UDP was answered too late, or not for long';
    if (sent > 0) return `UDP was never answered (${sent} ${sent === 1 ? 'check' : 'checks'})`;
    if (any) return 'no check over UDP came through';
    const has = (/** @type {string} */ type) =>
      [...stats.values()].some(
        (each) =>
          each.type === type &&
          each.protocol === 'udp' &&
          (type !== 'local-candidate' || each.candidateType !== 'relay'),
      );
    if (!has('local-candidate')) return 'this browser has no UDP (a policy, a proxy, or an extension)';
    if (!has('remote-candidate')) return 'the far end offers no UDP';
    return 'UDP was not tried';
  }
}

/**
 * @param {Map<string, Stats>} stats
 * @param {Stats[]} pairs
 */
function selectedPair(stats, pairs) {
  for (const { type, selectedCandidatePairId } of stats.values()) {
    if (type === 'transport' && selectedCandidatePairId) return stats.get(selectedCandidatePairId);
  }
  // Firefox tells of no transports.
  return pairs.find(({ selected }) => selected);
}

/**
 * @param {Stats | undefined} pair
 * @param {Map<string, Stats>} stats
 */
function ends(pair, stats) {
  return [stats.get(pair?.localCandidateId), stats.get(pair?.remoteCandidateId)];
}

/**
 * @param {{ sent: number }} tried
 * @returns {MediaPath}
 */
function failed({ sent }) {
  const checks = sent > 0 ? ` (${sent} checks over UDP)` : '';
  return {
    transport: 'failed',
    name: 'no way',
    why: `Nothing was answered, neither over UDP nor over TCP${checks}: the network blocks both, or this page is not https.`,
    figures: '',
  };
}

/**
 * @param {Stats} pair
 * @param {Stats} remote
 * @param {Stats[]} all
 */
function figuresOf(pair, remote, all) {
  const heard = all.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  const sent = all.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio');
  const host = remote.address?.includes(':') ? `[${remote.address}]` : remote.address;
  return [
    host && `${host}:${remote.port}`,
    pair.currentRoundTripTime !== undefined && `round trip ${Math.round(pair.currentRoundTripTime * 1000)} ms`,
    heard && `${heard.packetsReceived} packets in, ${heard.packetsLost} lost`,
    sent && `${sent.packetsSent} out`,
  ]
    .filter(Boolean)
    .join(' · ');
}
