import { Injectable } from '@nestjs/common';
import { BlockReader } from '../../chain/index.js';
import { hashJson, ok, type CodedError, type Json, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import {
  ArchitecturePublisher,
  modelConfigJson,
  ParameterIndex,
  PromotionDoor,
  provenanceIn,
  ReleaseAuthor,
  ROLLOUT_BUSY,
  type ReleaseView,
} from '../../experts/index.js';
import { leftOutNames, withoutExperts } from '../../experts/tensorblock/left-out.js';
import { ModelCatalog } from '../../inference/index.js';
import { LogAppender } from '../../log/index.js';
import { REMOVAL_ENTRY, REMOVAL_MEASURED_ENTRY } from '../beacon/beacon.js';
import { Beacons } from '../beacon/beacons.js';
import { ComparedModelsSource } from '../judging/compared-models.js';
import { LEARNING_ACTOR } from '../judging/publication.js';
import { comesByStages } from '../judging/rollout.js';
import { RemovalMeter, type RemovalEffect, type RemovalWork } from './removal-effect.js';
import type { RemovalRow } from './removal-row.js';
import { RemovalStore, type RemovalChanges } from './removal-store.js';
import type { RemovalState } from './states.js';

/** What comes after a step: the next one, or another look after so many ms. */
export type AfterRemovalStep = 'next' | { readonly afterMs: number };

/** How long the log may take to publish a leaf: then it is looked at again. */
const LOG_MS = 250;
/** How often a release is looked for that waits for its decision, ms; a promotion is told of besides. */
const WAIT = ok({ afterMs: 60_000 });
/** Code of a removal that was measured, and whose release was not let go live. */
const REMOVAL_DECLINED = 'REMOVAL_DECLINED';

/** The work in each state of a removal. Each step may be cut off at any point and done again. */
@Injectable()
export class RemovalSteps {
  constructor(
    private readonly store: RemovalStore,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly beacons: Beacons,
    private readonly index: ParameterIndex,
    private readonly models: ModelCatalog,
    private readonly compared: ComparedModelsSource,
    private readonly meter: RemovalMeter,
    private readonly architectures: ArchitecturePublisher,
    private readonly releases: ReleaseAuthor,
    private readonly reader: BlockReader,
    private readonly door: PromotionDoor,
    private readonly config: AppConfig,
  ) {}

  /** Does what is next. Refuses with what may succeed later, such as an engine that is busy. */
  async step(row: RemovalRow, work: RemovalWork): Promise<Result<AfterRemovalStep>> {
    const live = await this.index.live(row.statement.model);
    const gone = live === null ? [] : leftOutNames(live.config);
    if (row.state === 'measured' && row.statement.experts.every(({ name }) => gone.includes(name)))
      return this.move(row, 'released');
    if (live?.release !== row.statement.release) {
      const detail = 'another release went live meanwhile: ask again, so that it is measured beside that one';
      return this.move(row, 'superseded', { code: 'REMOVAL_SUPERSEDED', detail });
    }
    if (row.state === 'received') return this.commitNonce(row);
    if (row.state === 'waiting_beacon') return this.draw(row);
    if (row.state === 'measuring') return this.measure(row, live, work);
    return this.release(row, live);
  }

  /** Gives a removal up that could not be done. */
  async giveUp(row: RemovalRow, { code, message }: CodedError): Promise<void> {
    await this.move(row, 'failed', { code, detail: message });
  }

  private async commitNonce(row: RemovalRow): Promise<Result<AfterRemovalStep>> {
    if (!(await this.beacons.isLogged(row.id, REMOVAL_ENTRY))) return ok({ afterMs: LOG_MS });
    await this.transactions.run(async (manager) => {
      const held = await this.store.hold(manager, row.id, 'received');
      await this.store.move(manager, held, 'waiting_beacon');
      await this.beacons.commit(manager, row.id, LEARNING_ACTOR);
    });
    this.log.committed();
    return ok('next');
  }

  private async draw(row: RemovalRow): Promise<Result<AfterRemovalStep>> {
    const beacon = await this.beacons.of(row.id, REMOVAL_ENTRY);
    return beacon === null ? ok({ afterMs: LOG_MS }) : this.move(row, 'measuring', { beacon });
  }

  private async measure(
    row: RemovalRow,
    live: ReleaseView,
    work: RemovalWork,
  ): Promise<Result<AfterRemovalStep>> {
    if (row.beacon === null) throw new Error(`${row.id} is measured without a beacon`);
    const base = await this.models.release(live.release);
    if (!base.ok) return base;
    const encoder = await this.compared.encoderOf(live);
    if (!encoder.ok) return encoder;
    const models = { base: base.value, encoder: encoder.value };
    const effect = await this.meter.measure(row, row.beacon, models, work);
    if (!effect.ok) return effect;
    const effectHash = hashJson(effect.value as unknown as Json);
    await this.transactions.run(async (manager) => {
      const held = await this.store.hold(manager, row.id, 'measuring');
      await this.store.move(manager, held, 'measured', { effect: effect.value, effectHash });
      const { fall } = effect.value.figures.overall;
      await this.log.append(manager, [
        {
          ...{ kind: REMOVAL_MEASURED_ENTRY, subject: row.id, actor: LEARNING_ACTOR, hash: effectHash },
          data: { beacon: effect.value.beacon.root, base: live.release, fall },
        },
      ]);
    });
    this.log.committed();
    return ok('next');
  }

  /** Publishes the release without the experts, and asks for its promotion. */
  private async release(row: RemovalRow, live: ReleaseView): Promise<Result<AfterRemovalStep>> {
    const { version, effect, release, decision } = row;
    if (effect === null) throw new Error(`${row.id} was measured without an effect`);
    if (version === null || release === null) return this.publish(row, live);
    if (decision !== null) {
      const { over, state, detail } = await this.door.standing({ model: live.model, release, decision });
      if (!over) return WAIT;
      const why = state === 'succeeded' ? 'it was live, and was taken back' : (detail ?? 'no reason given');
      return this.decline(row, decision, `the promotion is ${state}: ${why}`);
    }
    const asked = await this.door.ask({
      ...{
        model: live.model,
        version,
        base: live.release,
        actor: LEARNING_ACTOR,
        mayOrder: false,
        key: row.id,
      },
      ...{ staged: comesByStages(this.config), why: reasonFor(row, effect) },
    });
    if (!asked.ok && asked.error.code === 'PROMOTION_FAILED')
      return this.decline(row, String(asked.error.facts.decision), asked.error.message);
    if (!asked.ok && asked.error.code === ROLLOUT_BUSY) return WAIT;
    if (!asked.ok) return asked;
    if (asked.value.decision !== null) await this.change(row, { decision: asked.value.decision.id });
    // It may be live by now, or somebody may have answered.
    return ok('next');
  }

  /** Ends a removal that will not be promoted, unless another release went live meanwhile: then that is why. */
  private async decline(
    row: RemovalRow,
    decision: string,
    detail: string,
  ): Promise<Result<AfterRemovalStep>> {
    const live = await this.index.live(row.statement.model);
    if (live?.release !== row.statement.release) return ok('next');
    return this.move(row, 'failed', { decision, code: REMOVAL_DECLINED, detail });
  }

  private async publish(
    { statement, ...row }: RemovalRow,
    live: ReleaseView,
  ): Promise<Result<AfterRemovalStep>> {
    const names = statement.experts.map(({ name }) => name);
    const config = withoutExperts(live.config, names);
    const timestamp = this.releases.now();
    const architecture = await this.architectures.publish(
      live.model,
      modelConfigJson(config),
      null,
      timestamp,
    );
    if (!architecture.ok) return architecture;
    const kept = [...live.weights.values()].filter(({ name }) => !names.includes(name));
    const before = await this.reader.header(live.release);
    const published = await this.releases.publish({
      ...{ model: live.model, config, meta: architecture.value.meta, tokenizer: live.tokenizer },
      weights: Object.fromEntries(kept.map(({ name, block }) => [name, block])),
      ...{ dtype: live.dtype ?? 'q8', timestamp },
      provenance: before === null ? null : provenanceIn(before.header.metadata),
    });
    if (!published.ok) return published;
    const { release, version } = published.value;
    await this.change({ ...row, statement }, { release, version });
    return ok('next');
  }

  private async move(
    row: RemovalRow,
    to: RemovalState,
    changes: RemovalChanges = {},
  ): Promise<Result<AfterRemovalStep>> {
    await this.transactions.run(async (manager) =>
      this.store.move(manager, await this.store.hold(manager, row.id, row.state), to, changes),
    );
    return ok('next');
  }

  private async change(row: RemovalRow, changes: RemovalChanges): Promise<void> {
    await this.transactions.run(async (manager) => {
      await this.store.hold(manager, row.id, row.state);
      await this.store.change(manager, row.id, changes);
    });
  }
}

/** What whoever decides is told: who is left out, why, and what it was measured to cost or gain. */
function reasonFor({ statement, id }: RemovalRow, { figures, worse }: RemovalEffect): string {
  const percent = (share: number) => `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;
  const { fall, low, high } = figures.overall;
  const names = statement.experts.map(({ name }) => name).join(', ');
  const overall = `the loss on unseen examples changes by ${percent(-fall)} (${percent(-high)} to ${percent(-low)})`;
  const domains = worse.length === 0 ? 'no domain gets worse' : worse.map(({ detail }) => detail).join('; ');
  return `without ${names} (${statement.reason}): ${overall}; ${domains} (${id})`;
}
