import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BlockReader, BlockStores, type BlockHeader } from '../../chain/index.js';
import { FreshCache } from '../../common/fresh-cache.js';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { checkDirectory } from '../blocks/check-weights.js';
import { parseTensorDirectory } from '../blocks/tensor-directory.js';
import { planBlocks, type PlannedBlock } from '../blocks/tensor-plan.js';
import { parseModelConfig } from '../model-config.js';
import { readJsonPayload } from './json-payload.js';
import { ReleaseCatalog } from './release-catalog.js';
import type { ReleasePayload } from './release-payload.js';
import {
  liveRelease,
  releaseByHash,
  releaseByVersion,
  type ModelRow,
  type ReleaseRow,
} from './release-table.js';
import type { ReleaseView, WeightView } from './release-view.js';

/** Views kept; each is some kilobytes per weight block. */
const CACHED_VIEWS = 16;
/** How often payloads of a release in use are made sure of, ms; far below the time after which they are packed. */
const HELD_MS = 900_000;

/** Which block holds which weight, per release: everything inference knows of a model, read from blocks alone. */
@Injectable()
export class ParameterIndex {
  private readonly views = new Map<string, ReleaseView>();
  /** Whether all payloads of a release could be made; those who ask at once share one look, and a no is not remembered. */
  private readonly held = new FreshCache<boolean>((release) => this.holdAll(release), {
    ...{ freshMs: HELD_MS, most: CACHED_VIEWS, keeps: (all) => all },
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly reader: BlockReader,
    private readonly stores: BlockStores,
    private readonly catalog: ReleaseCatalog,
  ) {}

  /** All models and their live releases. */
  models(): Promise<readonly ModelRow[]> {
    return this.catalog.models();
  }

  /** The release that serves under the bare name of a model; null where there is none. */
  async live(model: string): Promise<ReleaseView | null> {
    const release = await liveRelease(this.dataSource.manager, model);
    return release === null ? null : this.release(release);
  }

  /** `genesis` is the live release of that model, `genesis@1.0.0` exactly that one; null where there is none. */
  async resolve(name: string): Promise<ReleaseView | null> {
    const [model, version] = name.split('@', 2);
    if (version === undefined) return this.live(model);
    const row = await releaseByVersion(this.dataSource.manager, model, version);
    return row === null ? null : this.release(row.hash);
  }

  /** A release by its hash, null where it is not known. Throws the refusal of `load` for one that is damaged. */
  async release(hash: string): Promise<ReleaseView | null> {
    const known = this.views.get(hash);
    if (known !== undefined) return known;
    const row = await releaseByHash(this.dataSource.manager, hash);
    if (row === null) return null;
    const view = await this.load(row);
    if (!view.ok) throw view.error;
    if (this.views.size >= CACHED_VIEWS) this.views.delete(this.views.keys().next().value as string);
    this.views.set(hash, view.value);
    return view.value;
  }

  /**
   * For whoever opens the files of a release: makes those of payloads that lie as deltas, and notes that all are in use, so that they stay;
   * now and then, as that costs a look at each. One that cannot be made is left to the reader of the file, who tells which block it is, and
   * is tried again at the next use.
   */
  async hold({ release }: ReleaseView): Promise<void> {
    await this.held.get(release);
  }

  /** The payload of a release's tokenizer block; null for a model without one. */
  async tokenizer({ tokenizer }: ReleaseView): Promise<Result<Json>> {
    return tokenizer === null ? ok(null) : readJsonPayload(this.reader, tokenizer);
  }

  /**
   * Looks up every block a release names and checks that together they are the whole architecture. Refusals:
   * `BLOCK_MISSING`, `RELEASE_PAYLOAD`, `META_CONFIG`, `RELEASE_INCOMPLETE`, `WEIGHT_TENSORS`, `TENSOR_DIRECTORY`.
   */
  async load(row: ReleaseRow): Promise<Result<ReleaseView>> {
    const payload = await this.catalog.payload(row.hash);
    if (!payload.ok) return payload;
    const meta = await readJsonPayload(this.reader, payload.value.meta);
    if (!meta.ok) return meta;
    const config = parseModelConfig(meta.value);
    if (!config.ok) return config;
    const weights = await this.loadWeights(payload.value, planBlocks(config.value));
    if (!weights.ok) return weights;
    const { hash: release, model, version, dtype, tokenizer, parent, timestamp } = row;
    return ok({
      release,
      model,
      version,
      dtype,
      meta: row.meta,
      tokenizer,
      parent,
      timestamp,
      config: config.value,
      weights: weights.value,
    });
  }

  private async holdAll(release: string): Promise<boolean> {
    let all = true;
    for (const { payloadHash, derived = false } of (await this.release(release))?.weights.values() ?? [])
      if (derived && !(await this.stores.payloads.hold(payloadHash)).ok) all = false;
    return all;
  }

  private async loadWeights(
    payload: ReleasePayload,
    planned: readonly PlannedBlock[],
  ): Promise<Result<Map<string, WeightView>>> {
    const named = Object.keys(payload.weights).length;
    if (named !== planned.length)
      return err(incomplete(payload, `names ${named} weights, the architecture has ${planned.length}`));
    const headers = await this.reader.headers(Object.values(payload.weights));
    const weights = new Map<string, WeightView>();
    for (const block of planned) {
      const hash = payload.weights[block.name];
      const header = hash === undefined ? undefined : headers.get(hash);
      if (header === undefined) return err(incomplete(payload, `lacks the block of ${block.name}`));
      const view = this.viewOf(block, hash, header.header);
      if (!view.ok) return view;
      weights.set(block.name, view.value);
    }
    return ok(weights);
  }

  private viewOf(planned: PlannedBlock, block: string, header: BlockHeader): Result<WeightView> {
    const tensors = parseTensorDirectory(header.metadata.tensors, header.payload_size);
    if (!tensors.ok) return tensors;
    const fits = checkDirectory(planned, tensors.value);
    if (!fits.ok) return fits;
    const { name, type, layer } = planned;
    const { payload_hash: payloadHash, payload_size: payloadSize } = header;
    const path = this.stores.payloads.path(payloadHash);
    if (path === null)
      throw new Error('the engine reads payloads from local files, this blob store has none');
    const derived = header.metadata.parent !== undefined;
    return ok({ name, type, layer, block, payloadHash, payloadSize, path, tensors: tensors.value, derived });
  }
}

function incomplete({ model, version }: ReleasePayload, why: string): CodedError {
  return new CodedError('RELEASE_INCOMPLETE', `release ${model}@${version} ${why}`, { model, version }, 503);
}
