import type { AdmissionLimits } from '../admission/admission';
import { acknowledgementMs } from '../drachtio/fence/unanswered-invites';

/** What a stranger, and a UE, may cost us. Times in ms, sizes in bytes. */
export interface AccessLimits extends AdmissionLimits {
  /** The SIP server has to take a connection within this; and what a connection still has to send has to go within it. */
  connect: number;
  /** From the beginning of the TLS handshake to its end; and a connection waits so long at most until it may begin. */
  handshake: number;
  /** TLS handshakes at once. */
  handshakes: number;
  /** From the connection to the first message, with the TLS handshake, but not what it had to wait for that. */
  firstMessage: number;
  /** A message that has begun has to be complete within this. */
  message: number;
  /** Without a keep-alive or a message; of a UE that is registered: this long after its registration ends. */
  idle: number;
  /** From the connection to a registration, or an answered call, whatever comes meanwhile; and from the end of these. */
  stranger: number;
  /** Not yet written to a UE that reads slowly. */
  unsent: number;
  /** The same, of a stranger: of these there are thousands, and each can ask for long answers and read none. */
  unsentToStranger: number;
  /** Of a UE, while the SIP server has not taken the connection yet. */
  waiting: number;
  /** Body of a message of the SIP server: an SDP grows by the candidates of ours. */
  serverBody: number;
  /** Calls of one connection, and its dialogs, that are remembered at least. */
  calls: number;
  /** What is held of a connection's INVITEs without a final response; over it, the oldest is cancelled. */
  unansweredBytes: number;
  /** NOTIFYs of a connection that wait for their dialog, with their bodies. */
  heldBytes: number;
  /** A UE has to acknowledge a reliable provisional response within this. */
  acknowledgement: number;
  /**
   * The SIP server has to answer a request within this, an INVITE at least provisionally: a little less than a UE waits
   * (RFC 3261 §17.1.2.2, timer F: 32 s).
   */
  answer: number;
  /**
   * The SIP server has to answer what a UE that is gone has left unfinished within this. Its connection ends then, and what it
   * has not read with it; drachtio-server does not survive a reliable provisional response that nobody cancels.
   */
  farewell: number;
  /** The same where the listener is closed. */
  lastFarewell: number;
}

export const defaultLimits: Readonly<AccessLimits> = {
  connections: 10_000,
  unauthenticated: 4096,
  unauthenticatedPerAddress: 256,
  graceMs: 5000,
  connect: 10_000,
  handshake: 10_000,
  handshakes: 512,
  firstMessage: 30_000,
  message: 32_000,
  idle: 1_800_000,
  stranger: 120_000,
  unsent: 524_288,
  unsentToStranger: 65_536,
  waiting: 131_072,
  serverBody: 131_072,
  calls: 500,
  unansweredBytes: 262_144,
  heldBytes: 262_144,
  acknowledgement: acknowledgementMs,
  answer: 30_000,
  farewell: 10_000,
  lastFarewell: 2000,
};
