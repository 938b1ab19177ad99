import { smallest, type CacheEntry, type ExpertPolicy, type Moment } from './expert-policy.js';

/**
 * Every layer has the same share of the memory: a layer that holds its share gives up its own expert that was used longest ago, one
 * that holds less takes the place from the layer that holds most.
 */
export class LayerQuota implements ExpertPolicy {
  private readonly held = new Map<number, number>();
  private total = 0;

  added({ layer }: CacheEntry): void {
    this.count(layer, 1);
  }

  removed({ layer }: CacheEntry): void {
    this.count(layer, -1);
  }

  victim<T extends CacheEntry>(candidates: readonly T[], { layer, layers }: Moment): T {
    const full = this.of(layer) >= Math.floor(this.total / layers);
    return smallest(candidates, (entry) =>
      full && entry.layer === layer ? -Infinity : -this.of(entry.layer),
    );
  }

  private of(layer: number): number {
    return this.held.get(layer) ?? 0;
  }

  private count(layer: number, change: number): void {
    this.held.set(layer, this.of(layer) + change);
    this.total += change;
  }
}
