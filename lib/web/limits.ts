/** What HTTP on a shared port may cost. Times in ms, sizes in bytes. */
export interface WebLimits {
  /** Request line and headers. */
  head: number;
  /** Within this they have to be there. */
  headTime: number;
  /** Within this the whole request has to be there. */
  requestTime: number;
  /** Between two requests. */
  keepAlive: number;
  /** Without a byte in either direction, while a request or its response is under way. */
  silence: number;
  body: number;
  /** Frames that a WebSocket message may come in: whoever cuts it finer costs more than it says. */
  fragments: number;
  /** Requests at a backend at once, each on a connection, and those from one IPv4 address or IPv6 /64. */
  backendRequests: number;
  backendRequestsOfSource: number;
  /** A backend has to begin its response within this. */
  backendTime: number;
}

export const defaultWebLimits: Readonly<WebLimits> = {
  head: 16_384,
  headTime: 10_000,
  requestTime: 60_000,
  keepAlive: 5000,
  silence: 30_000,
  body: 10_485_760,
  fragments: 32,
  backendRequests: 128,
  // Two browsers have 6 each.
  backendRequestsOfSource: 16,
  backendTime: 30_000,
};
