import { CodedError, err, type Result } from '../../common/index.js';
import type { Candidate } from '../publish/candidate.js';

/** A refusal by a type's rules: `BLOCK_RULES_<part>`. */
export function ruleBroken(part: string, { hash, header }: Candidate, what: string): Result<never> {
  return err(
    new CodedError(
      `BLOCK_RULES_${part}`,
      `Block ${hash} (${header.block_type} ${header.name ?? ''}) ${what}.`,
      {
        block: hash,
        type: header.block_type,
        name: header.name,
      },
    ),
  );
}
