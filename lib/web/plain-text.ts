import type { FastifyReply } from 'fastify';
import { retryAfter } from '../shares/retry-after';

/** Answers with one sentence, for whoever reads it. */
export function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`);
}

/** The same to who has had his share: he may come again, on another connection. */
export function sendLater(reply: FastifyReply, status: 429 | 503, text: string): FastifyReply {
  return sendText(reply.headers({ 'retry-after': String(retryAfter()), connection: 'close' }), status, text);
}
