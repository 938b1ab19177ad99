import { CodedError, err, ok } from '../../common/index.js';
import type { HeaderCheck, ParentCheck } from './check.js';

/** How far clocks of honest authors may run ahead, ms. */
export const MAX_CLOCK_AHEAD_MS = 120_000;

/** `BLOCK_TIME_FUTURE`: the block is not dated more than two minutes ahead. */
export const checkNotFuture: HeaderCheck = ({ hash, header }, { clock }) => {
  const ahead = header.timestamp - clock.now();
  if (ahead <= MAX_CLOCK_AHEAD_MS) return ok();
  return err(
    new CodedError(
      'BLOCK_TIME_FUTURE',
      `Block ${hash} is dated ${Math.ceil(ahead / 1000)} s ahead; at most 120 s are allowed.`,
      {
        block: hash,
        timestamp: header.timestamp,
      },
    ),
  );
};

/** `BLOCK_TIME_BEFORE_PARENT`: the block is not older than what it depends on. */
export const checkAfterParents: ParentCheck = ({ hash, header }, parents) => {
  for (const parent of parents.values()) {
    if (parent.timestamp <= header.timestamp) continue;
    return err(
      new CodedError(
        'BLOCK_TIME_BEFORE_PARENT',
        `Block ${hash} is dated before block ${parent.hash}, which it depends on.`,
        {
          block: hash,
          parent: parent.hash,
          timestamp: header.timestamp,
          parent_timestamp: parent.timestamp,
        },
      ),
    );
  }
  return ok();
};
