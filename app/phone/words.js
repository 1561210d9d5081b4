/** What went wrong, in words for whoever uses the phone: what happened, and what to do. */

/** To show as it is. */
export class Trouble extends Error {}

/**
 * Why a REGISTER was refused.
 * @param {number} status
 * @param {string} reason
 */
export function registrationRefused(status, reason) {
  if (status === 401 || status === 407) return 'The user name or the password is wrong.';
  if (status === 403) return `Your provider does not let this address register (403 ${reason}). Is the password right?`;
  if (status === 404) return 'Your provider does not know this address.';
  return unanswered(status) ?? `The registration was refused: ${status} ${reason}.`;
}

/**
 * Why a call ended before it was answered.
 * @param {number} status
 * @param {string} reason
 * @param {string} who
 */
export function callRefused(status, reason, who) {
  switch (status) {
    case 404:
    case 604:
      return `${who} is unknown there.`;
    case 410:
      return `${who} is there no more.`;
    case 480:
      return `${who} cannot be reached now.`;
    case 486:
    case 600:
      return `${who} is busy.`;
    case 487:
      return 'The call was given up.';
    case 488:
    case 606:
      return `${who} has no sound or codec in common with this browser (${status} ${reason}).`;
    case 603:
      return `${who} declined.`;
    default:
      return unanswered(status) ?? `The call was refused: ${status} ${reason}.`;
  }
}

/**
 * Why a text message did not go.
 * @param {number} status
 * @param {string} reason
 * @param {string} who
 */
export function messageRefused(status, reason, who) {
  if (status === 404) return `${who} is unknown there: the message was not delivered.`;
  const why = unanswered(status) ?? `The message was refused: ${status} ${reason}.`;
  return status === 480 ? `${who} cannot be reached now: the message was not delivered.` : why;
}

/** @param {number} status */
function unanswered(status) {
  if (status === 408) return 'No answer came in time (408).';
  if (status === 503) return 'The edge or your provider cannot serve you now (503). Try again in a minute.';
  return undefined;
}

/**
 * Why there is no call without a microphone.
 * @param {{ name?: string, message?: string }} error of getUserMedia
 */
export function noMicrophone({ name, message }) {
  switch (name) {
    case 'NotAllowedError':
      return 'The browser may not use the microphone. Allow it for this page, and call again.';
    case 'NotFoundError':
      return 'The browser finds no microphone. Plug one in, and call again.';
    case 'NotReadableError':
      return 'The microphone is in use elsewhere, or does not work.';
    default:
      return `The microphone cannot be used: ${message}`;
  }
}

/**
 * Why this page cannot have calls; undefined: it can.
 * @param {boolean} isSecure
 * @param {string} host of the page
 */
export function insecurePage(isSecure, host) {
  if (isSecure) return undefined;
  return `This page came over http, so the browser gives it neither the microphone nor TCP for media. Open https://${host}/phone/ instead: the edge serves it where it has port 443.`;
}

/**
 * What is wrong with a WebSocket URL; undefined: nothing.
 * @param {string} url
 * @param {string} pageProtocol `https:` or `http:`
 */
export function unusableServer(url, pageProtocol) {
  if (!/^wss?:\/\/[^/]+/i.test(url)) return 'The WebSocket has to be like wss://sip.example.net/.';
  if (pageProtocol === 'https:' && /^ws:/i.test(url))
    return 'This page came over https: browsers let it use wss:// alone, not ws://.';
  return undefined;
}

/**
 * Why no WebSocket opened: browsers do not tell pages.
 * @param {string} url
 * @param {string} origin of the page
 */
export function noWebSocket(url, origin) {
  return `${url} did not open. Nobody may listen there, its certificate may not be trusted, or it may refuse pages of ${origin}.`;
}
