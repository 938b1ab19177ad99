import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import {
  movedBase,
  ParameterIndex,
  PromotionDoor,
  ReleaseCatalog,
  ROLLOUT_BUSY,
  type AskedPromotion,
  type PromotionAnswer,
  type PromotionAsk,
  type PromotionDecider,
  type PromotionStanding,
  type ReleaseRow,
} from '../../experts/index.js';
import { ReleaseStages } from '../actions/release-stages.js';
import { Rollouts } from '../autopilot/rollouts.js';
import type { DecisionState } from '../states.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow } from '../store/rows.js';
import { DecisionService } from './decision-service.js';
import { OverrideService } from './override-service.js';

/** States of a decision that may still let it happen. */
const WAITING: ReadonlySet<string> = new Set(['waiting', 'recorded', 'held']);
/** States of a decision that will become others by themselves, or by an answer. */
const OPEN: ReadonlySet<DecisionState> = new Set(['pending', 'waiting', 'held', 'approved', 'executing']);

/** Makes every promotion a decision. Who owns the machine orders it; anybody else asks the matrix. */
@Injectable()
export class PromotionGuard implements OnModuleInit, PromotionDecider {
  constructor(
    private readonly door: PromotionDoor,
    private readonly decisions: DecisionService,
    private readonly overrides: OverrideService,
    private readonly index: ParameterIndex,
    private readonly releases: ReleaseCatalog,
    private readonly rollouts: Rollouts,
    private readonly stages: ReleaseStages,
    private readonly store: DecisionStore,
  ) {}

  onModuleInit(): void {
    this.door.guardBy(this);
  }

  /**
   * Orders or asks for a promotion; what waits is an answer without an outcome. `ROLLOUT_BUSY` (409) where it is to come by stages on top of
   * what is live now (`base`), and another release is coming so: each would end the other, and none would arrive.
   */
  async decide(ask: PromotionAsk): Promise<Result<PromotionAnswer>> {
    const { model, version, actor, mayOrder, why = 'a guardian asked to promote it', key = null } = ask;
    const staged = ask.staged === true;
    const before = await this.index.live(model);
    const release = (await this.releases.releases(model)).find((row) => row.version === version);
    // What is live already needs no decision.
    if (release !== undefined && before?.release === release.hash)
      return ok({ outcome: { release, previous: before.release, moved: false }, decision: null });
    if (ask.base !== undefined && ask.base !== before?.release) return err(movedBase(model, version));
    const parameters = { model, version, ...(ask.base !== undefined && { base: ask.base }) };
    const byStages = staged && before !== null && release !== undefined;
    const other = byStages && ask.base !== undefined ? await this.otherThan(release.hash, model) : null;
    if (other !== null) return err(rolloutBusy(model, other));
    const action = byStages ? 'shadow' : 'promote';
    const decided = mayOrder
      ? await this.overrides.order(action, parameters, { by: actor, reason: why })
      : await this.decisions.request({
          ...{ type: 'deployment', action, parameters, idempotencyKey: key, emergency: false },
          ...{ askedBy: actor, why },
        });
    if (!decided.ok) return decided;
    if (byStages) return this.begun(ask, release, decided.value);
    return release === undefined
      ? err(gone(model, version))
      : answerOf(decided.value, release, before?.release ?? null);
  }

  /** By stages it is over as soon as a step is, unless the release is staged still. */
  async standing({ model, release, decision }: AskedPromotion): Promise<PromotionStanding> {
    const asked = await this.store.decision(decision);
    if (!asked.ok) return unknownStanding(asked.error);
    if (asked.value.state !== 'succeeded' || asked.value.action === 'promote') return standingOf(asked.value);
    await this.rollouts.refresh();
    const rollout = this.rollouts.of(model);
    const isOurs = rollout?.release === release && rollout.step !== 'withdraw';
    const latest = isOurs ? await this.store.decision(rollout.decision ?? decision) : asked;
    if (!latest.ok) return unknownStanding(latest.error);
    const found = standingOf(latest.value);
    if (found.state !== 'succeeded') return found;
    if (isOurs && this.stages.of(model)?.release === release) return { ...found, over: false };
    const { base } = asked.value.parameters;
    const isOutdated = typeof base === 'string' && (await this.index.live(model))?.release !== base;
    const detail = 'it does not come to people by stages any more';
    return { over: true, state: isOutdated ? 'outdated' : 'withdrawn', detail };
  }

  /** Version of another release that comes by stages still, or may; null where there is none. */
  private async otherThan(release: string, model: string): Promise<string | null> {
    await this.rollouts.refresh();
    const other = this.rollouts.of(model);
    if (other === null || other.release === release) return null;
    if (this.stages.of(model)?.release === other.release) return other.version;
    const asked = other.decision === undefined ? null : await this.store.decision(other.decision);
    return asked?.ok === true && OPEN.has(asked.value.state) ? other.version : null;
  }

  /** Nothing is live yet; the autopilot goes on where the shadow may be. */
  private async begun(
    { model, actor, base, key }: PromotionAsk,
    { hash, version }: ReleaseRow,
    { id, state, detail, appraisal }: DecisionRow,
  ): Promise<Result<PromotionAnswer>> {
    if (state !== 'succeeded' && !WAITING.has(state)) return err(failedPromotion(id, state, detail));
    const known = this.rollouts.of(model);
    // Asked again, it is where it is; under another key it begins again.
    if (known?.release !== hash || (key !== undefined && known.asked !== id)) {
      const begun = { release: hash, version, step: 'shadow', asked: id, decision: id } as const;
      await this.rollouts.note(model, { ...begun, ...(base !== undefined && { base }) }, actor);
    }
    const decision = { id, state, detail: detail ?? appraisal.grounds[0]?.detail ?? null };
    return ok({ outcome: null, decision });
  }
}

function unknownStanding({ message }: CodedError): PromotionStanding {
  return { over: true, state: 'unknown', detail: message };
}

function standingOf({ state, detail, reason }: DecisionRow): PromotionStanding {
  return { over: !OPEN.has(state), state, detail: detail ?? reason };
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

function rolloutBusy(model: string, other: string): CodedError {
  const message = `${model}@${other} is coming to people by stages: this one waits until that is over`;
  return new CodedError(ROLLOUT_BUSY, message, { model, version: other }, 409);
}

function gone(model: string, version: string): CodedError {
  return new CodedError(
    'RELEASE_UNKNOWN',
    `there is no release ${model}@${version}`,
    { model, version },
    404,
  );
}
