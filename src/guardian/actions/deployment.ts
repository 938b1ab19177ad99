import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { movedBase, Promotion, ReleaseCatalog } from '../../experts/index.js';
import { EngineHost, ModelCatalog } from '../../inference/index.js';
import { ActionRegistry } from './action-registry.js';
import type { ActionParameters, DecisionAction, Proposal, Verification } from './decision-action.js';
import {
  modelName,
  numberIn,
  optional,
  readParameters,
  releaseHash,
  releaseVersion,
} from './parameter-rules.js';
import { ReleaseEvidence, type MeasuredRelease } from './release-evidence.js';
import { ReleaseStages, type Stage } from './release-stages.js';

const TIMEOUT_MS = 60_000;
const RELEASE_PARAMETERS = {
  model: 'name of the model',
  version: 'version of the release',
  base: 'hash of the release it was made of, which must be live still; any if left out',
};
const RELEASE_RULES = { model: modelName, version: releaseVersion, base: optional(releaseHash) };
const USUAL_SHARE = 0.1;

interface ReleaseChoice extends Readonly<Record<string, unknown>> {
  readonly model: string;
  readonly version: string;
  /** Null says as much as left out. */
  readonly base?: string | null;
}

/** How things were before a deployment. */
interface Before {
  readonly version: string | null;
  readonly stage: Stage | null;
  /** Whether another release than the one in question was live. */
  readonly moved: boolean;
}

