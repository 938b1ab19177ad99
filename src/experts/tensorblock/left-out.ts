import type { ArchitectureFault, LeftOutExperts } from './architecture.js';
import type { ModelConfig } from './model-limits.js';

const EXPERT = /^layer(0|[1-9]\d{0,4})\.expert(0|[1-9]\d{0,4})$/;

/** Layer and number of an expert such as `layer3.expert5`; null for any other name. */
export function expertPlace(name: string): { readonly layer: number; readonly expert: number } | null {
  const match = EXPERT.exec(name);
  return match === null ? null : { layer: Number(match[1]), expert: Number(match[2]) };
}

/** Numbers of the experts of a layer that a model does without, ascending. */
export function leftOutOf(
  { architecture }: Pick<ModelConfig, 'architecture'>,
  layer: number,
): readonly number[] {
  return architecture?.leftOut?.find((entry) => entry.layer === layer)?.experts ?? [];
}

/** Names of all experts that a model does without, in the order of the architecture. */
export function leftOutNames({ architecture }: Pick<ModelConfig, 'architecture'>): string[] {
  return (architecture?.leftOut ?? []).flatMap(({ layer, experts }) =>
    experts.map((expert) => `layer${layer}.expert${expert}`),
  );
}

/**
 * What is added to the router's logits of a layer: 0, and minus infinity for experts that are left out, so that no choice of the
 * greatest logits can fall on them and their share of a softmax is none; null for a layer that has all its experts.
 */
export function routerMask(config: ModelConfig, layer: number): Float32Array | null {
  const leftOut = leftOutOf(config, layer);
  if (leftOut.length === 0) return null;
  const mask = new Float32Array(config.experts);
  for (const expert of leftOut) mask[expert] = -Infinity;
  return mask;
}

/** The architecture of the same model without some more of its experts. */
export function withoutExperts(config: ModelConfig, names: readonly string[]): ModelConfig {
  const byLayer = new Map<number, Set<number>>();
  for (const name of [...leftOutNames(config), ...names]) {
    const place = expertPlace(name);
    if (place === null) throw new Error(`${name} is no expert`);
    byLayer.set(place.layer, (byLayer.get(place.layer) ?? new Set()).add(place.expert));
  }
  const leftOut = [...byLayer]
    .sort(([a], [b]) => a - b)
    .map(([layer, experts]): LeftOutExperts => ({ layer, experts: [...experts].sort((a, b) => a - b) }));
  return { ...config, architecture: { ...config.architecture, version: 1, leftOut } };
}

/** The same architecture with all its experts: what two releases are compared by. */
export function withAllExperts(config: ModelConfig): ModelConfig {
  const { architecture, ...rest } = config;
  if (architecture?.leftOut === undefined) return config;
  const kept = Object.fromEntries(Object.entries(architecture).filter(([member]) => member !== 'leftOut'));
  return Object.keys(kept).length === 1
    ? rest
    : { ...rest, architecture: kept as unknown as typeof architecture };
}

/** What is wrong with `architecture.leftOut`; null when nothing is. */
export function leftOutFault(
  value: readonly unknown[],
  { layers, experts, expertsPerToken }: Pick<ModelConfig, 'layers' | 'experts' | 'expertsPerToken'>,
): ArchitectureFault | null {
  const fault = (rule: string) => ({ field: 'architecture.leftOut', value, rule });
  let before = -1;
  for (const entry of value as readonly Partial<LeftOutExperts>[]) {
    const members = typeof entry === 'object' && entry !== null ? Object.keys(entry).sort().join() : '';
    if (members !== 'experts,layer') return fault('must hold entries of layer and experts');
    const { layer, experts: names } = entry as LeftOutExperts;
    if (!Number.isSafeInteger(layer) || layer <= before || layer >= layers)
      return fault(`must name layers below ${layers}, ascending`);
    if (!isAscending(names, experts))
      return fault(`must name experts below ${experts}, ascending, in each layer`);
    if (experts - names.length < expertsPerToken)
      return fault(`must leave each layer the ${expertsPerToken} experts that a token needs`);
    before = layer;
  }
  return value.length > 0 ? null : fault('must name experts or be absent');
}

function isAscending(value: unknown, below: number): value is number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    (value as unknown[]).every(
      (number, i) =>
        Number.isSafeInteger(number) && (number as number) > (i === 0 ? -1 : Number(value[i - 1])),
    ) &&
    Number(value.at(-1)) < below
  );
}
