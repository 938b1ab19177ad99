import type { BlockRule } from '../checks/check.js';
import type { ChainId } from '../block/index.js';
import { dataset } from './dataset.js';
import { dense } from './dense.js';
import { expert } from './expert.js';
import { meta } from './meta.js';
import { release } from './release.js';
import { router } from './router.js';
import { tokenizer } from './tokenizer.js';
import { transfers } from './transfers.js';
import { verdict } from './verdict.js';

/** A type of block that a chain accepts, with the rules only its own form decides. */
export interface BlockKind {
  readonly chain: ChainId;
  readonly type: string;
  readonly rules: readonly BlockRule[];
}

/** Every accepted kind. */
export const KINDS: readonly BlockKind[] = [
  ...[meta, tokenizer, release],
  ...[expert, router, dense],
  transfers,
  ...[dataset, verdict],
];
