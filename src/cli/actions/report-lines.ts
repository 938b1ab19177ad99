import type { Json } from '../../common/index.js';
import type { ReplayReport } from '../../inference/index.js';
import { EXIT, type CommandContext } from '../command-context.js';

/** Prints what a check found, part by part, and says in one sentence whether all agree. Returns the exit code. */
export function printReport(context: CommandContext, report: ReplayReport): number {
  const lines = report.parts.map(({ part, agrees, detail, token }) => {
    const from = token === null || agrees ? '' : ` (from token ${token} on)`;
    return `${agrees ? '✓' : '✗'} ${part}: ${detail}${from}`;
  });
  context.print(report as unknown as Json, [...lines, conclusion(report)].join('\n'));
  return report.agrees ? EXIT.done : EXIT.false;
}

function conclusion({ first_difference, receipt_id, parts }: ReplayReport): string {
  const subject = receipt_id ?? 'this receipt';
  if (first_difference === null) return `${subject}: all ${parts.length} checks agree.`;
  const { part, token } = first_difference;
  return `${subject}: does not hold. The first thing that disagrees is: ${part}, from token ${token} on.`;
}
