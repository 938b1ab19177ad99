import { createHmac } from 'node:crypto';
import { bytesToHex, ok, type Result } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { cosine, norm } from '../checks/similarity.js';
import { aggregate } from '../consensus/aggregator.js';
import { AGGREGATORS } from '../consensus/aggregators.js';
import { squaredDistance } from '../consensus/vectors.js';
import { withNoise } from '../privacy/noise.js';
import { encodeTrainedBlock, type TrainedBlock } from '../source/trained-block.js';
import type { RoundBase } from './round-base.js';
import { readRoundUpdate } from './round-update.js';
import type { RoundPrivacyTerms, RoundTerms } from './terms.js';
import { partsOf, WHOLE_PART } from './update-parts.js';

/** An update that was shown. */
export interface ShownUpdate {
  /** What its author had committed to: decides its place. */
  readonly commitment: string;
  readonly bytes: Uint8Array;
}

/** What an update counts for. Members are named as in JSON. */
export interface UpdateShare {
  readonly commitment: string;
  /** What its part in the aggregate counts for, in millionths. */
  readonly weight: number;
}

/** How an update lies to what was made of all. Members are named as in JSON. */
export interface UpdateFigures extends UpdateShare {
  /** Euclidean length. */
  readonly length: number;
  /** From the aggregate, Euclidean. */
  readonly distance: number;
  /** Of the angle between both. */
  readonly cosine: number;
  /** Its projection on the aggregate, as a multiple of the aggregate's length. */
  readonly projection: number;
  /** Whether the aggregator has left it out. */
  readonly left_out: boolean;
  /** Updates that share one share with it as near-copies, itself among them; 0 where it earns nothing. */
  readonly alike: number;
}

/** What is told of an update: in a private round nothing but its share, as all else would say what it was. */
export type ToldFigures = UpdateShare & Partial<UpdateFigures>;

/** What a round has led to. */
export interface RoundResult {
  /** SHA-256 of the aggregate as little-endian float32. */
  readonly aggregate: string;
  /** The experts with it, stored as the ones they come from. */
  readonly blocks: readonly (TrainedBlock & { readonly payloadHash: string })[];
  /** Of every update, in the order in which they were combined. */
  readonly figures: readonly ToldFigures[];
}

/**
 * Makes one update of many. Pure: the same updates give the same bits whatever order they came in and wherever it runs, as they are put in
 * the order of their commitments first. Refuses with what updates and aggregators refuse with.
 * @param noise seed of the noise of a private round, 32 bytes; null in any other
 */
export function aggregateRound(
  terms: Pick<RoundTerms, 'aggregator' | 'faulty' | 'update_length' | 'privacy'>,
  base: RoundBase,
  shown: readonly ShownUpdate[],
  noise: Uint8Array | null = null,
): Result<RoundResult> {
  const inOrder = [...shown].sort((a, b) => (a.commitment < b.commitment ? -1 : 1));
  const updates: Float32Array[] = [];
  for (const { bytes } of inOrder) {
    const update = readRoundUpdate(bytes, base, terms);
    if (!update.ok) return update;
    updates.push(update.value);
  }
  const aggregator = AGGREGATORS[terms.aggregator];
  const context = { faulty: terms.faulty, previous: null };
  const combined = aggregate(aggregator, updates, context);
  if (!combined.ok) return combined;
  if (terms.privacy !== undefined) {
    if (noise === null) throw new Error('a private round is aggregated without noise');
    const whole = noised(combined.value, terms.privacy, base, inOrder, noise);
    const figures = inOrder.map(({ commitment }) => ({ commitment, weight: WHOLE_PART }));
    return ok({ aggregate: hashOf(whole), blocks: blocksWith(base, whole), figures });
  }
  const whole = combined.value;
  const parts = partsOf(updates, whole, aggregator.used(updates, context));
  const figures = updates.map((update, i) => ({
    ...{ commitment: inOrder[i].commitment, length: norm(update) },
    ...{ distance: Math.sqrt(squaredDistance(update, whole)), cosine: cosine(update, whole) },
    ...parts[i],
  }));
  return ok({ aggregate: hashOf(whole), blocks: blocksWith(base, whole), figures });
}

/**
 * The mean with noise on it. One member moves it by the clipping length over the number of members, and the deviation is that times the
 * multiplier. Other updates get other noise, so that two results of one round would not tell their difference.
 */
function noised(
  mean: Float32Array,
  { clip, noise_multiplier: multiplier }: RoundPrivacyTerms,
  base: RoundBase,
  inOrder: readonly ShownUpdate[],
  seed: Uint8Array,
): Float32Array {
  const commitments = inOrder.map(({ commitment }) => commitment).join();
  const key = createHmac('sha256', seed).update(commitments).digest();
  return withNoise(mean, (multiplier * clip * base.length) / inOrder.length, key);
}

function blocksWith({ model, tensors }: RoundBase, update: Float32Array): RoundResult['blocks'] {
  const changed = new Map(
    tensors.map(({ block, tensor, values, offset }) => [
      `${block}/${tensor}`,
      values.map((value, i) => value + update[offset + i]),
    ]),
  );
  const names = [...new Set(tensors.map(({ block }) => block))];
  return names.map((name) => {
    const block = encodeTrainedBlock(model, name, (of, tensor) => {
      const values = changed.get(`${of}/${tensor}`);
      if (values === undefined) throw new Error(`the round changes no ${of}/${tensor}`);
      return values;
    });
    return { ...block, payloadHash: nativeSha256Hex(block.payload) };
  });
}

function hashOf(values: Float32Array): string {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return bytesToHex(nativeSha256(bytes));
}
