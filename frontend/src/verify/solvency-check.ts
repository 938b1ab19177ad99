import { verifySolvency } from '../../../src/rewards/solvency/solvency-proof.js';
import { getSolvency, getSolvencyProof, type SolvencyProof } from '../api/rewards.js';

/** What came out of checking a proof of solvency; `fault` says what does not hold, null when all does. */
export interface SolvencyFinding {
  readonly fault: string | null;
  readonly proof: SolvencyProof;
}

/** Fetches the proof of an account and checks it in this browser, without believing the server any sum. */
export async function checkSolvency(account: string): Promise<SolvencyFinding> {
  const [totals, proof] = await Promise.all([getSolvency(), getSolvencyProof(account)]);
  return { fault: solvencyFault(account, proof, totals.root), proof };
}

/** What of a proof does not hold; null when its balance is the account's and part of the sum under the root. */
export function solvencyFault(account: string, proof: SolvencyProof, root: string): string | null {
  const verified = verifySolvency(proof);
  if (!verified.ok) return verified.error.message;
  if (proof.account !== account) return 'The proof is that of another account.';
  return proof.root === root ? null : 'The proof leads to another root than everybody is shown.';
}
