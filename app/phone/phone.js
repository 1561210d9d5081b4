import { Line } from './line.js';
import { CallView } from './call-view.js';
import { insecurePage, Trouble, unusableServer } from './words.js';

/** What the page remembers for the next time; never the password. */
const remembered = /** @type {const} */ (['address', 'user', 'server', 'target']);

/** @type {Line | undefined} */
let line;

const account = form('account');
const dial = form('dial');
const state = element('line-state');
const trouble = element('trouble');
const leave = element('leave');
const messages = element('messages');
const callView = new CallView(attempt);

restore();
tell(insecurePage(isSecureContext, location.hostname));

account.addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(async () => {
    const address = field(account, 'address')
      .value.trim()
      .replace(/^sips?:/i, '');
    const server = field(account, 'server').value.trim();
    const unusable = unusableServer(server, location.protocol);
    if (unusable !== undefined) throw new Trouble(unusable);
    const [user, password] = [field(account, 'user').value.trim(), field(account, 'password').value];
    const speaker = /** @type {HTMLAudioElement} */ (element('far-end'));
    line = new Line({ address, user, password, server }, speaker, {
      state: (now) => showLine(now, address),
      trouble: tell,
      call: showCall,
      message: (from, text) => addMessage(from, text, false),
    });
    keep();
    await line.register();
  });
});

dial.addEventListener('submit', (event) => {
  event.preventDefault();
  keep();
  void attempt(() => line?.place(field(dial, 'target').value));
});

element('send').addEventListener('click', () => void attempt(send));
field(dial, 'text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  void attempt(send);
});

leave.addEventListener('click', () => void attempt(() => line?.leave()));

async function send() {
  const target = field(dial, 'target');
  const text = field(dial, 'text');
  if (!target.reportValidity() || text.value.trim() === '') return;
  keep();
  await line?.write(target.value, text.value);
  addMessage(`to ${target.value}`, text.value, true);
  text.value = '';
}

/**
 * Does what was asked for; what goes wrong is shown.
 * @param {() => unknown} act
 */
async function attempt(act) {
  tell(undefined);
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Trouble)) console.error(error);
    tell(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string | undefined} what */
function tell(what) {
  trouble.hidden = what === undefined;
  trouble.textContent = what ?? '';
}

/**
 * @param {'off' | 'wait' | 'on'} now
 * @param {string} address
 */
function showLine(now, address) {
  state.dataset.state = now;
  state.textContent = { off: 'Not registered', wait: 'Connecting …', on: address }[now];
  // While it connects again, what was there stays.
  if (now !== 'wait') leave.hidden = now === 'off';
  account.hidden = !leave.hidden;
  for (const button of account.querySelectorAll('button')) button.disabled = now === 'wait';
  if (now === 'off') line = undefined;
  showCall();
  if (now === 'on' && account.contains(document.activeElement)) field(dial, 'target').focus();
}

function showCall() {
  const call = line?.call;
  callView.show(call);
  dial.hidden = state.dataset.state !== 'on';
  for (const button of dial.querySelectorAll('button'))
    if (button.type === 'submit') button.disabled = call !== undefined;
  document.title = call?.state === 'comes-in' ? `${call.who} calls` : 'Phone';
}

/**
 * @param {string} who
 * @param {string} text
 * @param {boolean} isSent
 */
function addMessage(who, text, isSent) {
  const item = document.createElement('li');
  const name = document.createElement('small');
  name.textContent = who;
  item.append(name, text);
  item.classList.toggle('sent', isSent);
  messages.append(item);
  item.scrollIntoView({ block: 'nearest' });
}

function restore() {
  field(account, 'server').value = `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/`;
  for (const name of remembered) {
    const value = localStorage.getItem(`phone.${name}`);
    if (value) field(name === 'target' ? dial : account, name).value = value;
  }
}

function keep() {
  for (const name of remembered)
    localStorage.setItem(`phone.${name}`, field(name === 'target' ? dial : account, name).value);
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} id */
function form(id) {
  return /** @type {HTMLFormElement} */ (element(id));
}

/**
 * @param {HTMLFormElement} of
 * @param {string} name
 */
function field(of, name) {
  return /** @type {HTMLInputElement} */ (of.elements.namedItem(name));
}
