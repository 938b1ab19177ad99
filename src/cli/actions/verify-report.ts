import { verifyReport } from '../../evaluation/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import { readJsonFile } from './json-file.js';

/** Checks a report in a file; false when it does not hold or another key signed it. */
export async function verifyReportFile(
  context: CommandContext,
  path: string,
  { key }: { readonly key?: string },
): Promise<number> {
  const value = await readJsonFile(path);
  const checked = verifyReport('report' in value ? value.report : value);
  if (!checked.ok) return refuse(context, checked.error.code, checked.error.message);
  const { node, figures_hash, measured_at } = checked.value;
  if (key !== undefined && key.toLowerCase() !== node)
    return refuse(context, 'REPORT_KEY', `it was signed with another key: ${node}`);
  const text = `The report holds: measured ${measured_at}, figures ${figures_hash}, signed with ${node}.`;
  context.print({ verified: true, node, figures_hash, measured_at }, text);
  return EXIT.done;
}

function refuse(context: CommandContext, code: string, detail: string): number {
  context.print({ verified: false, code, detail }, `The report does not hold: ${detail} (${code}).`);
  return EXIT.false;
}
