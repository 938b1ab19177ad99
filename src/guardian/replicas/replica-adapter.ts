import { CodedError, err, type Result } from '../../common/index.js';

/**
 * How further servers beside this one are started and stopped: whoever runs the machines knows, so it is a port. `scale` leads to a
 * number and is safe to repeat. Every call ends by itself in time.
 */
export abstract class ReplicaAdapter {
  /** What settings call it. */
  abstract readonly name: string;
  /** How many further servers run. Refusals: `REPLICAS_NOT_CONFIGURED` (409), `REPLICAS_UNAVAILABLE` (503). */
  abstract count(): Promise<Result<number>>;
  /** Starts or stops as many as it takes to have that many. Refusals as `count`. */
  abstract scale(to: number): Promise<Result<void>>;
}

/** Where nobody said how: refuses, so that nothing pretends to have been done. */
export class NoReplicas extends ReplicaAdapter {
  readonly name = 'none';

  count(): Promise<Result<number>> {
    return Promise.resolve(refusal());
  }

  scale(): Promise<Result<void>> {
    return Promise.resolve(refusal());
  }
}

function refusal(): Result<never> {
  const detail = 'Nobody has said how replicas are started; set REPLICA_ADAPTER.';
  return err(new CodedError('REPLICAS_NOT_CONFIGURED', detail, {}, 409));
}
