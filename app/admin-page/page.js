import { element } from './dom.js';
import { call, calls, overview, registrations } from './views.js';

const byId = (id) => document.getElementById(id);
const refreshMs = 5000;

/** In this tab alone, until it is closed. */
const tokenName = 'edge80-admin-token';

let drawn = 0;

async function ask(path, options = {}) {
  const token = sessionStorage.getItem(tokenName);
  const headers = { ...options.headers, ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(path, { ...options, headers });
  const told = await response.json();
  byId('login').hidden = response.status !== 401;
  if (!response.ok) throw new Error(told.error ?? `The edge answered ${response.status}.`);
  return told;
}

function search() {
  const term = byId('term').value.trim();
  return term === '' ? '' : `?search=${encodeURIComponent(term)}`;
}

async function pageFor(hash) {
  const [, id] = /^#\/call\/(.+)$/.exec(hash) ?? [];
  if (id !== undefined) return [call(await ask(`/api/calls/${id}`))];
  if (hash === '#/registrations') return [registrations(await ask(`/api/registrations${search()}`))];
  const [now, lists] = await Promise.all([ask('/api/overview'), ask(`/api/calls${search()}`)]);
  return [overview(now), calls(lists)];
}

async function draw() {
  const number = ++drawn;
  const { hash } = location;
  try {
    const [page, { state, ready }] = await Promise.all([pageFor(hash), ask('/api/overview')]);
    // Another was asked for meanwhile, or the reader has opened something.
    if (number !== drawn || byId('main').querySelector('details[open]')) return;
    byId('main').replaceChildren(...page);
    byId('state').textContent = state;
    byId('state').dataset.is = ready ? 'good' : 'bad';
    byId('drain').hidden = state === 'draining';
    byId('drain').disabled = state !== 'ready';
    byId('resume').hidden = state !== 'draining';
    trouble('');
  } catch (error) {
    if (number === drawn) trouble(error.message);
  }
}

function trouble(text) {
  byId('trouble').hidden = text === '';
  byId('trouble').replaceChildren(element('span', {}, text));
}

function command(method) {
  ask('/drain', { method })
    .then(draw)
    .catch((error) => trouble(error.message));
}

byId('search').addEventListener('submit', (event) => event.preventDefault());
byId('term').addEventListener('input', () => {
  if (location.hash.startsWith('#/call/')) location.hash = '#/';
  else void draw();
});
byId('login').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(tokenName, byId('token').value);
  byId('token').value = '';
  void draw();
});
byId('drain').addEventListener('click', () => byId('confirm').showModal());
byId('confirm').addEventListener('close', () => {
  if (byId('confirm').returnValue === 'drain') command('PUT');
});
byId('resume').addEventListener('click', () => command('DELETE'));
addEventListener('hashchange', () => {
  byId('main').replaceChildren();
  void draw();
});
setInterval(() => {
  if (!document.hidden) void draw();
}, refreshMs);
void draw();
