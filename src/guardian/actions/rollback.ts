import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { Promotion, ReleaseCatalog, RELEASE_PROMOTED, type ReleaseRow } from '../../experts/index.js';
import type { Features } from '../../decision/index.js';
import { EngineHost, ModelCatalog } from '../../inference/index.js';
import { ActionRegistry } from './action-registry.js';
import type { ActionParameters, DecisionAction } from './decision-action.js';
import { modelName, optional, readParameters, releaseVersion } from './parameter-rules.js';
import { SharedReleaseFigures } from './release-figures.js';
import { ReleaseStages } from './release-stages.js';
import { trackRecord } from './scaling-features.js';
import { ServiceEvidence } from './service-evidence.js';

const TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;
/** Growth of the time to the first token that counts as full: threefold. */
const FULL_GROWTH = 2;
/** Share of failed answers that counts as full. */
const FULL_FAILURES = 0.2;
/** Fewer answers of a release say nothing yet. */
const LEAST_ANSWERS = 10;

const NOT_LIVE = 'RELEASE_NOT_LIVE';
/** Promotions that are looked back on. */
const MOST_PROMOTIONS = 500;

/** What a promotion's leaf of the log says. */
export interface PromotionLeaf {
  /** The release that became live. */
  readonly hash: string;
  /** ms since the epoch. */
  readonly time: number;
}

/** What was live, what was before it, and since when. */
export interface Versions {
  readonly live: ReleaseRow;
  readonly previous: ReleaseRow;
  /** ms since the epoch. */
  readonly since: number;
}

