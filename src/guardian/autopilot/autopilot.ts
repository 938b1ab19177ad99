import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { messageOf, systemClock } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { AppConfig } from '../../config/index.js';
import { ReleaseCatalog } from '../../experts/index.js';
import type { ActionParameters } from '../actions/decision-action.js';
import { EngineSizing } from '../actions/engine-sizing.js';
import { SharedReleaseFigures } from '../actions/release-figures.js';
import { ReleaseStages, type Stage } from '../actions/release-stages.js';
import { RollbackActions } from '../actions/rollback.js';
import type { DecisionAsk } from '../process/decision-ask.js';
import { DecisionService } from '../process/decision-service.js';
import type { DecisionState } from '../states.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow } from '../store/rows.js';
import { EmergencyStop } from '../stop/emergency-stop.js';
import { regressionIn } from './release-watch.js';
import { stepAfter, type RolloutStep } from './rollout-watch.js';
import { Rollouts, type Rollout } from './rollouts.js';
import { SizeWatch } from './size-watch.js';

const ASKER = 'autopilot';
/** Wishes for the same size within this time are one decision, in all replicas together, ms. */
const SAME_WISH_MS = 600_000;
const OUTDATED: RolloutStep = { action: 'withdraw', why: 'another release went live since it was asked for' };
const DECLINED: RolloutStep = { action: 'withdraw', why: 'its next stage was not let happen' };
/** States of a decision that people have said no to, or nobody has answered. */
const NO: readonly DecisionState[] = ['rejected', 'expired', 'undone'];
/** States in which what was asked for has not happened, and will not but by a guardian's order. */
const NOT_DONE: readonly DecisionState[] = [...NO, 'superseded', 'refused', 'failed'];

/**
 * Looks at what the server does and asks for what would help: back to the release before where the live one does worse, more streams where
 * callers wait, the configured size where they do not any more, the next stage of a release that comes to people by stages. It decides nothing: the matrix does, or a guardian.
 */
@Injectable()
export class Autopilot implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Autopilot');
  private readonly size = new SizeWatch();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly figures: LiveFigures,
    private readonly sizing: EngineSizing,
    private readonly rollback: RollbackActions,
    private readonly releases: ReleaseCatalog,
    private readonly stages: ReleaseStages,
    private readonly served: SharedReleaseFigures,
    private readonly rollouts: Rollouts,
    private readonly decisions: DecisionService,
    private readonly stop: EmergencyStop,
    private readonly store: DecisionStore,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.autopilotSeconds === 0) return;
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => (this.looking = null));
    }, this.config.autopilotSeconds * 1000);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** One look; never rejects. */
  async look(): Promise<void> {
    if (this.stop.state.stopped) return;
    await this.trying('the engine', () => this.lookAtSize());
    await this.trying('the models', async () => {
      for (const { name, liveRelease } of await this.releases.models())
        await this.trying(name, async () => {
          await this.lookAtRelease(name);
          await this.lookAtRollout(name, liveRelease);
        });
    });
  }

  /** What cannot be looked at now is looked at the next time; the rest is all the same. */
  private async trying(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.logger.warn(`a look at ${what} was cut short: ${messageOf(thrown)}`);
    }
  }

  private async lookAtSize(): Promise<void> {
    const { queue_depth: waiting = 0, active_answers: active = 0 } = this.figures.read();
    const { streams } = this.sizing.current;
    const configured = this.sizing.sizeWith({}).streams;
    const wish = this.size.look({ waiting, active, streams, configured, most: this.sizing.mostStreams });
    if (wish === null) return;
    const slot = Math.floor(systemClock.now() / SAME_WISH_MS);
    await this.ask({
      ...{ type: 'scaling', action: wish.action, parameters: { streams: wish.streams }, why: wish.why },
      ...{ emergency: false, idempotencyKey: `autopilot:streams:${wish.streams}:${slot}` },
    });
  }

  private async lookAtRelease(model: string): Promise<void> {
    const standing = await this.rollback.standing(model);
    if (!standing.ok) return;
    const { features, live, since } = standing.value;
    const regression = regressionIn(features);
    if (regression === null) return;
    // Once for each time that a release became live: who said no is not asked again.
    const key = `autopilot:back:${live.hash}:${since}${regression.emergency ? ':emergency' : ''}`;
    await this.ask({
      ...{ type: 'rollback', action: 'previous_release', parameters: { model, live: live.version } },
      idempotencyKey: key,
      ...{ emergency: regression.emergency, why: `${model}@${live.version}: ${regression.why}` },
    });
  }

  private async lookAtRollout(model: string, live: string | null): Promise<void> {
    const rollout = this.rollouts.of(model);
    if (rollout === null) return;
    const { release, version, step, base } = rollout;
    const stage = this.stages.of(model);
    // What went live since would be lost.
    const isOutdated = base !== undefined && live !== base;
    const state = await this.stateOf(rollout);
    const isDeclined = state !== null && NOT_DONE.includes(state);
    const isStaged = stage?.release === release;
    // What people want to be staged stays, and is nothing to be looked after.
    const isLeft = isStaged
      ? step === 'withdraw' && state !== null && NO.includes(state)
      : step === 'withdraw' || isOutdated || isDeclined;
    if (live === release || isLeft) return this.rollouts.end(model, ASKER);
    // Not staged: a guardian has not answered yet.
    if (!isStaged) return;
    const next = isOutdated ? OUTDATED : isDeclined ? DECLINED : await this.stepOf(model, stage, rollout);
    if (next === null || (next.action === step && !isDeclined)) return;
    const { action, why } = next;
    const keepsBase = base !== undefined && action !== 'withdraw';
    const parameters: ActionParameters = { model, version, ...(keepsBase && { base }) };
    // Noted afterwards: cut off between the two, it is asked for again under the same key.
    const decided = await this.ask({
      ...{ type: 'deployment', action, parameters, why: `${model}@${version}: ${why}`, emergency: false },
      idempotencyKey: `autopilot:rollout:${release}:${action}:${rollout.at}`,
    });
    if (decided !== null)
      await this.rollouts.note(model, { ...rollout, step: action, decision: decided.id }, ASKER);
  }

  private async stepOf(
    model: string,
    { stage, release }: Stage,
    { at }: Rollout,
  ): Promise<RolloutStep | null> {
    const since = (await this.stages.since(model)) ?? at;
    const longestMs = this.config.rolloutStageSeconds * 1000;
    return stepAfter(stage, await this.served.of(release), systemClock.now() - since, longestMs);
  }

  /** Of the decision about its step; null where that is not known. */
  private async stateOf({ decision }: Rollout): Promise<DecisionState | null> {
    const found = decision === undefined ? null : await this.store.decision(decision);
    return found?.ok === true ? found.value.state : null;
  }

  /** @returns the decision, whatever it is; null where there is none */
  private async ask(ask: Omit<DecisionAsk, 'askedBy'>): Promise<DecisionRow | null> {
    const done = await this.decisions.request({ ...ask, askedBy: ASKER });
    if (!done.ok)
      this.logger.warn(`${ask.action} was not decided: ${done.error.code}: ${done.error.message}`);
    return done.ok ? done.value : null;
  }
}
