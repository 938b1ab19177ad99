import { sha256Bytes } from '../../../src/common/hash.js';
import { SOLVENCY_FORMAT, type SolvencyProof } from '../../../src/rewards/solvency/solvency-proof.js';
import { leafNode, SumTree } from '../../../src/rewards/solvency/sum-tree.js';
import { solvencyFault } from './solvency-check.js';

const salt = '07'.repeat(32);
const accounts = ['account:local', 'key:02ab', 'rewards:owed'];

/** The proof of the first account of a tree over three. */
async function aProof(): Promise<SolvencyProof> {
  const leaves = accounts.map((name, i) =>
    leafNode(new Uint8Array(32).fill(7), name, BigInt(5 + i), sha256Bytes),
  );
  const tree = await SumTree.over(leaves, sha256Bytes, () => Promise.resolve());
  return {
    ...{ format: SOLVENCY_FORMAT, asset: 'BLY', block: 'c'.repeat(64), account: accounts[0], salt },
    ...{ balance: '5', path: tree.path(0).map((step) => ({ ...step, sum: String(step.sum) })) },
    ...{ root: tree.root.hash, sum: String(tree.root.sum) },
  };
}

it('finds nothing wrong with the proof of the account under the root that everybody is shown', async () => {
  const proof = await aProof();
  expect(solvencyFault(accounts[0], proof, proof.root)).toBeNull();
});

it('says what does not hold', async () => {
  const proof = await aProof();
  expect(solvencyFault(accounts[1], proof, proof.root)).toMatch(/another account/);
  expect(solvencyFault(accounts[0], proof, 'd'.repeat(64))).toMatch(/another root/);
  expect(solvencyFault(accounts[0], { ...proof, balance: '6' }, proof.root)).toMatch(/does not hold/);
  expect(solvencyFault(accounts[0], { ...proof, salt: '08'.repeat(32) }, proof.root)).toMatch(
    /does not hold/,
  );
});
