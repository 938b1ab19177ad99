import { Injectable, type OnModuleInit } from '@nestjs/common';
import { canonicalJson, ok, systemClock, type Json } from '../../common/index.js';
import { EngineHost, type EngineSize } from '../../inference/index.js';
import { ActionRegistry } from './action-registry.js';
import type { DecisionAction, Proposal } from './decision-action.js';
import { EngineSizing, type SizeSetting } from './engine-sizing.js';
import { readParameters } from './parameter-rules.js';
import { SharedReleaseFigures } from './release-figures.js';
import { failures, slowdown, touchedShare, trackRecord } from './scaling-features.js';
import { evidenceOf, ServiceEvidence } from './service-evidence.js';

const TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;
/** Fewer answers before the change say nothing of how it was then. */
const LEAST_ANSWERS = 10;

/** Goes back to the engine's size of before. */
@Injectable()
export class PreviousSettings implements OnModuleInit {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly sizing: EngineSizing,
    private readonly host: EngineHost,
    private readonly evidence: ServiceEvidence,
    private readonly served: SharedReleaseFigures,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.action());
  }

  /** Whether the engine's size was changed. */
  get changed(): boolean {
    return Object.keys(this.sizing.setting.size).length > 0;
  }

  private action(): DecisionAction {
    return {
      ...{ type: 'rollback', name: 'previous_settings', timeoutMs: TIMEOUT_MS, parameters: {} },
      summary: 'gives the engine the size it had before the last change',
      propose: async (parameters) => {
        const read = readParameters(parameters, {});
        if (!read.ok) return read;
        const { size, before } = this.sizing.setting;
        return ok({
          ...{ subject: 'engine', release: null, why: 'asked for' },
          ...(await this.measured(this.sizing.setting)),
          what: `the engine gets the size ${JSON.stringify(before)} in the place of ${JSON.stringify(size)}`,
          touches: 'answers wait while the engine starts again; those under way are finished first',
          expectedEffect: 'the engine works as before the change',
          undo: 'it gets the changed size again',
        });
      },
      prepare: async () => ok(this.sizing.setting as unknown as Json),
      execute: async (_parameters, plan, { actor, begin }) =>
        this.sizing.set((plan as unknown as SizeSetting).before, actor, {}, begin),
      verify: async (_parameters, plan) => {
        const wanted = (plan as unknown as SizeSetting).before;
        if (canonicalJson(this.sizing.setting.size as Json) !== canonicalJson(wanted as Json))
          return { helped: false, detail: 'the engine has another size' };
        const engine = await this.host.engine();
        return engine.ok
          ? { helped: true, detail: 'the engine runs and passed its self-test' }
          : { helped: false, detail: engine.error.message };
      },
      undo: (_parameters, plan, actor) => {
        // Decisions made before there were plans kept `size` alone.
        const { size, before } = plan as unknown as Partial<SizeSetting>;
        return this.sizing.set(size ?? {}, actor, before ?? {});
      },
    };
  }

  /** How it serves now, how it served on the day before the change, and how long ago that was. */
  private async measured({
    size,
    before,
  }: SizeSetting): Promise<Pick<Proposal, 'features' | 'blastRadius' | 'evidence'>> {
    const changedAt = await this.sizing.changedAt();
    const [service, history, then] = await Promise.all([
      this.evidence.service(),
      this.evidence.history('previous_settings'),
      this.served.between((changedAt ?? 0) - DAY_MS, (changedAt ?? 0) - 1),
    ]);
    const slower = slowdown(service);
    const since = changedAt === null ? DAY_MS : systemClock.now() - changedAt;
    const features: Record<string, number> = {
      error_rate: failures(service),
      recency: Math.max(0, Math.min(1, 1 - since / DAY_MS)),
      track_record: trackRecord(history),
    };
    if (slower !== null) features.latency = slower;
    if (then.answers >= LEAST_ANSWERS) features.target_health = 1 - then.failed / then.answers;
    const wanted: EngineSize = this.sizing.sizeWith(before);
    return {
      features,
      blastRadius: touchedShare(this.sizing.current, wanted, service.load),
      evidence: { size, before, changed_at: changedAt, ...evidenceOf(service, history) } as Record<
        string,
        Json
      >,
    };
  }
}
