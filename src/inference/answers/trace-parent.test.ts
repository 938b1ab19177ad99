import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { traceContext } from './trace-parent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceparent', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, 1],
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`01-${TRACE}-${SPAN}-03-more`, 1],
  ])('of %p continues that trace', (header, traceFlags) => {
    expect(trace.getSpanContext(traceContext(header))).toEqual({
      ...{ traceId: TRACE, spanId: SPAN, traceFlags },
      isRemote: true,
    });
  });

  it.each([
    undefined,
    '',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-01more`,
    `00-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`,
  ])('of %p begins a new one', (header) => {
    expect(traceContext(header)).toBe(ROOT_CONTEXT);
  });
});
