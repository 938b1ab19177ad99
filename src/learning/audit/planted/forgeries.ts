import { bytesToHex, type Sha256 } from '../../../common/index.js';
import type { TokenSequence } from '../../trainer/batch.js';
import { trainedSizes, trainedTensors } from '../../trainer/state-link.js';
import type { AuditFacts } from '../audit-facts.js';
import { documentHash } from '../document-tree.js';
import type { EndOpening, UpdateOpening } from '../opening.js';
import { checkData, dataFigures, type LookedThrough } from '../shown-data.js';
import {
  openEnd,
  openRecorded,
  payloadsOf,
  recordTraining,
  type Deceit,
  type RecordedTraining,
  type Workshop,
} from './recorded-training.js';

/** A training with what its contributor claims and shows of it, and where an audit has to object. */
export interface PlantedTraining {
  readonly name: string;
  readonly facts: AuditFacts;
  readonly end: EndOpening;
  open(step: number): UpdateOpening;
  /** The refusal when that update is drawn; null where the update itself is honest. */
  expectedAt(step: number): string | null;
  /** The refusal of the end; null where that is in order. */
  readonly expectedEnd: string | null;
  /** What the check of the data says when that update is shown, on a server that takes experts of approved data alone. */
  dataAt(step: number): string | null;
  /** What it has to say; the same of each update. */
  readonly expectedData: string | null;
}

/** How a claim differs from what was done. */
interface Claim {
  readonly name: string;
  readonly deceit?: Deceit;
  /** What it is trained on and commits to, where that is not what is in the named set. */
  readonly documents?: readonly TokenSequence[];
  readonly facts?: (recorded: RecordedTraining) => Partial<AuditFacts>;
  readonly open?: (opening: UpdateOpening, recorded: RecordedTraining) => UpdateOpening;
  readonly at: (step: number) => string | null;
  readonly end?: string;
  readonly data?: string;
}

/** Blocks of the planted datasets, both of them approved: the one that every training is said to be of, and one of other documents. */
const [NAMED_SET, OTHER_SET] = ['a', 'b'].map((digit) => digit.repeat(64));

/** Factor on edited weights. */
const EDIT = 1.01;

const never = () => null;
const always = (code: string) => () => code;

/** The honest training first, then the ways to cheat that audits are measured by. Of at least two blocks of the same shape. */
export function plantTrainings(workshop: Workshop): PlantedTraining[] {
  const claims: Claim[] = [
    { name: 'honest', at: never },
    ...ofData(workshop),
    ...ofUpdates(workshop),
    ...ofCommitments(workshop),
    ...ofDatasets(workshop),
  ];
  return claims.map((claim) => plant(claim, workshop));
}

function plant(claim: Claim, workshop: Workshop): PlantedTraining {
  const { name, deceit, documents = workshop.documents, facts, open, at, end, data } = claim;
  const recorded = recordTraining({ ...workshop, documents }, deceit);
  const sets = plantedSets(workshop);
  return {
    name,
    facts: { ...recorded.facts, datasets: [NAMED_SET], ...facts?.(recorded) },
    end: openEnd(recorded, workshop),
    open: (step) => {
      const opening = openRecorded(recorded, step);
      return open === undefined ? opening : open(opening, recorded);
    },
    expectedAt: at,
    expectedEnd: end ?? null,
    dataAt: (step) => {
      const documents = openRecorded(recorded, step).examples.map((example) => ({
        key: keyOf(example, workshop.sha256),
        tokens: example.ids.length - example.firstTarget,
      }));
      const found = checkData(dataFigures(documents, sets), { named: [NAMED_SET], approvedOnly: true });
      return found.ok ? null : found.error.code;
    },
    expectedData: data ?? null,
  };
}

/** As many documents, and none of them the same. @param by less than the vocabulary */
function otherDocuments({ documents, config }: Workshop, by: number): TokenSequence[] {
  return documents.map(({ ids, firstTarget }) => ({
    ids: ids.map((id) => (id + by) % config.vocabSize),
    firstTarget,
  }));
}

/** Nobody writes them as texts here: they are known by their tokens. */
function keyOf(document: TokenSequence, sha256: Sha256): string {
  return bytesToHex(documentHash(document, sha256));
}

function plantedSets(workshop: Workshop): LookedThrough[] {
  const keysOf = (documents: readonly TokenSequence[]) =>
    new Set(documents.map((document) => keyOf(document, workshop.sha256)));
  return [
    { block: NAMED_SET, named: true, found: keysOf(workshop.documents) },
    { block: OTHER_SET, named: false, found: keysOf(otherDocuments(workshop, 2)) },
  ];
}

/** Trainings in which all is as it is said to be, but for the datasets they are said to be of. */
function ofDatasets(workshop: Workshop): Claim[] {
  return [
    {
      name: 'documents of nobody, an approved dataset named',
      documents: otherDocuments(workshop, 1),
      ...{ at: never, data: 'AUDIT_DATASETS' },
    },
    {
      name: 'an approved dataset, another one named',
      documents: otherDocuments(workshop, 2),
      ...{ at: never, data: 'AUDIT_DATASET_UNNAMED' },
    },
  ];
}

