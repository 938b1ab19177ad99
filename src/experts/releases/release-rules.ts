import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  BlockReader,
  BlockRules,
  payloadBytes,
  ruleBroken,
  type ResolvedCandidate,
} from '../../chain/index.js';
import { ok, type Result } from '../../common/index.js';
import { checkDirectory } from '../blocks/check-weights.js';
import { parseTensorDirectory } from '../blocks/tensor-directory.js';
import { planBlocks } from '../blocks/tensor-plan.js';
import { parseModelConfig } from '../model-config.js';
import { readJsonPayload } from './json-payload.js';
import { parseReleasePayload, type ReleasePayload } from './release-payload.js';
import { releaseByHash, releaseByVersion } from './release-table.js';
import { mayFollow, parseVersion, requiredChange } from './version.js';

/**
 * What makes a release servable, beyond its form: its weights are the whole architecture of its meta block
 * (`BLOCK_RULES_INCOMPLETE`), its version is free (`BLOCK_RULES_VERSION_TAKEN`) and a large enough step from its parent,
 * which is a release of the same model (`BLOCK_RULES_VERSION`).
 */
@Injectable()
export class ReleaseRules implements OnModuleInit {
  constructor(
    private readonly rules: BlockRules,
    private readonly reader: BlockReader,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.rules.register('release', (candidate) => this.check(candidate));
  }

  private async check(candidate: ResolvedCandidate): Promise<Result<void>> {
    const payload = parseReleasePayload(JSON.parse(new TextDecoder().decode(await payloadBytes(candidate))));
    if (!payload.ok) return ruleBroken('RELEASE', candidate, payload.error.message);
    const taken = await releaseByVersion(this.dataSource.manager, payload.value.model, payload.value.version);
    if (taken !== null && taken.hash !== candidate.hash) {
      return ruleBroken('VERSION_TAKEN', candidate, `has the version of release ${taken.hash}`);
    }
    const weights = await this.weightsProblem(payload.value);
    if (weights !== null) return ruleBroken('INCOMPLETE', candidate, weights);
    const version = await this.versionProblem(payload.value);
    return version === null ? ok() : ruleBroken('VERSION', candidate, version);
  }

  private async weightsProblem({ meta, weights }: ReleasePayload): Promise<string | null> {
    const json = await readJsonPayload(this.reader, meta);
    const config = json.ok ? parseModelConfig(json.value) : json;
    if (!config.ok) return `names a meta block that cannot be read: ${config.error.message}`;
    const planned = planBlocks(config.value);
    if (Object.keys(weights).length !== planned.length)
      return `names ${Object.keys(weights).length} weights of ${planned.length}`;
    const headers = await this.reader.headers(Object.values(weights));
    for (const block of planned) {
      const header = headers.get(weights[block.name] ?? '')?.header;
      if (header === undefined || header.name !== block.name)
        return `does not name a block ${block.name} as its ${block.name}`;
      const tensors = parseTensorDirectory(header.metadata.tensors, header.payload_size);
      const fits = tensors.ok ? checkDirectory(block, tensors.value) : tensors;
      if (!fits.ok) return `names a block that does not fit: ${fits.error.message}`;
    }
    return null;
  }

  private async versionProblem({
    model,
    version,
    meta,
    tokenizer,
    parent,
  }: ReleasePayload): Promise<string | null> {
    if (parent === null) return null;
    const before = await releaseByHash(this.dataSource.manager, parent);
    if (before === null || before.model !== model)
      return 'names a parent that is no release of the same model';
    const [from, to] = [parseVersion(before.version), parseVersion(version)];
    const [old, next] = [
      await readJsonPayload(this.reader, before.meta),
      await readJsonPayload(this.reader, meta),
    ];
    const oldConfig = old.ok ? parseModelConfig(old.value) : old;
    const nextConfig = next.ok ? parseModelConfig(next.value) : next;
    if (from === null || to === null || !oldConfig.ok || !nextConfig.ok)
      return 'cannot be compared with its parent';
    const change = requiredChange(oldConfig.value, nextConfig.value, before.tokenizer === tokenizer);
    return mayFollow(from, to, change)
      ? null
      : `goes from ${before.version} to ${version}, too small a step for a ${change} change`;
  }
}
