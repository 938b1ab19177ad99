import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { sha256Bytes, sha256Hex } from '../../common/hash.js';
import { SOLVENCY_FORMAT, verifySolvency, type SolvencyProof } from './solvency-proof.js';
import { leafNode, rootFrom, SUM_LIMIT, SumTree } from './sum-tree.js';

const saltOf = (account: string) => sha256Bytes(new TextEncoder().encode(`salt ${account}`));
const leavesOf = (balances: readonly bigint[]) =>
  balances.map((balance, i) => leafNode(saltOf(`a${i}`), `a${i}`, balance));
const treeOf = (balances: readonly bigint[]) =>
  SumTree.over(leavesOf(balances), sha256Bytes, () => Promise.resolve());

async function proofOf(balances: readonly bigint[], index: number): Promise<SolvencyProof> {
  const tree = await treeOf(balances);
  const account = `a${index}`;
  return {
    ...{ format: SOLVENCY_FORMAT, asset: 'BLY', block: sha256Hex('block'), account },
    salt: Buffer.from(saltOf(account)).toString('hex'),
    balance: String(balances[index]),
    path: tree.path(index).map((step) => ({ ...step, sum: String(step.sum) })),
    ...{ root: tree.root.hash, sum: String(tree.root.sum) },
  };
}

const codeOf = (proof: unknown) => {
  const checked = verifySolvency(proof);
  return checked.ok ? 'holds' : checked.error.code;
};

describe('a Merkle sum tree', () => {
  it('leads from every leaf to the root, which has the sum of all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 18n }), { minLength: 1, maxLength: 70 }),
        async (balances) => {
          const tree = await treeOf(balances);
          expect(tree.root.sum).toBe(balances.reduce((sum, balance) => sum + balance, 0n));
          for (const [i, leaf] of leavesOf(balances).entries())
            expect(rootFrom(leaf, tree.path(i))).toEqual(tree.root);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('depends on every account, salt and balance', async () => {
    const root = (await treeOf([1n, 2n, 3n])).root;
    expect((await treeOf([2n, 1n, 3n])).root).toMatchObject({ sum: root.sum });
    expect((await treeOf([2n, 1n, 3n])).root.hash).not.toBe(root.hash);
    expect(leafNode(saltOf('a'), 'b', 1n)).not.toEqual(leafNode(saltOf('b'), 'b', 1n));
  });

  it('hashes what the format says', async () => {
    const bytesOf = (sum: number) => Buffer.from(sum.toString(16).padStart(32, '0'), 'hex');
    const hashOf = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const [left, right] = [5, 7].map((balance, i) => {
      const salted = hashOf(saltOf(`a${i}`), Buffer.from(`a${i}`));
      return hashOf(Buffer.of(0), salted, bytesOf(balance));
    });
    const root = hashOf(Buffer.of(1), left, bytesOf(5), right, bytesOf(7));
    expect((await treeOf([5n, 7n])).root).toEqual({ hash: root.toString('hex'), sum: 12n });
  });

  it('takes nothing below zero or beyond what the ledger knows', async () => {
    expect(() => leafNode(saltOf('a'), 'a', -1n)).toThrow(RangeError);
    expect(() => leafNode(saltOf('a'), 'a', SUM_LIMIT)).toThrow(RangeError);
    await expect(treeOf([SUM_LIMIT - 1n, 1n])).rejects.toThrow(RangeError);
  });
});

describe('a proof of solvency', () => {
  it('holds as it was made, and in no other way', async () => {
    const proof = await proofOf([5n, 7n, 0n, 11n, 13n], 3);
    expect(codeOf(proof)).toBe('holds');
    expect(codeOf(JSON.parse(JSON.stringify(proof)))).toBe('holds');
    const [step, ...steps] = proof.path;
    const changes: [Partial<SolvencyProof>, string][] = [
      [{ balance: '12' }, 'SOLVENCY_WRONG'],
      [{ balance: '12', sum: '37' }, 'SOLVENCY_WRONG'],
      [{ account: 'a2' }, 'SOLVENCY_WRONG'],
      [{ salt: sha256Hex('other') }, 'SOLVENCY_WRONG'],
      [{ root: sha256Hex('other') }, 'SOLVENCY_WRONG'],
      [{ sum: '35' }, 'SOLVENCY_WRONG'],
      [{ path: steps }, 'SOLVENCY_WRONG'],
      [{ path: [{ ...step, side: step.side === 'left' ? 'right' : 'left' }, ...steps] }, 'SOLVENCY_WRONG'],
      [{ path: [{ ...step, sum: '-1' }, ...steps] }, 'SOLVENCY_SHAPE'],
      [{ path: Array<SolvencyProof['path'][number]>(65).fill(step) }, 'SOLVENCY_SHAPE'],
      [{ balance: '-11' }, 'SOLVENCY_SHAPE'],
      [{ account: 'A!' }, 'SOLVENCY_SHAPE'],
      [{ format: 'stemma.solvency.v2' as SolvencyProof['format'] }, 'SOLVENCY_SHAPE'],
    ];
    for (const [change, code] of changes) expect(codeOf({ ...proof, ...change })).toBe(code);
    for (const other of [null, 1, [], {}, { ...proof, extra: 1 }])
      expect(codeOf(other)).toBe('SOLVENCY_SHAPE');
  });

  it('cannot hide a debt behind a sum that is too large', async () => {
    const proof = await proofOf([5n, 7n], 0);
    const huge = String(SUM_LIMIT);
    const path = [{ ...proof.path[0], sum: huge }];
    expect(codeOf({ ...proof, path, sum: String(SUM_LIMIT + 5n) })).toBe('SOLVENCY_WRONG');
    expect(codeOf({ ...proof, balance: huge, sum: String(SUM_LIMIT + 7n) })).toBe('SOLVENCY_WRONG');
  });
});
