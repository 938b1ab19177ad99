import type { Family } from './family.js';
import { gptOss } from './gpt-oss.js';
import { mixtral } from './mixtral.js';
import { olmoe } from './olmoe.js';
import { qwen3Moe } from './qwen3-moe.js';

/** Every family this version computes. Adding one means a file of its own and its name here. */
export const FAMILIES: readonly Family[] = [mixtral, qwen3Moe, olmoe, gptOss];

/** Their names, as meta blocks hold them. */
export const FAMILY_NAMES: readonly string[] = FAMILIES.map(({ name }) => name);
