import type { EngineExpertUse } from '../engine/engine-port.js';

/**
 * Which experts computed tokens that the engine made after a stop string was met, before it heard of it. They are no part of the
 * answer, nor of its receipt.
 */
export class BeyondTheCut {
  /** By layer and expert. */
  private readonly tokens = new Map<string, number>();

  /** @param layers of the model */
  constructor(private readonly layers: number) {}

  /** A token that is left out. @param route the experts of the position it came from: [layer, rank] */
  add(route: Uint16Array): void {
    const expertsPerToken = route.length / this.layers;
    route.forEach((expert, i) => {
      const key = keyOf(Math.floor(i / expertsPerToken), expert);
      this.tokens.set(key, (this.tokens.get(key) ?? 0) + 1);
    });
  }

  /** The uses that remain of those the engine counted. */
  without(uses: readonly EngineExpertUse[]): readonly EngineExpertUse[] {
    if (this.tokens.size === 0) return uses;
    return uses.flatMap((use) => {
      const tokens = use.tokens - (this.tokens.get(keyOf(use.layer, use.expert)) ?? 0);
      return tokens > 0 ? [{ ...use, tokens }] : [];
    });
  }
}

function keyOf(layer: number, expert: number): string {
  return `${layer}.${expert}`;
}
