import type { Yarn } from '../architecture.js';
import type { ConfigReader } from './config-reader.js';

/** How positions turn queries and keys. */
export interface Rope {
  /** Base of the frequencies, to be checked with the other sizes. */
  readonly theta: unknown;
  readonly yarn?: Yarn;
}

const YARN_MEMBERS = [
  'factor',
  'original_max_position_embeddings',
  'beta_fast',
  'beta_slow',
  'truncate',
  'attention_factor',
];

/**
 * Reads the rotary embedding from where older (`rope_scaling`, `rope_theta`) and newer configurations (`rope_parameters`)
 * keep it. `yarn` is accepted where `types` names it, and only with `max_position_embeddings` = factor × original
 * positions: implementations disagree about which of the two counts where they differ.
 */
export function readRope(
  config: ConfigReader,
  defaultTheta: number,
  types: readonly ('default' | 'yarn')[] = ['default'],
): Rope {
  const [scaling, parameters] = [config.value('rope_scaling'), config.value('rope_parameters')];
  if (scaling !== undefined && parameters !== undefined)
    config.refuse('rope_parameters', 'rope_scaling says it already');
  const member = scaling === undefined ? 'rope_parameters' : 'rope_scaling';
  const plainTheta = config.value('rope_theta', defaultTheta);
  const given = scaling ?? parameters;
  if (given === undefined) return { theta: plainTheta };
  const refuse = (allowed: string): Rope => {
    config.refuse(member, allowed);
    return { theta: plainTheta };
  };
  if (typeof given !== 'object' || Array.isArray(given)) return refuse('supported is an object');
  const { rope_type: type, type: oldType, rope_theta: theta, ...rest } = given as Record<string, unknown>;
  const kind = type ?? oldType ?? 'default';
  if (!types.includes(kind as 'default') || (oldType ?? kind) !== kind)
    return refuse(`supported rope_type: ${types.join(', ')}`);
  const allowed = kind === 'yarn' ? YARN_MEMBERS : [];
  const unknown = Object.keys(rest).find((name) => rest[name] !== null && !allowed.includes(name));
  if (unknown !== undefined) return refuse(`${unknown} is not known for rope_type ${String(kind)}`);
  const base = { theta: theta ?? plainTheta };
  if (kind === 'default') return base;
  const yarn = yarnOf(rest);
  if (Number(config.value('max_position_embeddings')) !== yarn.factor * yarn.originalPositions)
    return refuse('max_position_embeddings must be factor × original_max_position_embeddings');
  return { ...base, yarn };
}

/** Values of wrong kinds are found when the architecture is checked. */
function yarnOf(rest: Record<string, unknown>): Yarn {
  const attentionFactor = rest['attention_factor'] as number | null | undefined;
  return {
    factor: rest['factor'] as number,
    originalPositions: rest['original_max_position_embeddings'] as number,
    betaFast: (rest['beta_fast'] ?? 32) as number,
    betaSlow: (rest['beta_slow'] ?? 1) as number,
    truncate: (rest['truncate'] ?? true) as boolean,
    ...(attentionFactor === null || attentionFactor === undefined ? {} : { attentionFactor }),
  };
}
