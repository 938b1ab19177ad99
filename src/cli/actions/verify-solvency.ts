import { verifySolvency } from '../../rewards/solvency/solvency-proof.js';
import { EXIT, type CommandContext } from '../command-context.js';
import { readJsonFile } from './json-file.js';

/** Checks a proof in a file; false when it does not hold or leads to another root than the one that is asked for. */
export async function verifySolvencyFile(
  context: CommandContext,
  path: string,
  { root: expected }: { readonly root?: string },
): Promise<number> {
  const checked = verifySolvency(await readJsonFile(path));
  if (!checked.ok) return refuse(context, checked.error.code, checked.error.message);
  const { account, balance, asset, sum, root, block } = checked.value;
  if (expected !== undefined && expected.toLowerCase() !== root)
    return refuse(context, 'SOLVENCY_ROOT', `it leads to another root: ${root}`);
  const text = `The proof holds: ${account} has ${balance} units of ${asset}, part of ${sum}; root ${root}, behind block ${block}.`;
  context.print({ verified: true, account, balance, asset, sum, root, block }, text);
  return EXIT.done;
}

function refuse(context: CommandContext, code: string, detail: string): number {
  context.print({ verified: false, code, detail }, `The proof does not hold: ${detail} (${code}).`);
  return EXIT.false;
}
