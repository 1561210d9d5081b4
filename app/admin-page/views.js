import { element, graph, rounded, span, timeOf } from './dom.js';

/** The columns of a list of calls: their name, and what stands in them. */
const columns = [
  ['From', ({ caller }) => caller],
  ['To', ({ callee }) => callee],
  ['Address', ({ address }) => address],
  ['Age', ({ startedAt, seconds, endedAt }, now) => (endedAt ? span(seconds) : span((now - startedAt) / 1000))],
  ['Way', ({ path, tcpReason }) => (path ?? 'none') + (tcpReason ? ` (${tcpReason})` : '')],
  ['Codec', ({ codec }) => codec || '–'],
  ['Packets UE/core', ({ packets }) => `${packets.fromUe ?? '–'} / ${packets.fromCore ?? '–'}`],
  ['Loss', ({ loss }) => percent(loss.fromUe) + ' / ' + percent(loss.fromCore)],
  ['Jitter', ({ jitterMs }) => rounded(jitterMs.fromUe, 1, '') + ' / ' + rounded(jitterMs.fromCore, 1, ' ms')],
  ['RTT', ({ rttMs }) => rounded(rttMs, 0, ' ms')],
  ['Back', ({ reconnects }) => reconnects],
  ['Drops', ({ dropped }) => dropped],
  ['Ended', ({ endedAt, cause }) => (endedAt ? `${timeOf(endedAt)} ${cause}` : 'under way')],
];

function percent(share) {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

export function overview({ calls, callsLimit, registrations, connections, rtpengines, link, graphs, troubles }) {
  const ended = graphs.reduce((sum, sample) => sum + sample.ended, 0);
  const byTcp = graphs.reduce((sum, sample) => sum + sample.byTcp, 0);
  const nodes = rtpengines.map(({ url, isUp, isBusy }) => `${url} ${isUp ? (isBusy ? 'busy' : 'up') : 'down'}`);
  const server = link.isConnected ? (link.isAnswering ? 'answers' : 'does not answer') : 'not connected';
  const share = graphs.map((sample) => (sample.ended === 0 ? null : sample.byTcp / sample.ended));
  const times = graphs.map(({ timeToMediaMs }) => timeToMediaMs);
  return element(
    'section',
    { class: 'tiles', 'aria-label': 'Now' },
    tile('Calls', `${calls} of ${callsLimit}`, graph(column(graphs, 'calls'), 'Calls of the last hour')),
    tile('By TCP, last hour', ended === 0 ? '–' : percent(byTcp / ended), graph(share, 'Share of calls by TCP')),
    tile('Time to media', lastOf(times), graph(times, 'Time to media of the last hour')),
    tile('Registrations', registrations, list(connections)),
    tile('Parts', troubles.length === 0 ? 'in order' : 'in trouble', parts(server, nodes, troubles)),
  );
}

function column(samples, name) {
  return samples.map((sample) => sample[name]);
}

function lastOf(times) {
  const last = times.findLast((time) => time !== null);
  return last === undefined ? '–' : `${last} ms`;
}

function tile(name, value, ...more) {
  return element('div', { class: 'card' }, element('h2', {}, name), element('p', { class: 'big' }, value), ...more);
}

function list(named) {
  const rows = Object.entries(named).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
  return element('dl', {}, ...rows);
}

function parts(server, nodes, troubles) {
  const reasons = troubles.map(({ part, reason }) => `${part}: ${reason}`);
  const lines = [`SIP server ${server}`, ...nodes.map((node) => `rtpengine ${node}`), ...reasons];
  return element('div', {}, ...lines.map((line) => element('p', { class: 'soft' }, line)));
}

export function calls({ now, underWay, ended, found }) {
  return element(
    'div',
    {},
    callTable('Under way', found.underWay, underWay, now),
    callTable('Ended', found.ended, ended, now),
  );
}

function callTable(title, found, rows, now) {
  const shown = rows.length < found ? `, ${rows.length} of ${found}` : `, ${found}`;
  const head = element(
    'tr',
    {},
    ...['Verdict', ...columns.map(([name]) => name)].map((name) => element('th', {}, name)),
  );
  const body = rows.map((row) => callRow(row, now));
  const table = element('table', { class: 'calls' }, element('thead', {}, head), element('tbody', {}, ...body));
  const none = element('p', { class: 'soft' }, 'None.');
  return element(
    'section',
    { class: 'card', 'aria-label': title },
    element('h2', {}, title + shown),
    rows.length === 0 ? none : element('div', { class: 'wide' }, table),
  );
}

function callRow(row, now) {
  const link = element('a', { href: `#/call/${encodeURIComponent(row.id)}` }, row.verdict.text);
  const cells = columns.map(([name, of]) => {
    const path = name === 'Way' ? { 'data-path': row.path ?? 'none' } : {};
    return element('td', { class: 'number', 'data-name': name, ...path }, of(row, now));
  });
  return element('tr', {}, element('td', { class: 'whole', 'data-is': row.verdict.is }, link), ...cells);
}

export function registrations({ found, rows }) {
  const head = element(
    'tr',
    {},
    ...['User', 'Contact', 'Address', 'Expires in'].map((name) => element('th', {}, name)),
  );
  const body = rows.map(({ aor, contact, address, expiresIn }) =>
    element('tr', {}, ...[aor, contact, address, span(expiresIn)].map((text) => element('td', {}, text))),
  );
  const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...body));
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, `Registrations, ${found}`),
    element('div', { class: 'wide' }, table),
  );
}

export function call(told) {
  const { verdict, ladder, startedAt, now } = told;
  const facts = Object.fromEntries(columns.map(([name, of]) => [name, of(told, now)]));
  return element(
    'article',
    {},
    element(
      'section',
      { class: 'verdict', 'data-is': verdict.is, 'data-id': verdict.id },
      element('p', {}, verdict.text),
      element('p', { class: 'soft' }, verdict.help),
    ),
    element(
      'section',
      { class: 'card' },
      element('h2', {}, 'Call'),
      list({ ...facts, 'Call-ID': told.callId, call: told.id }),
    ),
    element('section', { class: 'card' }, element('h2', {}, 'Ladder'), ladderTable(ladder, startedAt)),
  );
}

const places = { ue: 'UE', edge: 'edge', core: 'core' };

function ladderTable({ events, missed, counts }, startedAt) {
  const steps = events.map(({ at, from, to, what, more }) => ({
    at,
    way: from === to ? places[from] : `${places[from]} → ${places[to]}`,
    what:
      more === undefined ? [what] : [element('details', {}, element('summary', {}, what), element('pre', {}, more))],
  }));
  const often = counts.map(({ count, last, what }) => ({ at: last, way: 'often', what: [`${what}: ${count} times`] }));
  const rows = [...steps, ...often]
    .sort((one, other) => one.at - other.at)
    .map(({ at, way, what }) =>
      element(
        'tr',
        {},
        element('td', { class: 'number' }, `${((at - startedAt) / 1000).toFixed(3)} s`),
        element('td', {}, way),
        element('td', {}, ...what),
      ),
    );
  const table = element('table', { class: 'ladder' }, element('tbody', {}, ...rows));
  const left = missed === 0 ? [] : [element('p', { class: 'soft' }, `${missed} steps in the middle are left out.`)];
  return element('div', {}, ...left, element('div', { class: 'wide' }, table));
}
