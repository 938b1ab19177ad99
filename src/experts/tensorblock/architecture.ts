import { leftOutFault } from './left-out.js';
import type { ModelConfig } from './model-limits.js';

/**
 * What a model computes otherwise than Mixtral, version 1: part of the meta block's payload. An absent member means
 * Mixtral's way and a present one never does, so that one architecture has one payload and one hash.
 */
export interface Architecture {
  readonly version: 1;
  /** RMSNorm of queries and keys before they turn: every head by itself, or all heads of a token together. */
  readonly queryKeyNorm?: 'head' | 'width';
  /** Biases are added to query, key, value and output projections. */
  readonly attentionBias?: true;
  /** One more logit per head joins the softmax of the scores and is dropped after it. */
  readonly attentionSinks?: true;
  readonly slidingWindow?: SlidingWindow;
  readonly yarn?: Yarn;
  /** Factors of the chosen experts: `all` is their share of the softmax over all experts; absent: over the chosen. */
  readonly routerSoftmax?: 'all';
  /** A bias is added to the router's logits. */
  readonly routerBias?: true;
  /** Biases are added to the gate, up and down projections of every expert. */
  readonly expertBias?: true;
  readonly clampedSwiglu?: ClampedSwiglu;
  /** Experts that the model does without, by layer, ascending: no release names a block of theirs and no token goes to them. */
  readonly leftOut?: readonly LeftOutExperts[];
}

/** Experts of one layer that a model does without. */
export interface LeftOutExperts {
  readonly layer: number;
  /** Their numbers, ascending; the layer keeps as many as a token needs. */
  readonly experts: readonly number[];
}

/** Layers in which a token sees only the last so many positions, its own included. */
export interface SlidingWindow {
  readonly positions: number;
  /** Numbers of these layers, ascending. */
  readonly layers: readonly number[];
}

/** Rotary frequencies stretched by YaRN (Peng et al. 2023), by the formulas of docs/formats/kernel.md. */
export interface Yarn {
  readonly factor: number;
  /** Positions before the stretching. */
  readonly originalPositions: number;
  readonly betaFast: number;
  readonly betaSlow: number;
  /** Whether the corrected range is widened to whole dimensions. */
  readonly truncate: boolean;
  /** Multiplies cosines and sines; absent: 0.1 ln(factor) + 1. */
  readonly attentionFactor?: number;
}

/** (up + 1) × gate × sigmoid(alpha × gate), gate at most `limit`, up within ± `limit`. */
export interface ClampedSwiglu {
  readonly alpha: number;
  readonly limit: number;
}

/** What is wrong with a member: its name as a path, its value, and what is asked of it. */
export interface ArchitectureFault {
  readonly field: string;
  readonly value: unknown;
  readonly rule: string;
}

type Rule = readonly [isSound: (value: unknown) => boolean, rule: string];

const FLAG: Rule = [(value) => value === true, 'must be true or absent'];
const POSITIONS_LIMIT = 2 ** 20;
const NUMBER_LIMIT = 1e6;

const positive: Rule = [
  (value) => typeof value === 'number' && value > 0 && value < NUMBER_LIMIT,
  `must lie between 0 and ${NUMBER_LIMIT}`,
];
const positions: Rule = [
  (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= POSITIONS_LIMIT,
  `must be a whole number from 1 to ${POSITIONS_LIMIT}`,
];

const MEMBERS: Readonly<Record<string, Rule>> = {
  version: [(value) => value === 1, 'must be 1'],
  queryKeyNorm: [(value) => value === 'head' || value === 'width', 'must be head, width or absent'],
  attentionBias: FLAG,
  attentionSinks: FLAG,
  slidingWindow: [isRecord, 'must be an object or absent'],
  yarn: [isRecord, 'must be an object or absent'],
  routerSoftmax: [(value) => value === 'all', 'must be all or absent'],
  routerBias: FLAG,
  expertBias: FLAG,
  clampedSwiglu: [isRecord, 'must be an object or absent'],
  leftOut: [Array.isArray, 'must be a list or absent'],
};

const YARN_MEMBERS: Readonly<Record<string, Rule>> = {
  factor: [
    (value) => typeof value === 'number' && value >= 1 && value < NUMBER_LIMIT,
    `must lie between 1 and ${NUMBER_LIMIT}`,
  ],
  originalPositions: positions,
  betaFast: positive,
  betaSlow: positive,
  truncate: [(value) => typeof value === 'boolean', 'must be true or false'],
  attentionFactor: positive,
};

const CLAMP_MEMBERS: Readonly<Record<string, Rule>> = { alpha: positive, limit: positive };

/** The first thing wrong with what a model of these sizes computes otherwise; null when nothing is. */
export function findArchitectureFault(
  value: unknown,
  sizes: Pick<ModelConfig, 'layers' | 'experts' | 'expertsPerToken'>,
): ArchitectureFault | null {
  if (!isRecord(value)) return { field: 'architecture', value, rule: 'must be an object or absent' };
  const fault = membersFault('architecture', value, MEMBERS, ['version']);
  if (fault !== null) return fault;
  if (Object.keys(value).length === 1)
    return { field: 'architecture', value, rule: 'must say what differs from Mixtral, or be absent' };
  const { slidingWindow, yarn, clampedSwiglu, leftOut } = value as unknown as Architecture;
  return (
    (slidingWindow && windowFault(slidingWindow as unknown as Record<string, unknown>, sizes.layers)) ??
    (yarn && partFault('architecture.yarn', yarn, YARN_MEMBERS, ['attentionFactor'])) ??
    (clampedSwiglu && partFault('architecture.clampedSwiglu', clampedSwiglu, CLAMP_MEMBERS)) ??
    (leftOut && leftOutFault(leftOut, sizes)) ??
    null
  );
}

function partFault(
  path: string,
  part: object,
  members: Readonly<Record<string, Rule>>,
  optional: readonly string[] = [],
): ArchitectureFault | null {
  const required = Object.keys(members).filter((member) => !optional.includes(member));
  return membersFault(path, part as Record<string, unknown>, members, required);
}

function windowFault(window: Record<string, unknown>, layers: number): ArchitectureFault | null {
  const ascending = (value: unknown) =>
    Array.isArray(value) &&
    value.length > 0 &&
    (value as unknown[]).every(
      (layer, i) => Number.isSafeInteger(layer) && (layer as number) > (i === 0 ? -1 : Number(value[i - 1])),
    ) &&
    Number(value.at(-1)) < layers;
  const rule = `must list numbers of layers below ${layers}, ascending`;
  return partFault('architecture.slidingWindow', window, { positions, layers: [ascending, rule] });
}

function membersFault(
  path: string,
  value: Record<string, unknown>,
  members: Readonly<Record<string, Rule>>,
  required: readonly string[],
): ArchitectureFault | null {
  for (const name of new Set([...required, ...Object.keys(value)])) {
    const field = `${path}.${name}`;
    if (!Object.hasOwn(members, name)) return { field, value: value[name], rule: 'is not known' };
    const [isSound, rule] = members[name];
    if (!isSound(value[name])) return { field, value: value[name], rule };
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
