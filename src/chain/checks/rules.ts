import { CodedError, err, ok, type Result } from '../../common/index.js';
import { KINDS } from '../kinds/kinds.js';
import type { Candidate, ResolvedCandidate } from '../publish/candidate.js';
import type { BlockRule } from './check.js';

/**
 * The rules per block type. The chain knows the outer form of each type; other modules register what they alone can
 * judge (whether tensors decode, whether a release is complete).
 */
export class BlockRules {
  private readonly deeper = new Map<string, BlockRule[]>();

  /** Adds a rule for a block type; it runs after the type's own rules, in order of registration. */
  register(type: string, rule: BlockRule): void {
    this.deeper.set(type, [...(this.deeper.get(type) ?? []), rule]);
  }

  /** `BLOCK_TYPE_UNKNOWN`: the chain has rules for blocks of this type. */
  checkKnown({ hash, header }: Candidate): Result<void> {
    if (KINDS.some((kind) => kind.chain === header.chain_id && kind.type === header.block_type)) return ok();
    const known = KINDS.filter((kind) => kind.chain === header.chain_id).map((kind) => kind.type);
    return err(
      new CodedError(
        'BLOCK_TYPE_UNKNOWN',
        `Chain ${header.chain_id} accepts ${known.join(', ') || 'no blocks yet'}, not ${header.block_type}.`,
        { block: hash, chain: header.chain_id, type: header.block_type, known },
      ),
    );
  }

  /** `BLOCK_RULES_…`: the rules of the block's type, then the registered ones, until one refuses. */
  async check(candidate: ResolvedCandidate): Promise<Result<void>> {
    const { chain_id, block_type } = candidate.header;
    const kind = KINDS.find(({ chain, type }) => chain === chain_id && type === block_type);
    for (const rule of [...(kind?.rules ?? []), ...(this.deeper.get(block_type) ?? [])]) {
      const outcome = await rule(candidate);
      if (!outcome.ok) return outcome;
    }
    return ok();
  }
}
