import type { ExpertTask } from './executor.js';
import type { ExpertCache } from './expert-cache.js';
import type { ExpertSlot } from './expert-slots.js';
import type { RouterForesight } from './router-foresight.js';
import type { RoutingRecorder } from './trace/routing-recorder.js';

/** How well experts were foretold. Counted per pass and layer, the first layer left out. */
export interface ForesightStats {
  /** Experts foretold. */
  readonly foretold: number;
  /** Experts used by layers for which something was foretold. */
  readonly used: number;
  /** Experts foretold and used. */
  readonly right: number;
}

/** Foretells the next layer's experts, notes how right that was, and has them loaded while this layer computes. */
export class Prefetcher {
  private expected: { readonly layer: number; readonly experts: ReadonlySet<number> } | null = null;
  private foretold = 0;
  private used = 0;
  private right = 0;

  /** @param loads whether anything is loaded; otherwise it is only measured */
  constructor(
    private readonly foresight: RouterForesight,
    private readonly cache: ExpertCache,
    private readonly recorder: RoutingRecorder | null,
    private readonly loads: boolean,
  ) {}

  /** Compares what was foretold with what is used now. */
  judge({ layer, experts }: ExpertTask): void {
    const { expected } = this;
    this.expected = null;
    if (expected?.layer !== layer) return;
    this.foretold += expected.experts.size;
    this.used += experts.length;
    this.right += experts.filter((expert) => expected.experts.has(expert)).length;
  }

  /** Foretells and loads what is foretold, never in place of what is in `keep`. */
  look(task: ExpertTask, keep: ReadonlySet<ExpertSlot>): void {
    const experts = this.foresight.experts(task);
    if (experts.length === 0) return;
    const layer = task.layer + 1;
    this.expected = { layer, experts: new Set(experts) };
    this.recorder?.foretold(task.model, layer, experts);
    if (!this.loads) return;
    const { experts: references, config } = task.model;
    const first = layer * config.experts;
    this.cache.prefetch(
      experts.map((expert) => references[first + expert]).filter((reference) => reference !== null),
      layer,
      keep,
    );
  }

  /** Figures since the start. */
  stats(): ForesightStats {
    const { foretold, used, right } = this;
    return { foretold, used, right };
  }
}
