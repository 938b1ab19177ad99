import { CodedError, err, isHash, ok, type Result } from '../../common/index.js';
import type { VerifiedBlock } from '../../learning/source/block-access.js';
import { personAccount } from './accounts.js';
import type { CountedDataset, CountedMember, CountedVerdict } from './epoch-input.js';
import type { EpochSource } from './epoch-source.js';
import type { NumberedLeaf } from './log-leaves.js';

/** Sets one verdict can name (docs/formats/submission.md). */
const MOST_DATASETS = 64;
/** Sets in which documents stand that were shown of a training (docs/formats/verdict.md). */
const MOST_SHOWN_SETS = 128;
/** Members one round can have (docs/formats/round.md). */
const MOST_MEMBERS = 64;
const ONE = 1_000_000;

/** What is expected of a dataset for a model, as its record says it. */
interface ModelGain {
  /** `name@version` */
  readonly model: string;
  readonly expected: number | null;
}

/** What counts of a dataset's record (docs/formats/dataset.md). */
interface DatasetFacts {
  readonly creator: string;
  readonly audit: {
    readonly gain: (ModelGain & { readonly others?: readonly ModelGain[] }) | null;
  } | null;
}

type GainFigures = NonNullable<NonNullable<DatasetFacts['audit']>['gain']>;

/** What decides of a verdict; only blocks of chain D that the server made are verdicts. */
interface VerdictFacts {
  readonly submission: string;
  readonly author: string;
  readonly members?: readonly CountedMember[];
  readonly accepted: boolean;
  readonly datasets: readonly string[];
  readonly model?: string;
  readonly audited?: Readonly<Record<string, string>>;
  /** In which sets the documents stand that were shown of the training, by their learnt tokens. */
  readonly data?: {
    readonly tokens: number;
    readonly sets: readonly { readonly block: string; readonly first: number }[];
  };
  readonly figures: { readonly overall: { readonly fall: number } };
  /** What is paid for; older verdicts, which have none, are paid for the whole fall. */
  readonly rewarded?: { readonly fall: number };
}

/**
 * The verdict that a leaf tells of, with the datasets it names; null where it accepts nothing. `EPOCH_FACTS` where a block is not what
 * its type says; otherwise refuses as the source does.
 */
export async function readVerdict(
  { index, hash }: NumberedLeaf,
  source: Pick<EpochSource, 'block'>,
): Promise<Result<CountedVerdict | null>> {
  const block = await source.block('D', hash);
  if (!block.ok) return block;
  const verdict = payloadOf(block.value);
  if (!isVerdict(verdict)) return notOne('verdict', hash);
  if (!verdict.accepted) return ok(null);
  const { data } = verdict;
  const datasets: CountedDataset[] = [];
  for (const { block, tokens } of setsOf(verdict)) {
    const dataset = await readDataset(block, verdict, source);
    if (!dataset.ok) return dataset;
    if (dataset.value !== null) datasets.push({ ...dataset.value, ...(tokens !== undefined && { tokens }) });
  }
  const { submission, author, members = [], figures, rewarded } = verdict;
  // Whatever a verdict says is paid for, no more than it was judged on.
  const { fall: whole } = figures.overall;
  const fall = millionths(rewarded === undefined ? whole : Math.min(rewarded.fall, whole));
  const shared = members.length > 0 && {
    members: members.map(({ author: key, weight }) => ({ author: key, weight })),
  };
  const shown = data !== undefined && { shown: data.tokens };
  return ok({ ...{ leaf: index, block: hash, submission, author, fall, datasets }, ...shown, ...shared });
}

/** The sets that the shown documents are of, named or not; of a verdict that does not tell of any, those it names. */
function setsOf({ data, datasets }: VerdictFacts): { readonly block: string; readonly tokens?: number }[] {
  if (data === undefined) return datasets.slice(0, MOST_DATASETS).map((block) => ({ block }));
  return data.sets.map(({ block, first: tokens }) => ({ block, tokens }));
}

/**
 * A block that a verdict names as data: null where it is of something else. The gain is that of the block the verdict says the set was
 * audited by, for the named one may be from before its audit.
 */
async function readDataset(
  hash: string,
  { audited = {}, model }: Pick<VerdictFacts, 'audited' | 'model'>,
  source: Pick<EpochSource, 'block'>,
): Promise<Result<CountedDataset | null>> {
  const named = await datasetAt(hash, source);
  if (!named.ok || named.value === null) return named as Result<null>;
  const { creator } = named.value.record;
  const later = Object.hasOwn(audited, hash) ? await datasetAt(audited[hash], source) : named;
  if (!later.ok) return later;
  // Another set's audit says nothing of this one.
  const audit = later.value?.id === named.value.id ? later.value.record.audit : named.value.record.audit;
  const gain = millionths(expectedFor(model, audit?.gain ?? null));
  return ok({ block: hash, creator: personAccount(creator), gain });
}

