/**
 * What a connection to a shared port is by its first bytes (J1). `media`: RFC 4571 frames that begin with STUN, of RTP or
 * MSRP. `turn`: a request of TURN over TCP (RFC 8656), which has no frame. `ssltcp`: the hello of libwebrtc's pseudo-TLS,
 * behind which come frames. `strange`: nothing of ours. `undecided`: more bytes have to come.
 */
export type Opening = 'media' | 'turn' | 'ssltcp' | 'tls' | 'sip' | 'http' | 'strange' | 'undecided';

/**
 * Each kind by what makes it unmistakable. A test gives undefined while the bytes so far could become its kind. No two
 * kinds fit the same bytes, so that their order does not matter:
 *
 * | Kind     | First bytes                                                                                     |
 * | -------- | ----------------------------------------------------------------------------------------------- |
 * | `media`  | a length of at least 20 and at most that of a first frame, then 00xxxxxx, and 21 12 as 7th and 8th |
 * | `turn`   | 00, then a type but 00, a length that is a multiple of 4, and 21 12 a4 42                         |
 * | `ssltcp` | 80 46 01 03 01                                                                                  |
 * | `tls`    | 16 03: a handshake record of any version (RFC 8446 §5.1)                                        |
 * | `sip`    | CR LF, or a capital letter, and behind the method a URI of any scheme but http                  |
 * | `http`   | a capital letter, and behind the method a path, `*`, an http URI, or what CONNECT names         |
 */
const kinds: Record<Exclude<Opening, 'strange' | 'undecided'>, (bytes: Buffer, longestFrame: number) => Fit> = {
  media: isMediaOpening,
  turn: isTurn,
  ssltcp: (bytes) => beginsWith(bytes, [0x80, 0x46, 0x01, 0x03, 0x01]),
  tls: (bytes) => beginsWith(bytes, [0x16, 0x03]),
  sip: isSip,
  http: isHttp,
};

type Fit = boolean | undefined;

/** Null packets (RFC 4571 §2) that may come before the first frame. */
const mostNullPackets = 8;

const stunHeaderBytes = 20;

/** Longer is no first request of TURN: an Allocate with credentials has well under 300 bytes. */
const longestTurnRequest = 1280;

/** Longer is no method of a request, nor the scheme behind it. */
const longestMethod = 32;
const longestScheme = 16;

/** @param longestFrame bytes that the first frame may have */
export function openingOf(bytes: Buffer, longestFrame: number): Opening {
  let opening: Opening = 'strange';
  for (const [kind, test] of Object.entries(kinds)) {
    const fits = test(bytes, longestFrame);
    if (fits === true) return kind as Opening;
    if (fits === undefined) opening = 'undecided';
  }
  return opening;
}

/** Whether the first bytes are those of media; undefined while they may become so. As in native/media-opening.h. */
export function isMediaOpening(bytes: Buffer, longestFrame: number): Fit {
  let at = 0;
  while (bytes.length - at >= 2 && bytes.readUInt16BE(at) === 0) at += 2;
  if (at > 2 * mostNullPackets) return false;
  const frame = bytes.subarray(at);
  const [, , type = 0, , , , cookie = 0x21, next = 0x12] = frame;
  const length = frame.length < 2 ? stunHeaderBytes : frame.readUInt16BE(0);
  // The two highest bits of STUN are 0 (RFC 8489 §5).
  if (length < stunHeaderBytes || length > longestFrame || type >= 0x40 || cookie !== 0x21 || next !== 0x12)
    return false;
  return frame.length < 8 ? undefined : true;
}

/**
 * A message whose cookie stands two bytes before that of a framed one. Those that a client begins with have a type below
 * 0x100; type 0 is reserved (RFC 8489 §18.1), and would look like a null packet of media.
 */
function isTurn(bytes: Buffer): Fit {
  const [first = 0, type = 1, , low = 0] = bytes;
  const length = bytes.length < 4 ? 0 : bytes.readUInt16BE(2);
  if (first !== 0 || type === 0 || low % 4 !== 0 || stunHeaderBytes + length > longestTurnRequest) return false;
  return bytes.length < 4 ? undefined : beginsWith(bytes.subarray(4), [0x21, 0x12, 0xa4, 0x42]);
}

function beginsWith(bytes: Buffer, expected: readonly number[]): Fit {
  const known = expected.slice(0, bytes.length);
  if (!known.every((byte, index) => bytes[index] === byte)) return false;
  return known.length < expected.length ? undefined : true;
}

/** Keep-alives may come before the first request (RFC 5626 §4.4.1, RFC 3261 §7.5). */
function isSip(bytes: Buffer): Fit {
  const isBlank = beginsWith(bytes, [0x0d, 0x0a]);
  if (isBlank !== false) return isBlank;
  return isRequest(bytes, (method, target) => {
    const [scheme = '', colon] = /^[a-z][a-z0-9+.-]*(:?)/i.exec(target) ?? [];
    if (method === 'CONNECT' || scheme.length > longestScheme || /^https?:/i.test(scheme)) return false;
    if (colon === ':') return true;
    return scheme !== '' && scheme === target ? undefined : false;
  });
}

/** RFC 9112 §3.2; also the preface of HTTP/2, which gets the answer of HTTP/1.1 (RFC 9113 §3.4). */
function isHttp(bytes: Buffer): Fit {
  return isRequest(bytes, (method, target) => {
    if (method === 'CONNECT' || /^[/*]/.test(target) || /^https?:/i.test(target)) return true;
    return ['http:', 'https:'].some((scheme) => scheme.startsWith(target.toLowerCase())) ? undefined : false;
  });
}

/** @param isTarget is given at least one character */
function isRequest(bytes: Buffer, isTarget: (method: string, target: string) => Fit): Fit {
  const text = bytes.toString('latin1', 0, longestMethod + 1 + longestScheme + 1);
  const [, method = '', space, target = ''] = /^([A-Z][A-Z-]*)( ?)(.*)/s.exec(text) ?? [];
  if (method === '' || method.length > longestMethod) return text === '' ? undefined : false;
  if (space === '') return method.length === text.length ? undefined : false;
  return target === '' ? undefined : isTarget(method, target);
}
