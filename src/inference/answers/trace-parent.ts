import { isSpanContextValid, ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';

const TRACE_PARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/;
const LONGEST = 512;

/** The trace a request belongs to (W3C Trace Context); anything that is no `traceparent` begins a new one. */
export function traceContext(header: string | undefined): Context {
  const found = header === undefined || header.length > LONGEST ? null : TRACE_PARENT.exec(header);
  if (found === null) return ROOT_CONTEXT;
  const [, traceId, spanId, flags] = found;
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
