import { mustBeCarried, type CarriedBodies } from './fence/carried-bodies';
import { headerOf } from './fence/hidden-headers';

/*
 * Frames of the link to the SIP server: a line that tells what to do, and for most of them a SIP message behind it.
 */

const endOfHead = '\r\n\r\n';
const bodyHeader = headerOf('Body');
const uncarriedLine = new RegExp(`\\r\\n${headerOf('Uncarried')}:[^\\r]*`, 'i');
const holderLine = new RegExp(`\\r\\n${headerOf('Holder')}:[ \\t]*([^\\r]*)`, 'i');
const bodyLine = new RegExp(`\\r\\n${bodyHeader}:[ \\t]*([^\\r]*)`, 'i');

/** Of what the app says by itself. */
const nobody = 'app';

/** A frame for the server: in the place of a body that it is not to see stands the body's name. */
export function toServer(frame: string, bodies: CarriedBodies | undefined): string {
  const end = frame.indexOf(endOfHead);
  if (end < 0) return frame;
  const noted = frame.slice(0, end);
  const holder = holderLine.exec(noted)?.[1];
  const head = holder === undefined ? noted : noted.replace(holderLine, '');
  if (uncarriedLine.test(head)) return head.replace(uncarriedLine, '') + frame.slice(end);
  const body = frame.slice(end + endOfHead.length);
  if (!bodies || !mustBeCarried(body)) return head + frame.slice(end);
  // As the server does where it sees one.
  const type =
    !/\r\nContent-Type[ \t]*:/i.test(head) && body.startsWith('v=0') ? '\r\nContent-Type: application/sdp' : '';
  return `${head}${type}\r\n${bodyHeader}: ${bodies.put(body, holder ?? nobody)}${endOfHead}`;
}

/** A frame of the server, with the body that it has the name of; without one where that is not known any more. */
export function fromServer(frame: string, bodies: CarriedBodies): string {
  if (!frame.includes(`${bodyHeader}:`)) return frame;
  const end = frame.indexOf(endOfHead);
  const head = end < 0 ? frame : frame.slice(0, end);
  const name = bodyLine.exec(head)?.[1];
  if (name === undefined) return frame;
  const body = bodies.get(name.trim()) ?? '';
  const others = head.replace(bodyLine, '').replace(/\r\n(?:Content-Length|l)[ \t]*:[^\r]*/gi, '');
  return `${others}\r\nContent-Length: ${body.length}${endOfHead}${body}`;
}
