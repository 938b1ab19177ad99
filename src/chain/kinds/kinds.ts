import type { BlockRule } from '../checks/check.js';
import type { ChainId } from '../block/index.js';
import { dense } from './dense.js';
import { expert } from './expert.js';
import { meta } from './meta.js';
import { release } from './release.js';
import { router } from './router.js';
import { tokenizer } from './tokenizer.js';
import { transfers } from './transfers.js';

/** A type of block that a chain accepts, with the rules only its own form decides. */
export interface BlockKind {
  readonly chain: ChainId;
  readonly type: string;
  readonly rules: readonly BlockRule[];
}

/** Every accepted kind. Chain D has none yet: its blocks are refused by type. */
export const KINDS: readonly BlockKind[] = [meta, tokenizer, release, expert, router, dense, transfers];
