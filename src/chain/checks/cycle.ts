import { CodedError, err, ok, type Result } from '../../common/index.js';

/** A block as the topological order sees it. */
export interface DagNode {
  readonly hash: string;
  /** Hashes of the blocks before it; those outside the batch are taken as done. */
  readonly before: readonly string[];
}

/**
 * Puts the blocks of a batch into an order in which each comes after what it depends on (Kahn 1962), in time
 * proportional to the dependencies named. `BLOCK_CYCLE` when there is no such order. Blocks stored before cannot be part
 * of a cycle: they would have to name a hash that did not exist yet.
 */
export function topologicalOrder<T extends DagNode>(batch: readonly T[]): Result<T[]> {
  const waitingFor = new Map(batch.map(({ hash }) => [hash, 0]));
  const after = new Map<string, T[]>();
  for (const node of batch) {
    for (const parent of new Set(node.before)) {
      if (!waitingFor.has(parent)) continue;
      waitingFor.set(node.hash, waitingFor.get(node.hash)! + 1);
      if (!after.has(parent)) after.set(parent, []);
      after.get(parent)!.push(node);
    }
  }
  const order = batch.filter(({ hash }) => waitingFor.get(hash) === 0);
  for (let i = 0; i < order.length; i++) {
    for (const next of after.get(order[i].hash) ?? []) {
      const left = waitingFor.get(next.hash)! - 1;
      waitingFor.set(next.hash, left);
      if (left === 0) order.push(next);
    }
  }
  if (order.length === batch.length) return ok(order);
  const cyclic = batch.filter(({ hash }) => waitingFor.get(hash)! > 0).map(({ hash }) => hash);
  return err(
    new CodedError('BLOCK_CYCLE', `Block ${cyclic[0]} depends on itself through other blocks.`, {
      blocks: cyclic.slice(0, 16),
    }),
  );
}
