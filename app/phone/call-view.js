/** @typedef {import('./call.js').Call} Call */

const digits = [...'123456789*0#'];

/** How often the time and the path of the media are looked at, ms. */
const lookEvery = 1000;

/** What is shown of the call that there is, and the buttons for it. */
export class CallView {
  /** @type {Call | undefined} */
  #call;
  #attempt;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looking;

  /** @param {(act: () => unknown) => Promise<void>} attempt shows what goes wrong */
  constructor(attempt) {
    this.#attempt = attempt;
    this.#onClick('answer', (call) => call.answer());
    this.#onClick('hang-up', (call) => call.hangUp());
    this.#onClick('hold', (call) => call.hold(!call.isHeld));
    this.#onClick('mute', (call) => call.mute(!call.isMuted));
    element('keys').addEventListener('click', () => this.#openKeypad(element('keypad').hidden !== false));
    element('keypad').append(...digits.map((digit) => this.#key(digit)));
    document.addEventListener('keydown', (event) => {
      const isTyped = event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey;
      if (!isTyped && digits.includes(event.key)) this.#press(event.key);
    });
  }

  /** @param {Call | undefined} call */
  show(call) {
    if (call !== this.#call) this.#begin(call);
    const state = call?.state ?? 'ended';
    element('call').hidden = state === 'ended';
    if (!call || state === 'ended') return;
    const talks = state === 'talks';
    element('call-with').textContent = call.who;
    element('answer').hidden = state !== 'comes-in';
    for (const id of ['mute', 'hold', 'keys']) element(id).hidden = !talks;
    element('hang-up').textContent = state === 'comes-in' ? 'Decline' : 'Hang up';
    setPressed('hold', call.isHeld);
    setPressed('mute', call.isMuted);
    this.#showState(call);
  }

  /** @param {Call | undefined} call */
  #begin(call) {
    this.#call = call;
    clearInterval(this.#looking);
    element('path').hidden = true;
    this.#openKeypad(false);
    if (call) this.#looking = setInterval(() => void this.#look(call), lookEvery);
  }

  /** @param {Call} call */
  #showState(call) {
    const held = call.isHeld ? ', you hold' : call.isHeldThere ? ', the other one holds' : '';
    const words = {
      calls: 'Calling …',
      rings: 'It rings there …',
      'comes-in': 'Calls you',
      answering: 'Answering …',
      talks: `${duration(performance.now() - (call.since ?? 0))}${held}`,
      ended: '',
    };
    element('call-state').textContent = words[call.state];
  }

  /** @param {Call} call */
  async #look(call) {
    this.#showState(call);
    const path = await call.path();
    if (!path || call !== this.#call) return;
    element('path').hidden = false;
    element('path').dataset.transport = path.transport;
    element('path-name').textContent = path.name;
    setText('path-why', path.why);
    element('path-figures').textContent = path.figures;
  }

  /** @param {boolean} open */
  #openKeypad(open) {
    element('keypad').hidden = !open;
    element('keys').setAttribute('aria-expanded', String(open));
  }

  /** @param {string} digit */
  #key(digit) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = digit;
    button.addEventListener('click', () => this.#press(digit));
    return button;
  }

  /** @param {string} digit */
  #press(digit) {
    const call = this.#call;
    if (call?.state === 'talks') void this.#attempt(() => call.press(digit));
  }

  /**
   * @param {string} id
   * @param {(call: Call) => unknown} act
   */
  #onClick(id, act) {
    element(id).addEventListener('click', () => {
      const call = this.#call;
      if (!call) return;
      void this.#attempt(async () => {
        await act(call);
        this.show(this.#call);
      });
    });
  }
}

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * A status is read out anew each time that it is set.
 * @param {string} id
 * @param {string} text
 */
function setText(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

/**
 * @param {string} id
 * @param {boolean} isPressed
 */
function setPressed(id, isPressed) {
  element(id).setAttribute('aria-pressed', String(isPressed));
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
