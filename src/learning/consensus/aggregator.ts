import { CodedError, err, ok, type Result } from '../../common/index.js';

/** What contributors of a round send: how far each would move the same weights. All of one length. */
export type Updates = readonly Float32Array[];

/** What an aggregator is told beside the updates. */
export interface AggregationContext {
  /** How many of them may be faulty or hostile; nobody knows which. */
  readonly faulty: number;
  /** What the round before gave, where there was one. */
  readonly previous: Float32Array | null;
}

/** Makes one update of many. Deterministic: the same updates in the same order give the same bits on every machine. */
export interface Aggregator {
  readonly name: AggregatorName;
  /** The fewest updates that outvote so many faulty ones. */
  leastUpdates(faulty: number): number;
  /** @param updates at least `leastUpdates`, of one length, all numbers finite */
  combine(updates: Updates, context: AggregationContext): Float32Array;
  /** Whether each of the same updates is in what `combine` makes of them at all. */
  used(updates: Updates, context: AggregationContext): readonly boolean[];
}

/** Names of the aggregators, as rounds state them. */
export type AggregatorName = 'mean' | 'median' | 'trimmed_mean' | 'krum' | 'multi_krum' | 'centred_clipping';

/**
 * Combines updates. Refuses with `AGGREGATION_BOUND` where too few are there for what the aggregator promises, with `UPDATE_SHAPE` and
 * `UPDATE_NOT_FINITE` where one cannot be combined with the others.
 */
export function aggregate(
  aggregator: Aggregator,
  updates: Updates,
  context: AggregationContext,
): Result<Float32Array> {
  const { faulty, previous } = context;
  const least = aggregator.leastUpdates(faulty);
  if (!(updates.length >= least)) {
    const detail = `${aggregator.name} needs ${least} updates where ${faulty} may be faulty, there are ${updates.length}`;
    return err(new CodedError('AGGREGATION_BOUND', detail, { least, updates: updates.length, faulty }));
  }
  const length = updates[0].length;
  if ([...updates, ...(previous === null ? [] : [previous])].some((update) => update.length !== length))
    return err(new CodedError('UPDATE_SHAPE', 'the updates are not of one length'));
  const wrong = updates.findIndex((update) => !update.every(Number.isFinite));
  if (wrong >= 0) {
    const detail = `update ${wrong} holds something that is no finite number`;
    return err(new CodedError('UPDATE_NOT_FINITE', detail, { update: wrong }));
  }
  return ok(aggregator.combine(updates, context));
}