/** A stage of a dataset; null where the block is of something else, or unknown. */
async function datasetAt(
  hash: string,
  source: Pick<EpochSource, 'block'>,
): Promise<Result<{ readonly id: string | null; readonly record: DatasetFacts } | null>> {
  const block = await source.block('D', hash);
  if (!block.ok) return block.error.code === 'BLOCK_UNKNOWN' ? ok(null) : block;
  const { block_type: type, name } = block.value.header;
  if (type !== 'dataset') return ok(null);
  const record = payloadOf(block.value);
  return isDataset(record) ? ok({ id: name ?? null, record }) : notOne('dataset', hash);
}

/** What is expected of a set for a model; for one that was not asked, such as a later one, what the first model made of it. */
function expectedFor(model: string | undefined, gain: GainFigures | null): number {
  if (gain?.others === undefined) return gain?.expected ?? 0;
  const own = [gain, ...gain.others].find(
    ({ model: name }) => name.slice(0, name.lastIndexOf('@')) === model,
  );
  return (own ?? gain).expected ?? 0;
}

/** The payload as JSON; undefined where it is none. */
function payloadOf({ payload }: VerifiedBlock): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload)) as unknown;
  } catch {
    return undefined;
  }
}

function isVerdict(value: unknown): value is VerdictFacts {
  if (typeof value !== 'object' || value === null) return false;
  const {
    submission,
    author,
    members = [],
    accepted,
    datasets,
    figures,
    rewarded,
  } = value as Partial<VerdictFacts>;
  const { audited = {}, data } = value as Partial<VerdictFacts>;
  return (
    [submission, author].every((text) => typeof text === 'string') &&
    typeof accepted === 'boolean' &&
    Array.isArray(members) &&
    members.length <= MOST_MEMBERS &&
    members.every(isMember) &&
    Array.isArray(datasets) &&
    datasets.every((hash) => isHash(hash)) &&
    typeof audited === 'object' &&
    audited !== null &&
    Object.values(audited).every((hash) => isHash(hash)) &&
    (data === undefined || isShownData(data)) &&
    typeof figures?.overall?.fall === 'number' &&
    (rewarded === undefined || typeof rewarded?.fall === 'number')
  );
}

/** No set has more learnt tokens than were shown, nor have all of them together. */
function isShownData(value: Partial<NonNullable<VerdictFacts['data']>> | null): boolean {
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && Number(count) >= 0;
  const { tokens, sets } = value ?? {};
  if (!isCount(tokens) || tokens === 0 || !Array.isArray(sets) || sets.length > MOST_SHOWN_SETS) return false;
  const all = (sets as readonly (Partial<{ block: unknown; first: unknown }> | null)[]).map(
    (set) => set ?? {},
  );
  if (!all.every(({ block, first }) => isHash(block) && isCount(first))) return false;
  return all.reduce((sum, { first }) => sum + Number(first), 0) <= tokens;
}

function isMember(value: unknown): value is CountedMember {
  if (typeof value !== 'object' || value === null) return false;
  const { author, weight } = value as Partial<CountedMember>;
  return (
    typeof author === 'string' && Number.isSafeInteger(weight) && Number(weight) >= 0 && Number(weight) <= ONE
  );
}

function isDataset(value: unknown): value is DatasetFacts {
  if (typeof value !== 'object' || value === null) return false;
  const { creator, audit } = value as Partial<DatasetFacts>;
  const { others } = audit?.gain ?? {};
  const gains = others === undefined ? [] : (others as readonly unknown[]);
  return (
    typeof creator === 'string' &&
    typeof (audit?.gain?.expected ?? 0) === 'number' &&
    Array.isArray(gains) &&
    (others === undefined || [audit?.gain, ...gains].every(isGain))
  );
}

function isGain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { model, expected } = value as { model?: unknown; expected?: unknown };
  return typeof model === 'string' && (expected === null || typeof expected === 'number');
}

function notOne(type: string, hash: string): Result<never> {
  return err(new CodedError('EPOCH_FACTS', `block ${hash} is not a ${type}`, {}, 409));
}

/** A share in millionths, rounded down, 0 to 1,000,000. */
function millionths(share: number): number {
  return Math.min(Math.max(Math.floor(share * ONE), 0), ONE);
}
