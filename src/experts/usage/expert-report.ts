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

const EXPERT_NAME = /^layer(\d+)\.expert(\d+)$/;

/** Experts of the live releases, joined with their use. */
@Injectable()
export class ExpertReports {
  constructor(
    private readonly index: ParameterIndex,
    private readonly usage: ExpertUsage,
  ) {}

  /** Every expert of every live release, most used first; then by model, layer and number. */
  async all(model?: string): Promise<ExpertReport[]> {
    const reports: ExpertReport[] = [];
    for (const { name } of await this.index.models()) {
      if (model !== undefined && model !== name) continue;
      const view = await this.index.live(name);
      if (view !== null) reports.push(...this.of(view));
    }
    return reports.sort((a, b) => b.uses - a.uses);
  }

  private of(view: ReleaseView): ExpertReport[] {
    const uses = new Map(this.usage.uses(view.release).map((use) => [`${use.layer}.${use.expert}`, use]));
    return [...view.weights.values()].flatMap(({ name, block, payloadSize }) => {
      const match = EXPERT_NAME.exec(name);
      if (match === null) return [];
      const [layer, expert] = [Number(match[1]), Number(match[2])];
      const use = uses.get(`${layer}.${expert}`);
      const loads = use?.loads ?? 0;
      return {
        name,
        model: view.model,
        release: view.release,
        layer,
        expert,
        block,
        payload_size: payloadSize,
        uses: use?.tokens ?? 0,
        resident: use?.resident ?? false,
        loads,
        load_ms: use !== undefined && loads > 0 ? use.meanLoadMs : null,
      };
    });
  }
}
