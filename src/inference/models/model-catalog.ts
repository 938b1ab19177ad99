import { Injectable, Optional } from '@nestjs/common';
import { CodedError, err, type Result } from '../../common/index.js';
import { ReleaseSource } from './release-source.js';
import { ServingPlan } from './serving-plan.js';
import { serveModel, type ServedModel } from './served-model.js';

/** Releases kept ready: their tokenizers hold some megabytes each. */
const KEPT = 8;

/** Models by the name clients use, ready to answer. */
@Injectable()
export class ModelCatalog {
  private readonly served = new Map<string, Result<ServedModel>>();

  constructor(
    private readonly releases: ReleaseSource,
    @Optional() private readonly plan: ServingPlan = new ServingPlan(),
  ) {}

  /**
   * @param name `genesis` for the live release, `genesis@1.0.0` for a certain one.
   * @param key what makes a request the same one: it may fall to a canary then. Without one the live release answers.
   * Refuses with `MODEL_NOT_FOUND` (404), `INFERENCE_STOPPED` (503) or with what the release's blocks make impossible.
   */
  async resolve(name: string, key?: () => string): Promise<Result<ServedModel>> {
    const open = this.plan.open();
    if (!open.ok) return open;
    const canary = key === undefined ? null : this.plan.pick(name, 'canary', key);
    return this.exact(name, canary ?? undefined);
  }

  /** The same, but neither canaries nor a stop count: for who changes what is served. */
  async exact(name: string, known?: string): Promise<Result<ServedModel>> {
    const hash = known ?? (await this.releases.resolve(name));
    if (hash === null) {
      const detail = `There is no model ${JSON.stringify(name)}; GET /v1/models lists those there are.`;
      return err(new CodedError('MODEL_NOT_FOUND', detail, { param: 'model' }, 404));
    }
    return this.release(hash);
  }

  /** The version of the live release of a model; null where there is none. */
  async resolveLive(model: string): Promise<string | null> {
    const live = (await this.releases.models()).find(({ name }) => name === model);
    return live?.version ?? null;
  }

  /** A release by the hash of its block; refuses with `RELEASE_NOT_FOUND` (404) when this node does not have it. */
  async release(hash: string): Promise<Result<ServedModel>> {
    const kept = this.served.get(hash);
    if (kept !== undefined) {
      await this.releases.hold(hash);
      return kept;
    }
    const content = await this.releases.read(hash);
    if (!content.ok) return content;
    const served = serveModel(content.value);
    this.served.set(hash, served);
    for (const old of this.served.keys()) if (this.served.size > KEPT) this.served.delete(old);
    return served;
  }
}