/** Lies about what was learnt, and in which order. */
function ofData(workshop: Workshop): Claim[] {
  const { documents, plan } = workshop;
  const others = otherDocuments(workshop, 1);
  return [
    {
      name: 'other data, the stated data shown',
      deceit: { documents: others },
      open: (opening) => ({
        ...opening,
        examples: opening.examples.map((example) => ({ ...example, ids: documents[example.index].ids })),
      }),
      at: always('AUDIT_UPDATE'),
    },
    {
      name: 'other data, shown as they are',
      deceit: { documents: others },
      at: always('AUDIT_EXAMPLES'),
    },
    {
      name: 'another seed',
      facts: () => ({ plan: { ...plan, seed: `not ${plan.seed}` } }),
      at: always('AUDIT_ORDER'),
    },
    {
      name: 'batches of half the size',
      deceit: { plan: { batchTokens: Math.floor(plan.batchTokens / 2) } },
      at: always('AUDIT_ORDER'),
    },
  ];
}

/** Updates that were not made, or not as they are said to be. */
function ofUpdates(workshop: Workshop): Claim[] {
  const { plan, config, steps } = workshop;
  const sizes = trainedSizes(config, plan.blocks);
  const last = steps - 1;
  const middle = steps >> 1;
  const copied = (state: Float32Array) => copiedBlock(state, plan.blocks.length);
  const at = (forged: (step: number) => boolean) => (step: number) => (forged(step) ? 'AUDIT_UPDATE' : null);
  const odd = (step: number) => step % 2 === 1;
  return [
    {
      name: 'every second update skipped',
      deceit: { after: (step, after, before) => (odd(step) ? before : after) },
      at: at(odd),
    },
    {
      name: 'no update at all, then a copied expert',
      deceit: { after: (step, _, before) => (step === last ? copied(before) : before) },
      at: always('AUDIT_UPDATE'),
    },
    {
      name: 'no update at all, then a copied expert with its neurons in another order',
      deceit: {
        after: (step, _, before) => (step === last ? reordered(copied(before), workshop) : before),
      },
      at: always('AUDIT_UPDATE'),
    },
    {
      name: 'a copied expert to begin with',
      deceit: { after: (step, after) => (step === 0 ? copied(after) : after) },
      at: at((step) => step === 0),
    },
    {
      name: 'weights edited in the last update',
      deceit: { after: (step, after) => (step === last ? edited(after) : after) },
      at: at((step) => step === last),
    },
    {
      name: 'weights edited in one update between',
      deceit: { after: (step, after) => (step === middle ? edited(after) : after) },
      at: at((step) => step === middle),
    },
    {
      name: 'half the learning rate',
      deceit: { plan: { schedule: { ...plan.schedule, peak: plan.schedule.peak / 2 } } },
      at: always('AUDIT_UPDATE'),
    },
    {
      name: 'moments thrown away',
      deceit: { after: (_, after) => withoutMoments(after, sizes) },
      at: always('AUDIT_UPDATE'),
    },
  ];
}

/** Commitments and openings that do not belong together. */
function ofCommitments(workshop: Workshop): Claim[] {
  const sizes = trainedSizes(workshop.config, workshop.plan.blocks);
  return [
    {
      name: 'weights edited after training',
      facts: ({ states }) => ({ blocks: payloadsOf(workshop, edited(states[states.length - 1])) }),
      at: never,
      end: 'AUDIT_WEIGHTS',
    },
    {
      name: 'a forged chain of hashes',
      facts: ({ facts: { steps } }) => ({
        steps: steps.map((step) => ({ ...step, hash: [...step.hash].reverse().join('') })),
      }),
      at: (step) => (step === 0 ? 'AUDIT_UPDATE' : 'AUDIT_STATE'),
      end: 'AUDIT_WEIGHTS',
    },
    {
      name: 'states swapped',
      open: (opening, { states }) => ({ ...opening, state: states[opening.step + 1] }),
      at: always('AUDIT_STATE'),
    },
    {
      name: 'moments shown as zero',
      open: (opening) => ({ ...opening, state: withoutMoments(opening.state, sizes) }),
      // Before the first update they are zero.
      at: (step) => (step === 0 ? null : 'AUDIT_STATE'),
    },
    {
      name: 'another beginning',
      facts: ({ facts: { steps } }) => ({ initial: steps[0].hash }),
      at: always('AUDIT_STATE'),
    },
    {
      name: 'a better loss',
      facts: ({ facts: { steps } }) => ({ steps: steps.map((step) => ({ ...step, loss: step.loss / 2 })) }),
      at: always('AUDIT_UPDATE'),
    },
  ];
}

function edited(state: Float32Array): Float32Array {
  return state.map((value) => value * EDIT);
}

/** The first block is the second one, moments included. */
function copiedBlock(state: Float32Array, blocks: number): Float32Array {
  const length = state.length / blocks;
  return Float32Array.from(state).copyWithin(0, length, 2 * length);
}

/** The neurons of the first block the other way round, moments included: it computes what it did. */
function reordered(state: Float32Array, { plan, config }: Workshop): Float32Array {
  const copy = Float32Array.from(state);
  const neurons = config.expertHiddenSize;
  let offset = 0;
  for (const { block, tensor, size } of trainedTensors(config, plan.blocks)) {
    for (let part = 0; part < 3; part++, offset += size) {
      if (block !== plan.blocks[0]) continue;
      const width = tensor === 'down' ? neurons : size / neurons;
      for (let i = 0; i < size; i++) {
        const [row, column] = [Math.floor(i / width), i % width];
        const at =
          tensor === 'down' ? row * width + (neurons - 1 - column) : (neurons - 1 - row) * width + column;
        copy[offset + i] = state[offset + at];
      }
    }
  }
  return copy;
}

function withoutMoments(state: Float32Array, sizes: readonly number[]): Float32Array {
  const copy = Float32Array.from(state);
  let offset = 0;
  for (const size of sizes) {
    copy.fill(0, offset + size, offset + 3 * size);
    offset += 3 * size;
  }
  return copy;
}
