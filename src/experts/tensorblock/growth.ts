import { expertPlace, leftOutNames, withAllExperts, withoutExperts } from './left-out.js';
import type { ModelConfig } from './model-limits.js';

/** How far beyond the places of a model a new expert's may be. */
export const MOST_NEW_PLACES = 32;

const ROW = /^layer(0|[1-9]\d{0,4})\.router\.row(0|[1-9]\d{0,4})$/;

/** What the row of the router that belongs to an expert is called in trainings: `layer3.router.row8` for `layer3.expert8`. */
export function routerRowOf(expert: string): string {
  return expert.replace('.expert', '.router.row');
}

/** Layer and expert of a row of a router by its name; null for any other name. */
export function routerRowPlace(name: string): { readonly layer: number; readonly expert: number } | null {
  const match = ROW.exec(name);
  return match === null ? null : { layer: Number(match[1]), expert: Number(match[2]) };
}

/**
 * The architecture of the same model with new experts (docs/formats/new-expert.md): as many places in every layer as the greatest of their
 * numbers asks for, and those that nobody takes left out.
 */
export function grownConfig(config: ModelConfig, names: readonly string[]): ModelConfig {
  const places = names.map((name) => {
    const place = expertPlace(name);
    if (place === null) throw new Error(`${name} is no expert`);
    return place;
  });
  const experts = Math.max(config.experts, ...places.map(({ expert }) => expert + 1));
  const fresh = Array.from({ length: config.layers }, (_, layer) =>
    Array.from({ length: experts - config.experts }, (_, i) => `layer${layer}.expert${config.experts + i}`),
  );
  const taken = new Set(names);
  const leftOut = [...leftOutNames(config), ...fresh.flat()].filter((name) => !taken.has(name));
  const whole = { ...withAllExperts(config), experts };
  return leftOut.length === 0 ? whole : withoutExperts(whole, leftOut);
}

/** Whether a model has no expert of that name and could have one: its layer is there, its number not too far. */
export function isOpenPlace(config: ModelConfig, name: string): boolean {
  const place = expertPlace(name);
  if (place === null || place.layer >= config.layers) return false;
  if (place.expert >= config.experts) return place.expert < config.experts + MOST_NEW_PLACES;
  return leftOutNames(config).includes(name);
}
