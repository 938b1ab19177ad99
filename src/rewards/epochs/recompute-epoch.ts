import { CodedError, err, hashJson, ok, type Json, type Result } from '../../common/index.js';
import { TILE_WIDTH } from '../../log/tree/tile-path.js';
import { parseRewardsPolicy } from '../policy/rewards-policy.js';
import { epochOf, readRecord, type EpochFacts } from './epoch-record.js';
import type { EpochSource } from './epoch-source.js';
import { EPOCH_ENTRY, epochSubject } from './leaf-kinds.js';
import { leafAt, provenBundles, type BundleSource } from './log-leaves.js';
import { epochInput } from './read-input.js';

/** An epoch as it was published. */
export interface PublishedEpoch {
  readonly hash: string;
  readonly record: Json;
  /** Leaf of its log entry; null where that has no place yet. */
  readonly logIndex: number | null;
}

/** How far working out an epoch again has come: leaves of the log that are hashed, then leaves of the epoch that are read. */
export interface RecomputeProgress {
  readonly stage: 'log' | 'epoch';
  readonly done: number;
  readonly of: number;
}

/** What working out an epoch again came to. */
export interface EpochComparison {
  readonly epoch: number;
  /** The hash of the record as it was published. */
  readonly published: string;
  /** The hash of the record as it was worked out again. */
  readonly computed: string;
  readonly equal: boolean;
  /** The record as it was worked out again. */
  readonly record: Json;
}

/**
 * Works out an epoch again from the log, and from the blocks and receipts that it names: every leaf up to its end is hashed and must
 * give the root that the record states. Refusals: `EPOCH_RECORD`, `EPOCH_CHAIN` (the record before is not the one it goes on from),
 * `EPOCH_NOT_LOGGED`, `LOG_ROOT_WRONG`, `EPOCH_FACTS`, and those of the source.
 * @param before the record of the epoch before; null for the first
 */
export async function recomputeEpoch(
  source: EpochSource,
  published: PublishedEpoch,
  before: Json | null,
  told: (progress: RecomputeProgress) => void = () => undefined,
): Promise<Result<EpochComparison>> {
  const facts = readRecord(published.record);
  if (!facts.ok) return facts;
  const from = before === null ? ok(null) : readRecord(before);
  if (!from.ok) return from;
  const problem = chainProblem(facts.value, before, from.value);
  if (problem !== null) return err(new CodedError('EPOCH_CHAIN', problem, { epoch: facts.value.epoch }));
  const logged = await checkLogged(source, published, facts.value.epoch);
  if (!logged.ok) return logged;
  const { epoch, range, root } = facts.value;
  const policy = parseRewardsPolicy(facts.value.policy);
  if (!policy.ok) return policy;
  const { first, end } = range;
  const proven = await provenBundles(source, end, root, (done) => told({ stage: 'log', done, of: end }));
  if (!proven.ok) return proven;
  const bundles: BundleSource = (index, width) => {
    const done = Math.min(Math.max(index * TILE_WIDTH - first, 0), end - first);
    told({ stage: 'epoch', done, of: end - first });
    return proven.value(index, width);
  };
  const read = await epochInput(withBundles(source, bundles), range, policy.value.usage);
  if (!read.ok) return read;
  const again = epochOf(facts.value, read.value, from.value?.after ?? null);
  if (!again.ok) return again;
  const { hash: computed, record } = again.value;
  // What the record says counts, not only the hash that is said to be its own.
  const shown = hashJson(published.record);
  return ok({
    epoch,
    published: shown,
    computed,
    equal: computed === shown && shown === published.hash,
    record,
  });
}

/** What is wrong with where a record says that it begins; null when nothing is. */
function chainProblem(
  { epoch, range, previous }: EpochFacts,
  before: Json | null,
  from: EpochFacts | null,
): string | null {
  if (from === null || before === null)
    return epoch === 1 && previous === null && range.first === 0 ? null : 'the record before it is missing';
  if (from.epoch !== epoch - 1 || from.range.end !== range.first)
    return 'it does not begin where the epoch before ended';
  return hashJson(before) === previous ? null : 'it names another record as the one before';
}

async function checkLogged(
  { bundles }: EpochSource,
  { hash, logIndex }: PublishedEpoch,
  epoch: number,
): Promise<Result<void>> {
  const leaf = logIndex === null ? null : await leafAt(bundles, logIndex, logIndex + 1);
  if (leaf?.kind === EPOCH_ENTRY && leaf.subject === epochSubject(epoch) && leaf.hash === hash) return ok();
  const message = `the log does not tell of epoch ${epoch} with this hash`;
  return err(new CodedError('EPOCH_NOT_LOGGED', message, { epoch }));
}

function withBundles(source: EpochSource, bundles: EpochSource['bundles']): EpochSource {
  return {
    bundles,
    sha256: source.sha256,
    block: (chain, hash) => source.block(chain, hash),
    header: (chain, hash) => source.header(chain, hash),
    receipts: (ids) => source.receipts(ids),
  };
}
