import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import {
  ParameterIndex,
  PromotionDoor,
  ReleaseCatalog,
  type PromotionAnswer,
  type PromotionAsk,
  type ReleaseRow,
} from '../../experts/index.js';
import { Rollouts } from '../autopilot/rollouts.js';
import type { DecisionRow } from '../store/rows.js';
import { DecisionService } from './decision-service.js';
import { OverrideService } from './override-service.js';

/** States of a decision that may still let it happen. */
const WAITING: ReadonlySet<string> = new Set(['waiting', 'recorded', 'held']);

/** Makes every promotion a decision. Who owns the machine orders it; anybody else asks the matrix. */
@Injectable()
export class PromotionGuard implements OnModuleInit {
  constructor(
    private readonly door: PromotionDoor,
    private readonly decisions: DecisionService,
    private readonly overrides: OverrideService,
    private readonly index: ParameterIndex,
    private readonly releases: ReleaseCatalog,
    private readonly rollouts: Rollouts,
  ) {}

  onModuleInit(): void {
    this.door.guardBy((ask) => this.decide(ask));
  }

  private async decide(ask: PromotionAsk): Promise<Result<PromotionAnswer>> {
    const { model, version, actor, mayOrder, why = 'a guardian asked to promote it', key = null } = ask;
    const staged = ask.staged === true;
    const before = await this.index.live(model);
    const release = (await this.releases.releases(model)).find((row) => row.version === version);
    // What is live already needs no decision.
    if (release !== undefined && before?.release === release.hash)
      return ok({ outcome: { release, previous: before.release, moved: false }, decision: null });
    const parameters = { model, version };
    const byStages = staged && before !== null && release !== undefined;
    const action = byStages ? 'shadow' : 'promote';
    const decided = mayOrder
      ? await this.overrides.order(action, parameters, { by: actor, reason: why })
      : await this.decisions.request({
          ...{ type: 'deployment', action, parameters, idempotencyKey: key, emergency: false },
          ...{ askedBy: actor, why },
        });
    if (!decided.ok) return decided;
    if (byStages) return this.begun(model, release, decided.value, actor);
    return release === undefined
      ? err(gone(model, version))
      : answerOf(decided.value, release, before?.release ?? null);
  }

  /** Nothing is live yet; the autopilot goes on where the shadow may be. */
  private async begun(
    model: string,
    { hash, version }: ReleaseRow,
    { id, state, detail, appraisal }: DecisionRow,
    actor: string,
  ): Promise<Result<PromotionAnswer>> {
    if (state !== 'succeeded' && !WAITING.has(state)) return err(failedPromotion(id, state, detail));
    // Asked again, it is where it is.
    if (this.rollouts.of(model)?.release !== hash)
      await this.rollouts.note(model, { release: hash, version, step: 'shadow' }, actor);
    const decision = { id, state, detail: detail ?? appraisal.grounds[0]?.detail ?? null };
    return ok({ outcome: null, decision });
  }
}

function answerOf(
  { id, state, detail, result, appraisal }: DecisionRow,
  release: ReleaseRow,
  previous: string | null,
): Result<PromotionAnswer> {
  const decision = { id, state, detail: detail ?? appraisal.grounds[0]?.detail ?? null };
  if (state === 'succeeded') {
    const { moved } = (result ?? {}) as { moved?: Json };
    return ok({ outcome: { release, previous, moved: moved === true }, decision });
  }
  if (WAITING.has(state)) return ok({ outcome: null, decision });
  return err(failedPromotion(id, state, decision.detail));
}

function failedPromotion(decision: string, state: string, detail: string | null): CodedError {
  const why = `The promotion is ${state}: ${detail ?? 'no reason given'}.`;
  return new CodedError('PROMOTION_FAILED', why, { decision, state }, 409);
}

function gone(model: string, version: string): CodedError {
  return new CodedError(
    'RELEASE_UNKNOWN',
    `there is no release ${model}@${version}`,
    { model, version },
    404,
  );
}