/** Brings releases to people: beside the live one unseen, for a share of the requests, for all. */
@Injectable()
export class DeploymentActions implements OnModuleInit {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly evidence: ReleaseEvidence,
    private readonly stages: ReleaseStages,
    private readonly promotion: Promotion,
    private readonly catalog: ModelCatalog,
    private readonly releases: ReleaseCatalog,
    private readonly host: EngineHost,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.promote());
    this.registry.register(this.stageAs('shadow'));
    this.registry.register(this.stageAs('canary'));
    this.registry.register(this.withdraw());
  }

  private promote(): DecisionAction {
    return {
      ...{ type: 'deployment', name: 'promote', timeoutMs: TIMEOUT_MS, parameters: RELEASE_PARAMETERS },
      summary: 'makes a release the live one of its model',
      propose: async (parameters) => {
        const choice = readParameters<ReleaseChoice>(parameters, RELEASE_RULES);
        if (!choice.ok) return choice;
        return this.proposal(choice.value, 1, (measured) => ({
          what: `${name(choice.value)} becomes the live release`,
          touches: `every answer of ${choice.value.model} that names no version`,
          expectedEffect: `${choice.value.model} answers with ${choice.value.version}`,
          undo:
            measured.live === null
              ? 'nothing was live before'
              : `${measured.live.version} becomes live again`,
        }));
      },
      superseded: async (parameters) =>
        (await this.isLiveAlready(parameters)) ?? refusalIn(await this.before(parameters)),
      prepare: (parameters) => this.before(parameters),
      execute: async (parameters, _plan, { actor, begin }) => {
        const { model, version, base } = parameters as unknown as ReleaseChoice;
        const moved = await this.promotion.promote(model, version, actor, { base: base ?? undefined, begin });
        if (!moved.ok) return moved;
        await this.stages.set(model, null, actor, begin);
        return ok();
      },
      verify: (parameters) => this.isLive(parameters as unknown as ReleaseChoice),
      undo: (parameters, plan, actor) => this.restore(parameters, plan, actor),
    };
  }

  private stageAs(stage: Stage['stage']): DecisionAction {
    const shadow = stage === 'shadow';
    return {
      ...{ type: 'deployment', name: stage, timeoutMs: TIMEOUT_MS },
      parameters: {
        ...RELEASE_PARAMETERS,
        share: `share of the requests, 0 to 1; ${USUAL_SHARE} if left out`,
      },
      summary: shadow
        ? 'lets a release compute a share of the answers unseen, beside the live one'
        : 'lets a release answer a share of the requests that name no version',
      propose: async (parameters) => {
        const choice = readStaged(parameters);
        if (!choice.ok) return choice;
        const { model, share } = choice.value;
        const percent = `${share * 100} % of the requests for ${model}`;
        return this.proposal(choice.value, shadow ? 0 : share, () => ({
          what: `${name(choice.value)} ${shadow ? 'follows' : 'answers'} ${percent}`,
          touches: shadow ? 'computing time only; nobody sees its answers' : percent,
          expectedEffect: 'figures of its answers beside those of the live release',
          undo: `${model} is served as before`,
        }));
      },
      superseded: async (parameters) => refusalIn(await this.before(parameters)),
      prepare: (parameters) => this.before(parameters),
      execute: async (parameters, _plan, { actor, begin }) => {
        const choice = readStaged(parameters);
        if (!choice.ok) return choice;
        const { model, version, share, base } = choice.value;
        const measured = await this.evidence.measure(model, version);
        if (!measured.ok) return measured;
        const before = await this.before({ model, version, base: base ?? null });
        if (!before.ok) return before;
        const { release } = measured.value.view;
        await this.stages.set(model, { release, version, stage, share }, actor, begin);
        return ok();
      },
      verify: (parameters) => this.isStaged(parameters as unknown as ReleaseChoice, stage),
      undo: (parameters, plan, actor) => this.restore(parameters, plan, actor),
    };
  }

  private withdraw(): DecisionAction {
    return {
      ...{
        type: 'deployment',
        name: 'withdraw',
        timeoutMs: TIMEOUT_MS,
        parameters: {
          model: RELEASE_PARAMETERS.model,
          version: 'what must be staged still; whatever is if left out',
        },
      },
      summary: 'takes away what is staged beside the live release',
      propose: async (parameters) => {
        const asked = this.stagedAsAsked(parameters);
        if (!asked.ok) return asked;
        const model = String(parameters.model);
        const staged = asked.value;
        return ok({
          ...{
            subject: model,
            features: {},
            blastRadius: staged?.stage === 'canary' ? staged.share : 0,
            release: null,
          },
          ...{
            what: `only the live release of ${model} answers`,
            why: 'asked for',
            touches: 'requests of the canary',
          },
          ...{ expectedEffect: 'nothing is staged', undo: 'it is staged again' },
          evidence: { staged: staged as unknown as Json },
        });
      },
      superseded: (parameters) => Promise.resolve(refusalIn(this.stagedAsAsked(parameters))),
      prepare: async (parameters) => {
        const asked = this.stagedAsAsked(parameters);
        return asked.ok ? this.before(parameters) : asked;
      },
      execute: async (parameters, _plan, { actor, begin }) => {
        await this.stages.set(String(parameters.model), null, actor, begin);
        return ok();
      },
      verify: async (parameters) => {
        const helped = this.stages.of(String(parameters.model)) === null;
        return { helped, detail: helped ? 'nothing is staged' : 'something is staged still' };
      },
      undo: (parameters, plan, actor) => this.restore(parameters, plan, actor),
    };
  }

  /** What is staged. `RELEASE_NOT_STAGED` (409) where another version is, or none, since it was asked to withdraw it. */
  private stagedAsAsked(parameters: ActionParameters): Result<Stage | null> {
    const choice = readParameters<{ model: string; version?: string }>(parameters, {
      ...{ model: modelName, version: optional(releaseVersion) },
    });
    if (!choice.ok) return choice;
    const { model, version } = choice.value;
    const staged = this.stages.of(model);
    if (version === undefined || staged?.version === version) return ok(staged);
    const detail = `${model}@${version} is not staged any more.`;
    return err(new CodedError('RELEASE_NOT_STAGED', detail, { model, version }, 409));
  }

  private async proposal(
    choice: ReleaseChoice,
    blastRadius: number,
    words: (measured: MeasuredRelease) => Pick<Proposal, 'what' | 'touches' | 'expectedEffect' | 'undo'>,
  ): Promise<Result<Proposal>> {
    const measured = await this.evidence.measure(choice.model, choice.version);
    if (!measured.ok) return measured;
    const { features, evidence, view } = measured.value;
    const facts = { subject: choice.model, features, evidence, blastRadius, why: 'asked for' };
    return ok({ ...facts, ...words(measured.value), release: view.release });
  }

  /** `RELEASE_BASE_MOVED` (409) where neither the release it was made of is live nor the release itself. */
  private async before({ model: name, version, base }: ActionParameters): Promise<Result<Json>> {
    const model = String(name);
    const live = await this.catalog.resolveLive(model);
    const isOutdated = typeof base === 'string' && live !== version && (await this.liveHash(model)) !== base;
    if (isOutdated) return err(movedBase(model, String(version)));
    const before: Before = { version: live, stage: this.stages.of(model), moved: live !== version };
    return ok(before as unknown as Json);
  }

  private async isLiveAlready({ model, version }: ActionParameters): Promise<string | null> {
    const isLive = (await this.catalog.resolveLive(String(model))) === version;
    return isLive ? `${String(model)}@${String(version)} is live already` : null;
  }

  private async liveHash(model: string): Promise<string | null> {
    return (await this.releases.models()).find(({ name }) => name === model)?.liveRelease ?? null;
  }

  private async isLive(choice: ReleaseChoice): Promise<Verification> {
    const { model, version } = choice;
    if ((await this.catalog.resolveLive(model)) !== version)
      return { helped: false, detail: `${model} does not resolve to ${version}` };
    const staged = this.stages.of(model) !== null;
    return staged ? { helped: false, detail: 'something is staged still' } : this.answers(choice);
  }

  private async isStaged(choice: ReleaseChoice, stage: Stage['stage']): Promise<Verification> {
    const staged = this.stages.of(choice.model);
    const share = typeof choice.share === 'number' ? choice.share : USUAL_SHARE;
    if (staged?.stage !== stage || staged.version !== choice.version || staged.share !== share)
      return { helped: false, detail: `${name(choice)} is not staged as ${stage} of ${share}` };
    return this.answers(choice);
  }

  /** It helped when the engine has the release loaded from blocks that are right. */
  private async answers({ model, version }: ReleaseChoice): Promise<Verification> {
    const served = await this.catalog.exact(`${model}@${version}`);
    if (!served.ok) return { helped: false, detail: `${served.error.code}: ${served.error.message}` };
    const loaded = await this.host.use(served.value.engine, () => Promise.resolve(ok()));
    return loaded.ok
      ? { helped: true, detail: `${model}@${version} is loaded and its blocks are right` }
      : { helped: false, detail: `${loaded.error.code}: ${loaded.error.message}` };
  }

  private async restore(parameters: ActionParameters, plan: Json, actor: string): Promise<Result<void>> {
    const model = String(parameters.model);
    const { version, stage } = plan as unknown as Before;
    await this.stages.set(model, stage, actor);
    // What others have made live since is not what this action did.
    if (version === null || (await this.catalog.resolveLive(model)) !== parameters.version) return ok();
    const moved = await this.promotion.promote(model, version, actor);
    return moved.ok ? ok() : moved;
  }
}

/** What a check says no with, in words. */
function refusalIn(checked: Result<unknown>): string | null {
  return checked.ok ? null : `${checked.error.code}: ${checked.error.message}`;
}

function readStaged(parameters: ActionParameters): Result<ReleaseChoice & { share: number }> {
  const read = readParameters<ReleaseChoice & { share?: number }>(parameters, {
    ...{ ...RELEASE_RULES, share: optional(numberIn(0.001, 1)) },
  });
  return read.ok ? ok({ ...read.value, share: read.value.share ?? USUAL_SHARE }) : read;
}

function name({ model, version }: ReleaseChoice): string {
  return `${model}@${version}`;
}
