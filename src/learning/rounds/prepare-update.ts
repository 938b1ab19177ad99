import { CodedError, err, ok, type Result } from '../../common/index.js';
import { WorkerMomentum } from '../consensus/worker-momentum.js';
import type { Delta, DeltaPlan } from '../delta/delta-codec.js';
import { ErrorFeedback } from '../delta/error-feedback.js';
import { NOTHING_CARRIED, type Carried } from './carried-state.js';
import type { RoundBase } from './round-base.js';
import { longestUpdate, shownUpdate } from './round-update.js';
import type { RoundTerms } from './terms.js';

/** How a member makes an update of what it has trained. */
export interface UpdateWish {
  readonly plan: DeltaPlan;
  /** Weight of what it has sent before, 0 to below 1 (worker momentum). */
  readonly beta: number;
  /** Whether what compression drops is sent with the next update. */
  readonly feedback: boolean;
  /** What it has kept of the round before. */
  readonly before: Carried;
  /** 32 secret bytes, for a private round. */
  readonly salt: Uint8Array;
}

/** An update that is ready to be committed to. */
export interface PreparedUpdate {
  readonly bytes: Uint8Array;
  /** What is to be kept for the next round. */
  readonly after: Carried;
}

/**
 * Makes an update of what a training has changed: the mean with earlier ones, then what earlier ones have left, no longer than the terms allow,
 * in few bytes. `ROUND_TRAINING` where it holds something that is no finite number, or more bytes than allowed.
 */
export function prepareUpdate(
  terms: RoundTerms,
  base: RoundBase,
  changes: Delta,
  { plan, beta, feedback, before, salt }: UpdateWish,
): Result<PreparedUpdate> {
  const bad = (problem: string) => err(new CodedError('ROUND_TRAINING', problem, { release: terms.release }));
  const momentum = beta > 0 ? meanOf(changes, before.momentum, beta) : changes;
  if (![...momentum.values()].every(({ values }) => values.every(Number.isFinite)))
    return bad('what was trained holds something that is no finite number');
  const sender = new ErrorFeedback(plan, feedback ? fitting(before.rest, changes) : new Map());
  const delta = sender.send(momentum, longestUpdate(terms, base));
  const bytes = shownUpdate(terms, salt, delta);
  const after = {
    momentum: beta > 0 ? momentum : NOTHING_CARRIED.momentum,
    rest: feedback ? sender.left : NOTHING_CARRIED.rest,
  };
  if (bytes.length <= terms.update_bytes) return ok({ bytes, after });
  const problem = `the update has ${bytes.length} bytes, ${terms.update_bytes} are allowed: choose a lower --rank or --share`;
  return bad(problem);
}

function meanOf(changes: Delta, before: Delta, beta: number): Delta {
  const known = fitting(before, changes);
  return new Map(
    [...changes].map(([name, matrix]) => {
      const momentum = new WorkerMomentum(beta, known.get(name)?.values ?? null);
      return [name, { ...matrix, values: momentum.add(matrix.values) }];
    }),
  );
}

/** What was kept of tensors that have the same shapes still. */
function fitting(kept: Delta, changes: Delta): Delta {
  return new Map(
    [...kept].filter(([name, { rows, columns }]) => {
      const now = changes.get(name);
      return now?.rows === rows && now.columns === columns;
    }),
  );
}
