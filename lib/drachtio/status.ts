/** The status codes that drachtio-srf agrees to send; it throws on any other. */
const known = new Set([
  100, 180, 181, 182, 183, 199, 200, 202, 204, 300, 301, 302, 305, 380, 400, 401, 402, 403, 404, 405, 406, 407, 408,
  409, 410, 411, 412, 413, 414, 415, 416, 417, 420, 421, 422, 423, 424, 428, 429, 430, 433, 436, 437, 438, 439, 470,
  480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493, 494, 500, 501, 502, 503, 504, 505, 513, 580, 600, 603,
  604, 606,
]);

/** The status to send in place of `status`: itself, or the x00 of its class (RFC 3261 §8.1.3.2), 183 for a 1xx. */
export function sendableStatus(status: number): number {
  if (known.has(status)) return status;
  if (status < 200) return 183;
  return status < 700 ? Math.floor(status / 100) * 100 : 500;
}
