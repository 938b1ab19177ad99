import type { FastifyReply } from 'fastify';

/** The trace a request belongs to, as it came with it. */
export function traceOf({ request }: FastifyReply): { readonly traceParent?: string } {
  const { traceparent } = request.headers;
  return typeof traceparent === 'string' ? { traceParent: traceparent } : {};
}
