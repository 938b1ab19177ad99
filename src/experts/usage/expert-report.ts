import { Injectable } from '@nestjs/common';
import { ParameterIndex } from '../releases/parameter-index.js';
import type { ReleaseView } from '../releases/release-view.js';
import { ExpertUsage } from './expert-usage.js';

/** One expert of a live release with what is known of its use, as the API shows it. */
export interface ExpertReport {
  readonly name: string;
  readonly model: string;
  readonly release: string;
  readonly layer: number;
  readonly expert: number;
  readonly block: string;
  /** Bytes. */
  readonly payload_size: number;
  /** Token passes computed since the model was loaded. */
  readonly uses: number;
  readonly resident: boolean;
  readonly loads: number;
  /** Mean time of a verified load from disk; null when there was none. */
  readonly load_ms: number | null;
}

/** The part of a report that never changes while a release exists. */
type PlacedExpert = Pick<ExpertReport, 'name' | 'layer' | 'expert' | 'block' | 'payload_size'>;

/** More experts than a layer has. */
const LAYER = 2 ** 20;
const EXPERT_NAME = /^layer(\d+)\.expert(\d+)$/;

/** Experts of the live releases, joined with their use. */
@Injectable()
export class ExpertReports {
  private readonly placed = new WeakMap<ReleaseView, readonly PlacedExpert[]>();

  constructor(
    private readonly index: ParameterIndex,
    private readonly usage: ExpertUsage,
  ) {}

  /** Every expert of every live release, most used first; then by model, layer and number. */
  async all(model?: string): Promise<ExpertReport[]> {
    const reports: ExpertReport[] = [];
    for (const { name, liveRelease } of await this.index.models()) {
      if (liveRelease === null || (model !== undefined && model !== name)) continue;
      const view = await this.index.release(liveRelease);
      if (view !== null) reports.push(...this.of(view));
    }
    return reports.sort((a, b) => b.uses - a.uses);
  }

  private of(view: ReleaseView): ExpertReport[] {
    const uses = new Map(this.usage.uses(view.release).map((use) => [use.layer * LAYER + use.expert, use]));
    return this.expertsOf(view).map(({ name, layer, expert, block, payload_size }) => {
      const use = uses.get(layer * LAYER + expert);
      const loads = use?.loads ?? 0;
      return {
        name,
        model: view.model,
        release: view.release,
        layer,
        expert,
        block,
        payload_size,
        uses: use?.tokens ?? 0,
        resident: use?.resident ?? false,
        loads,
        load_ms: use !== undefined && loads > 0 ? use.meanLoadMs : null,
      };
    });
  }

  private expertsOf(view: ReleaseView): readonly PlacedExpert[] {
    const known = this.placed.get(view);
    if (known !== undefined) return known;
    const placed = [...view.weights.values()].flatMap(({ name, block, payloadSize: payload_size }) => {
      const match = EXPERT_NAME.exec(name);
      if (match === null) return [];
      return { name, layer: Number(match[1]), expert: Number(match[2]), block, payload_size };
    });
    this.placed.set(view, placed);
    return placed;
  }
}
