import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/index.js';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'authorization, content-type, idempotency-key';
const ANSWER_HEADERS =
  'x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, retry-after, idempotency-replayed';
const PREFLIGHT_SECONDS = 600;

/**
 * Cross-origin resource sharing (Fetch standard) for the pages of `CORS_ORIGINS`, each named exactly. @returns whether the
 * request was a preflight, which is answered here
 */
export function shareWithOrigin(
  { corsOrigins }: AppConfig,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  const { origin } = request.headers;
  if (corsOrigins.length === 0) return false;
  void reply.header('vary', 'Origin');
  if (origin === undefined || !corsOrigins.includes(origin)) return false;
  void reply.headers({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': ANSWER_HEADERS,
  });
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
    return false;
  void reply
    .status(204)
    .headers({
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    })
    .send();
  return true;
}
