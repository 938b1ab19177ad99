import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { checkShape, hashHeader } from '../block/index.js';
import type { CheckContext, HeaderCheck } from '../checks/check.js';
import { topologicalOrder } from '../checks/cycle.js';
import { checkHash } from '../checks/hash.js';
import { checkParents } from '../checks/parents.js';
import { checkPayload } from '../checks/payload.js';
import type { BlockRules } from '../checks/rules.js';
import { checkSignature } from '../checks/signature.js';
import { checkAfterParents, checkNotFuture } from '../checks/time.js';
import { checkWork } from '../checks/work.js';
import type { BlockInput } from './block-input.js';
import type { Candidate, ParentFacts, ResolvedCandidate } from './candidate.js';

/** Checks of a header by itself, in order, after its shape. */
const HEADER_CHECKS: readonly HeaderCheck[] = [checkHash, checkSignature, checkWork, checkNotFuture];

/** Shape → hash → signature → work → time of one block. */
export function checkHeaderAlone(
  { header, payload, hash: claimedHash }: BlockInput,
  context: CheckContext,
): Result<Candidate> {
  const shaped = checkShape(header);
  if (!shaped.ok) return shaped;
  const candidate = { header: shaped.value, payload, hash: hashHeader(shaped.value, nativeSha256) };
  for (const check of HEADER_CHECKS) {
    const outcome = check({ ...candidate, claimedHash }, context);
    if (!outcome.ok) return outcome;
  }
  return ok(candidate);
}

/** A checked block with its place in the graph. */
export interface CheckedBlock extends ResolvedCandidate {
  readonly depth: number;
}

/**
 * Order of the batch, then for each block parents → time → payload → rules.
 * @param known facts of every stored block that the batch depends on
 */
export async function checkBatch(
  batch: readonly Candidate[],
  known: ReadonlyMap<string, ParentFacts>,
  rules: BlockRules,
): Promise<Result<CheckedBlock[]>> {
  const ordered = topologicalOrder(batch.map((candidate) => ({ ...candidate, before: linksOf(candidate) })));
  if (!ordered.ok) return ordered;
  const facts = new Map(known);
  const checked: CheckedBlock[] = [];
  for (const candidate of ordered.value) {
    const outcome = await checkOne(candidate, facts, rules);
    if (!outcome.ok) return outcome;
    checked.push(outcome.value);
    facts.set(candidate.hash, factsOf(outcome.value));
  }
  return ok(checked);
}

/** Everything that must be stored before a block: its dependencies and, on linear chains, the block before. */
export function linksOf({ header }: Candidate): string[] {
  return header.prev_hash === null ? [...header.depends_on] : [...header.depends_on, header.prev_hash];
}

async function checkOne(
  candidate: Candidate,
  facts: ReadonlyMap<string, ParentFacts>,
  rules: BlockRules,
): Promise<Result<CheckedBlock>> {
  const parents = new Map<string, ParentFacts>();
  for (const hash of candidate.header.depends_on) {
    const parent = facts.get(hash);
    if (parent !== undefined) parents.set(hash, parent);
  }
  for (const check of [
    () => rules.checkKnown(candidate),
    () => checkParents(candidate, parents),
    () => checkAfterParents(candidate, parents),
  ]) {
    const outcome = check();
    if (!outcome.ok) return outcome;
  }
  const digest = await checkPayload(candidate);
  if (!digest.ok) return digest;
  const resolved = { ...candidate, parents, digest: digest.value };
  const outcome = await rules.check(resolved);
  if (!outcome.ok) return outcome;
  const depths = linksOf(candidate).map((hash) => facts.get(hash)?.depth ?? -1);
  return ok({ ...resolved, depth: 1 + depths.reduce((deepest, depth) => Math.max(deepest, depth), -1) });
}

function factsOf({ hash, header, depth }: CheckedBlock): ParentFacts {
  return { hash, chain: header.chain_id, type: header.block_type, timestamp: header.timestamp, depth };
}

/** Blocks one call may publish. */
export const BATCH_LIMIT = 16_384;

/** `BLOCK_BATCH_SIZE`: the batch is not larger than one transaction should be. */
export function checkBatchSize(inputs: readonly BlockInput[]): Result<void> {
  if (inputs.length <= BATCH_LIMIT) return ok();
  return err(
    new CodedError(
      'BLOCK_BATCH_SIZE',
      `${inputs.length} blocks at once; at most ${BATCH_LIMIT} are allowed.`,
      {
        limit: BATCH_LIMIT,
      },
    ),
  );
}
