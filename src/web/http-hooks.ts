import type { IncomingMessage } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { textOf } from '../common/answer-text.js';
import type { AppConfig } from '../config/index.js';
import { parseJsonBody } from './json-body.js';
import { checkOrigin } from '../auth/index.js';
import { shareWithOrigin } from './cross-origin.js';
import { securityHeaders } from './security-headers.js';

/** Time a client has to send its headers and body; answers may take as long as they stream. */
const REQUEST_TIMEOUT_MS = 60_000;
const LONGEST_PARAMETER = 512;

/** How Fastify is made: every limit explicit. */
export function fastifyOptions(config: AppConfig): FastifyServerOptions {
  return {
    bodyLimit: config.bodyLimitKb * 1024,
    trustProxy: config.trustProxy,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    genReqId: (request: IncomingMessage) => requestId(request, config.trustProxy),
    logger: false,
  } as FastifyServerOptions;
}

/** What every request passes: identification, headers, origin check, and our reading of JSON. */
export function installHttpHooks(fastify: FastifyInstance, config: AppConfig): void {
  fastify.addHook('onRoute', (route) => {
    const limit = (route.config as { bodyLimit?: unknown } | undefined)?.bodyLimit;
    if (typeof limit === 'number') route.bodyLimit = limit;
  });
  const headers = securityHeaders(config);
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id);
    const checked = checkOrigin(config, request.headers);
    if (!checked.ok) done(checked.error);
    else if (!shareWithOrigin(config, request, reply)) done();
  });
  fastify.setReplySerializer(textOf);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => parseJsonBody(body),
  );
  fastify.addContentTypeParser(
    'application/octet-stream',
    async (_request: unknown, payload: unknown) => payload,
  );
}

function requestId(request: IncomingMessage, trustProxy: boolean): string {
  const given = request.headers['x-request-id'];
  return trustProxy && typeof given === 'string' && /^[\w-]{8,64}$/.test(given)
    ? given
    : `req_${randomUUID()}`;
}
