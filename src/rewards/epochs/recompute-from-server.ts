import { CodedError, type Json, type Result, type Sha256 } from '../../common/index.js';
import { HttpEpochSource, type Ask } from './http-source.js';
import {
  recomputeEpoch,
  type EpochComparison,
  type PublishedEpoch,
  type RecomputeProgress,
} from './recompute-epoch.js';

/**
 * Works out an epoch again from what a server tells anybody. Refuses as `recomputeEpoch`; throws `EPOCH_NOT_FOUND`, `SERVER_ANSWER` and
 * what `ask` throws. Runs in browsers, too.
 */
export async function recomputeFromServer(
  ask: Ask,
  epoch: number,
  sha256: Sha256,
  told?: (progress: RecomputeProgress) => void,
): Promise<Result<EpochComparison>> {
  const source = new HttpEpochSource(ask, sha256);
  const published = await publishedAt(source, epoch);
  const before = epoch > 1 ? await publishedAt(source, epoch - 1) : null;
  return recomputeEpoch(source, published, before?.record ?? null, told);
}

/** The refusal for an epoch that there is not. */
export function unknownEpoch(epoch: number): CodedError {
  return new CodedError('EPOCH_NOT_FOUND', `There is no epoch ${epoch} of rewards.`, { epoch }, 404);
}

async function publishedAt(source: HttpEpochSource, epoch: number): Promise<PublishedEpoch> {
  const answer = await source.json(`/rewards/epochs/${epoch}`);
  if (answer === null) throw unknownEpoch(epoch);
  const { hash, record, log_index: index } = answer as { hash: unknown; record: Json; log_index: unknown };
  if (typeof hash !== 'string' || typeof record !== 'object' || record === null)
    throw new CodedError('SERVER_ANSWER', `the server's answer about epoch ${epoch} is no epoch`);
  return { hash, record, logIndex: Number.isSafeInteger(index) ? (index as number) : null };
}
