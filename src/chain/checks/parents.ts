import { CodedError, err, ok } from '../../common/index.js';
import type { ParentCheck } from './check.js';

/** Chains whose blocks others may depend on. */
const DEPENDABLE = ['A', 'B', 'D'];

/** `BLOCK_PARENT_MISSING`, `BLOCK_PARENT_CHAIN`: every block it depends on is known, and lies on chain A, B or D. */
export const checkParents: ParentCheck = ({ hash, header }, parents) => {
  const missing = header.depends_on.filter((parent) => !parents.has(parent));
  if (missing.length > 0)
    return err(
      new CodedError(
        'BLOCK_PARENT_MISSING',
        `Block ${hash} depends on ${missing[0]}, which is not known here.`,
        {
          block: hash,
          missing: missing.slice(0, 16),
        },
      ),
    );
  const foreign = [...parents.values()].find(({ chain }) => !DEPENDABLE.includes(chain));
  if (foreign === undefined) return ok();
  return err(
    new CodedError(
      'BLOCK_PARENT_CHAIN',
      `Block ${hash} depends on ${foreign.hash} of chain ${foreign.chain}.`,
      {
        block: hash,
        parent: foreign.hash,
      },
    ),
  );
};
