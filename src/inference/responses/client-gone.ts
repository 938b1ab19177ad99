import type { FastifyReply } from 'fastify';

/** A signal that fires when the client closes the connection before the response is complete. */
export function clientGone(reply: FastifyReply): AbortController {
  const controller = new AbortController();
  const { raw } = reply;
  if (raw.destroyed) controller.abort();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller;
}
