import { CodedError } from '../../common/errors.js';
import { hexToBytes, isHash, sha256Bytes, type Sha256 } from '../../common/hash.js';
import { err, ok, type Result } from '../../common/result.js';
import { leafNode, rootFrom, SUM_LIMIT, type SumStep } from './sum-tree.js';

/** Name and version of the proof (docs/formats/solvency.md). */
export const SOLVENCY_FORMAT = 'stemma.solvency.v1';

/** A proof that an account's balance is in the sum of all; amounts are units as strings of digits. Members are named as in JSON. */
export interface SolvencyProof {
  readonly format: typeof SOLVENCY_FORMAT;
  readonly asset: string;
  /** Hash of the block of chain C that the balances are those behind. */
  readonly block: string;
  readonly account: string;
  /** 32 bytes, 64 hex digits. */
  readonly salt: string;
  readonly balance: string;
  /** Neighbours from the leaf to the root. */
  readonly path: readonly { readonly side: 'left' | 'right'; readonly hash: string; readonly sum: string }[];
  readonly root: string;
  /** What all balances come to. */
  readonly sum: string;
}

const MEMBERS = 'account,asset,balance,block,format,path,root,salt,sum';
const UNITS = /^(0|[1-9]\d{0,38})$/;
const ACCOUNT = /^[a-z0-9][a-z0-9:._-]{0,127}$/;
const ASSET = /^[A-Z][A-Z0-9]{1,11}$/;
/** Steps of a path: more than any tree has. */
const MOST_STEPS = 64;

/**
 * Checks a proof from anywhere: the balance is a leaf under the root, and no sum on the way is below 0. `SOLVENCY_SHAPE` where it is no
 * proof, `SOLVENCY_WRONG` where it does not hold. Whether the root is the one that others were shown is for the caller to compare.
 */
export function verifySolvency(value: unknown, sha256: Sha256 = sha256Bytes): Result<SolvencyProof> {
  if (!isProof(value))
    return err(new CodedError('SOLVENCY_SHAPE', 'This is not a proof of solvency, version 1.'));
  const path = value.path.map(({ side, hash, sum }): SumStep => ({ side, hash, sum: BigInt(sum) }));
  const balance = BigInt(value.balance);
  const total = path.reduce((sum, node) => sum + node.sum, balance);
  // What is not the stated sum is refused before anything could exceed the bounds of the tree.
  if (total !== BigInt(value.sum) || total >= SUM_LIMIT)
    return wrong('the balances on the way do not add up to the stated sum');
  const leaf = leafNode(hexToBytes(value.salt), value.account, balance, sha256);
  const root = rootFrom(leaf, path, sha256);
  return root.hash === value.root ? ok(value) : wrong('the path leads to another root');
}

function isProof(value: unknown): value is SolvencyProof {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== MEMBERS)
    return false;
  const proof = value as SolvencyProof;
  const texts: readonly [unknown, RegExp][] = [
    [proof.asset, ASSET],
    [proof.account, ACCOUNT],
    [proof.balance, UNITS],
    [proof.sum, UNITS],
  ];
  return (
    proof.format === SOLVENCY_FORMAT &&
    [proof.block, proof.salt, proof.root].every(isHash) &&
    texts.every(([text, form]) => typeof text === 'string' && form.test(text)) &&
    Array.isArray(proof.path) &&
    proof.path.length <= MOST_STEPS &&
    proof.path.every(isStep)
  );
}

function isStep(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.keys(value).sort().join() !== 'hash,side,sum')
    return false;
  const { side, hash, sum } = value as Readonly<Record<string, unknown>>;
  return (side === 'left' || side === 'right') && isHash(hash) && typeof sum === 'string' && UNITS.test(sum);
}

function wrong(why: string): Result<never> {
  return err(new CodedError('SOLVENCY_WRONG', `The proof does not hold: ${why}.`));
}