/** Goes back to the release that was live before. */
@Injectable()
export class RollbackActions implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: ActionRegistry,
    private readonly releases: ReleaseCatalog,
    private readonly promotion: Promotion,
    private readonly catalog: ModelCatalog,
    private readonly served: SharedReleaseFigures,
    private readonly stages: ReleaseStages,
    private readonly host: EngineHost,
    private readonly evidence: ServiceEvidence,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.previousRelease());
  }

  /** Whether there is an earlier release to go back to. */
  async hasPrevious(model: string): Promise<boolean> {
    return (await this.versions(model)).ok;
  }

  /** How the live release does beside the one before it. `NOTHING_TO_ROLL_BACK` (409) where there was none. */
  async standing(model: string): Promise<Result<Versions & { readonly features: Features }>> {
    const found = await this.versions(model);
    return found.ok ? ok({ ...found.value, features: await this.features(found.value) }) : found;
  }

  private previousRelease(): DecisionAction {
    return {
      ...{ type: 'rollback', name: 'previous_release', timeoutMs: TIMEOUT_MS },
      ...{
        summary: 'makes the release live again that was live before',
        parameters: { model: 'name of the model', live: 'version that must be live still; any if left out' },
      },
      propose: async (parameters) => {
        const found = await this.asked(parameters);
        if (!found.ok) return found;
        const model = String(parameters.model);
        const { live, previous, since } = found.value;
        return ok({
          ...{ subject: model, features: await this.features(found.value), release: null },
          goesBack: true,
          blastRadius: await this.touched(model),
          what: `${model}@${previous.version} becomes live again in the place of ${live.version}`,
          ...{ why: 'asked for', touches: `every answer of ${model} that names no version` },
          ...{
            expectedEffect: `${model} answers with ${previous.version}`,
            undo: `${live.version} becomes live again`,
          },
          evidence: { live: live.hash, previous: previous.hash, live_since: since },
        });
      },
      superseded: async (parameters) => {
        const found = await this.asked(parameters);
        return found.ok || found.error.code !== NOT_LIVE ? null : `${NOT_LIVE}: ${found.error.message}`;
      },
      prepare: async (parameters) => {
        const found = await this.asked(parameters);
        return found.ok ? ok({ from: found.value.live.version, to: found.value.previous.version }) : found;
      },
      execute: async (parameters, plan, { actor, begin }) => {
        const model = String(parameters.model);
        const moved = await this.promotion.promote(model, (plan as { to: string }).to, actor, { begin });
        if (!moved.ok) return moved;
        await this.stages.set(model, null, actor, begin);
        return ok();
      },
      verify: async (parameters, plan) => {
        const { to } = plan as { to: string };
        const model = String(parameters.model);
        if (this.stages.of(model) !== null) return { helped: false, detail: 'something is staged still' };
        const served = await this.catalog.exact(`${model}@${to}`);
        if (!served.ok) return { helped: false, detail: served.error.message };
        const loaded = await this.host.use(served.value.engine, () => Promise.resolve(ok()));
        if (!loaded.ok) return { helped: false, detail: `${loaded.error.code}: ${loaded.error.message}` };
        const helped = (await this.catalog.resolveLive(model)) === to;
        return { helped, detail: helped ? `${to} is live and loaded` : `${to} is not live` };
      },
      undo: async (parameters, plan, actor) => {
        const { from } = plan as { from: string };
        const moved = await this.promotion.promote(String(parameters.model), from, actor);
        return moved.ok ? ok() : moved;
      },
    };
  }

  /** The share of all answers that this model gives, by the last day; all of them where there were too few to tell. */
  private async touched(model: string): Promise<number> {
    const releases = await this.releases.releases(model);
    const hashes = releases.map(({ hash }) => hash);
    return (await this.served.shareOf(hashes, LEAST_ANSWERS)) ?? 1;
  }

  private async features({ live, previous, since }: Versions): Promise<Record<string, number>> {
    const hashes = [live, previous].map(({ hash }) => hash);
    const [now, before] = await Promise.all(hashes.map((hash) => this.served.of(hash)));
    const features: Record<string, number> = {
      recency: within(1 - (Date.now() - since) / DAY_MS),
      track_record: trackRecord(await this.evidence.history('previous_release')),
    };
    if (now.answers >= LEAST_ANSWERS) features.error_rate = within(now.failed / now.answers / FULL_FAILURES);
    if (before.answers >= LEAST_ANSWERS) features.target_health = 1 - before.failed / before.answers;
    if (now.firstTokenMs !== null && before.firstTokenMs !== null)
      features.latency = within((now.firstTokenMs / before.firstTokenMs - 1) / FULL_GROWTH);
    return features;
  }

  /** What is to be gone back from. `RELEASE_NOT_LIVE` (409) where another one has become live since it was asked for. */
  private async asked(parameters: ActionParameters): Promise<Result<Versions>> {
    const read = readParameters<{ model: string; live?: string }>(parameters, {
      ...{ model: modelName, live: optional(releaseVersion) },
    });
    if (!read.ok) return read;
    const { model, live } = read.value;
    const found = await this.versions(model);
    return found.ok && live !== undefined && found.value.live.version !== live
      ? err(notLive(model, live))
      : found;
  }

  /** What the log says of promotions; going back to a release takes the later one out of the story. */
  private async versions(model: string): Promise<Result<Versions>> {
    const rows = await this.dataSource.query<{ leaf: string }[]>(
      'SELECT leaf FROM log_entries WHERE subject = $1 AND kind = $2 ORDER BY id DESC LIMIT $3',
      [model, RELEASE_PROMOTED, MOST_PROMOTIONS],
    );
    const promotions = rows.map(({ leaf }) => JSON.parse(leaf) as PromotionLeaf).reverse();
    const story = liveStory(promotions);
    const releases = await this.releases.releases(model);
    const [previous, live] = story.slice(-2).map(({ hash }) => releases.find((row) => row.hash === hash));
    return live === undefined || previous === undefined
      ? err(nothingBefore(model))
      : ok({ live, previous, since: story[story.length - 1].time });
  }
}

/** Releases that were live one after the other, oldest first, without those that were gone back from. */
export function liveStory(promotions: readonly PromotionLeaf[]): readonly PromotionLeaf[] {
  const story: PromotionLeaf[] = [];
  for (const promotion of promotions) {
    if (story.at(-2)?.hash === promotion.hash) story.pop();
    else story.push(promotion);
  }
  return story;
}

function within(value: number): number {
  return Math.max(0, Math.min(1, value));
}

function notLive(model: string, version: string): CodedError {
  return new CodedError(NOT_LIVE, `${model}@${version} is not live any more.`, { model, version }, 409);
}

function nothingBefore(model: string): CodedError {
  const detail = `No release of ${model} was live before the one that is.`;
  return new CodedError('NOTHING_TO_ROLL_BACK', detail, { model }, 409);
}
