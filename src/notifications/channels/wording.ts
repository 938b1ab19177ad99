import type { OutgoingNotice } from '../notice.js';

/** The line a person reads first. */
export function headline({ event, severity, title, node }: OutgoingNotice): string {
  if (event === 'settled') return `[${node}] settled: ${title}`;
  return event === 'test' ? `[${node}] test: ${title}` : `[${node}] ${severity}: ${title}`;
}
