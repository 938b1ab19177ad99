import { canonicalJson, CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { BlockReader } from '../../chain/index.js';
import type { ReleaseView } from '../../experts/index.js';
import type { ServedModel } from '../../inference/index.js';
import { evaluationFigures, type EvaluationFigures } from '../evaluation/acceptance.js';
import { candidateModel } from '../evaluation/candidate-model.js';
import { compareLosses, type ScoreIds } from '../evaluation/compare-losses.js';
import { ReleaseGrowth, type Growth } from '../growth/growth.js';
import { modelWithout } from '../removal/removal-effect.js';
import type { BlockAccess } from '../source/block-access.js';
import { BlockFolder, type FetchedBlock, type FetchedRelease } from '../source/fetched-release.js';
import { parseMeasuredVerdict, type MeasuredVerdict, type NamedBlock } from './measured-verdict.js';
import type { SealedEvidence } from './sealed-evidence.js';
import { shownExamples } from './verify-sealed.js';

/** What computes losses: an engine of one's own. */
export interface LossEngine {
  /** SHA-256 of its kernel. */
  readonly kernelHash: string;
  load(model: ServedModel['engine']): Promise<Result<void>>;
  readonly score: ScoreIds;
}

/** How the work is followed. */
export interface RecomputeWork {
  /** An empty folder for payloads; it is for whoever gives it to remove it. */
  readonly folder: string;
  /** Told of blocks that were read, then of examples that were computed. */
  readonly progress: (step: 'blocks' | 'examples', done: number, total: number) => void;
}

/**
 * Computes all losses of a verdict again, from the release and the blocks that it names and the examples that were opened, and the figures
 * from these. @returns what is wrong with the figures of the verdict; null where they are these. Refuses with `VERDICT_FORM`, with
 * `KERNEL_OTHER` where another kernel computed it, and with what blocks and engine refuse with: then nothing is known.
 */
export async function recomputeLosses(
  { verdict, commitment, examples }: SealedEvidence,
  access: BlockAccess,
  engine: LossEngine,
  { folder, progress }: RecomputeWork,
): Promise<Result<string | null>> {
  const measured = parseMeasuredVerdict(verdict);
  if (measured === null)
    return err(new CodedError('VERDICT_FORM', 'the verdict does not say what was measured on what'));
  const { kernel, baseRelease, resamples } = measured;
  if (kernel !== engine.kernelHash) {
    const message = `it was computed by the kernel ${kernel}, here is ${engine.kernelHash}`;
    return err(new CodedError('KERNEL_OTHER', message, { kernel }));
  }
  const blocks = new BlockFolder(access, folder);
  const base = await blocks.release(baseRelease, (done, total) => progress('blocks', done, total));
  if (!base.ok) return base;
  const candidate = await candidateOf(measured, base.value, blocks);
  if (!candidate.ok) return candidate;
  for (const model of [base.value.served, candidate.value]) {
    const loaded = await engine.load(model.engine);
    if (!loaded.ok) return loaded;
  }
  // One domain after the other, by name, as they lie in the set.
  const { drawn } = verdict.examples;
  const names = Object.keys(commitment.domains)
    .sort()
    .filter((name) => Object.hasOwn(drawn, name));
  const inOrder = Object.fromEntries(names.map((name) => [name, drawn[name]]));
  const comparison = {
    ...{ base: base.value.served, candidate: candidate.value, encoder: base.value.encoder },
    signal: AbortSignal.any([]),
    progress: (done: number, total: number) => progress('examples', done, total),
  };
  const losses = await compareLosses(engine.score, comparison, shownExamples(inOrder, examples));
  if (!losses.ok) return losses;
  const figures = await evaluationFigures(losses.value, verdict.beacon.root, resamples);
  return ok(differenceOf(measured.figures, figures));
}

async function candidateOf(
  { change }: MeasuredVerdict,
  base: FetchedRelease,
  blocks: BlockFolder,
): Promise<Result<ServedModel>> {
  if ('without' in change) return ok(modelWithout(base.served, change.without));
  const fetched = await fetchAll(change.blocks, blocks);
  if (!fetched.ok) return fetched;
  const growth = await growthOf(base, fetched.value, blocks);
  if (!growth.ok) return growth;
  const routers = await Promise.all(
    (growth.value?.routers ?? []).map(async ({ name, payload, payloadHash, tensors }) => ({
      ...{ name, hash: payloadHash, payloadHash, payloadSize: payload.length, tensors },
      path: await blocks.keep(payload),
    })),
  );
  const files = [...fetched.value.map(({ file }) => file), ...routers];
  return ok(candidateModel(base.served, files, growth.value ?? undefined));
}

async function fetchAll(named: readonly NamedBlock[], blocks: BlockFolder): Promise<Result<FetchedBlock[]>> {
  const all: FetchedBlock[] = [];
  for (const { name, block } of named) {
    const fetched = await blocks.block(block, name);
    if (!fetched.ok) return fetched;
    all.push(fetched.value);
  }
  return ok(all);
}

/** What the release becomes with new experts; null where there is none. */
async function growthOf(
  { view }: FetchedRelease,
  fetched: readonly FetchedBlock[],
  blocks: BlockFolder,
): Promise<Result<Growth | null>> {
  const headers = fetched.map(({ header }) => header);
  const reader: Pick<BlockReader, 'payload'> = { payload: (hash) => blocks.payload(hash) };
  return new ReleaseGrowth(reader as BlockReader).of(view as ReleaseView, headers);
}

/** In words; null where they are equal to the last bit. */
function differenceOf(stated: EvaluationFigures, again: EvaluationFigures): string | null {
  const same = (a: unknown, b: unknown) => canonicalJson(a as Json) === canonicalJson(b as Json);
  if (same(stated, again)) return null;
  const names = new Set([...Object.keys(stated.domains), ...Object.keys(again.domains)]);
  const wrong = [...names].filter((name) => !same(stated.domains[name] ?? null, again.domains[name] ?? null));
  const of = wrong.length > 0 ? wrong.join(', ') : 'overall';
  const { base, candidate } = again.overall;
  return `the figures of ${of} are others: overall ${base} and ${candidate} were computed`;
}
