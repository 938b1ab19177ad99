import { Injectable } from '@nestjs/common';
import { BlockReader, type BlockHeader } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import {
  checkNewExpert,
  grownRouter,
  isEmptyRow,
  parseModelConfig,
  parseNewExpert,
  rowOf,
  type ModelConfig,
  type NewExpert,
  type ReleaseView,
  type RouterContent,
} from '../../experts/index.js';
import { grownConfig } from '../../experts/tensorblock/growth.js';
import { expertPlace } from '../../experts/tensorblock/left-out.js';
import { norm } from '../checks/similarity.js';
import { CHANGE_LIMITS } from '../checks/weight-statistics.js';

/** A router that a grown model needs and nobody has published yet. */
export interface GrownRouter extends RouterContent {
  readonly name: string;
  readonly layer: number;
  readonly payloadHash: string;
  /** Hash of the block it grew from. */
  readonly parent: string;
}

/** What a release becomes with new experts, besides their blocks. */
export interface Growth {
  readonly config: ModelConfig;
  /** Names of the new experts. */
  readonly added: readonly string[];
  readonly routers: readonly GrownRouter[];
}

/** Works out which model a release becomes with the new experts of a submission (docs/formats/new-expert.md). */
@Injectable()
export class ReleaseGrowth {
  constructor(private readonly reader: BlockReader) {}

  /**
   * Null where no expert is a new one. `SUBMISSION_OUTDATED`: the live release has no such place, or not what the expert began as;
   * `WEIGHTS_OUT_OF_SHAPE`: its row is much longer or shorter than that one's; what a damaged block refuses with.
   */
  async of(live: ReleaseView, headers: readonly BlockHeader[]): Promise<Result<Growth | null>> {
    const added: NewExpert[] = [];
    for (const header of headers) {
      const read = parseNewExpert(header);
      if (!read.ok) return read;
      if (read.value === null) continue;
      // What its block was checked against is the architecture of the release that was trained from.
      const fits = checkNewExpert(live.config, read.value);
      if (!fits.ok) return err(outdated(read.value.name, live.version, fits.error.message));
      added.push(read.value);
    }
    if (added.length === 0) return ok(null);
    const names = added.map(({ name }) => name);
    const config = parseModelConfig(grownConfig(live.config, names));
    if (!config.ok) return err(outdated(names.join(), live.version, config.error.message));
    const routers: GrownRouter[] = [];
    for (let layer = 0; layer < live.config.layers; layer++) {
      const here = added.filter((expert) => expert.layer === layer);
      if (here.length === 0 && config.value.experts === live.config.experts) continue;
      const router = await this.grow(live, layer, here, config.value);
      if (!router.ok) return router;
      routers.push(router.value);
    }
    return ok({ config: config.value, added: names, routers });
  }

  private async grow(
    live: ReleaseView,
    layer: number,
    added: readonly NewExpert[],
    config: ModelConfig,
  ): Promise<Result<GrownRouter>> {
    const name = `layer${layer}.router`;
    const weight = live.weights.get(name);
    if (weight === undefined) throw new Error(`a release without ${name} is live`);
    const payload = await this.reader.payload(weight.block);
    if (!payload.ok) return payload;
    const before = { payload: payload.value, tensors: weight.tensors };
    const taken = added.find((expert) => live.weights.has(expert.name) || !isEmptyRow(before, expert.expert));
    if (taken !== undefined) return err(outdated(taken.name, live.version, 'its place was taken'));
    const rows = added.map(({ expert, from, values }) => {
      return { expert, from: expertPlace(from)?.expert ?? 0, values };
    });
    for (const { expert, from, values } of rows) {
      const ratio = norm(values) / norm(rowOf(before, from) ?? new Float32Array());
      if (!isUsual(ratio)) return err(outOfShape(`layer${layer}.expert${expert}`, ratio));
    }
    const router = grownRouter(before, config, rows);
    const payloadHash = nativeSha256Hex(router.payload);
    return ok({ ...router, name, layer, payloadHash, parent: weight.block });
  }
}

function isUsual(ratio: number): boolean {
  return ratio <= CHANGE_LIMITS.factor && ratio >= 1 / CHANGE_LIMITS.factor;
}

function outOfShape(expert: string, ratio: number): CodedError {
  const message = `the row of ${expert} is ${ratio.toPrecision(3)} times as long as that of what it began as, allowed is up to ${CHANGE_LIMITS.factor} times`;
  return new CodedError('WEIGHTS_OUT_OF_SHAPE', message, { expert });
}

function outdated(expert: string, version: string, why: string): CodedError {
  const message = `${expert} has no place in the live release ${version} any more (${why}): train it again from there (merged with another one it is paid nothing)`;
  return new CodedError('SUBMISSION_OUTDATED', message, { expert }, 409);
}
