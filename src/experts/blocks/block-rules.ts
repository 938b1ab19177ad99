import { open } from 'node:fs/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  BlockReader,
  BlockRules,
  payloadBytes,
  ruleBroken,
  type PayloadSource,
  type ResolvedCandidate,
} from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { parseModelConfig, type ModelConfig } from '../model-config.js';
import { readJsonPayload } from '../releases/json-payload.js';
import { checkDirectory, checkTensors, findPlannedBlock, type PayloadRange } from './check-weights.js';
import { checkNewExpert, parseNewExpert } from './new-expert.js';
import { parseTensorDirectory } from './tensor-directory.js';

const CACHED_CONFIGS = 64;

/**
 * What the chain alone cannot judge of meta and weight blocks: whether a meta block is an architecture, and whether a
 * weight block holds exactly the tensors its architecture asks for, readable by the kernel and finite. Refusals are
 * `BLOCK_RULES_META` and `BLOCK_RULES_WEIGHTS`, the latter with the inner code as a fact.
 */
@Injectable()
export class WeightBlockRules implements OnModuleInit {
  private readonly configs = new Map<string, ModelConfig>();

  constructor(
    private readonly rules: BlockRules,
    private readonly reader: BlockReader,
  ) {}

  onModuleInit(): void {
    this.rules.register('meta', (candidate) => this.checkMeta(candidate));
    for (const type of ['expert', 'router', 'dense'])
      this.rules.register(type, (candidate) => this.checkWeights(candidate));
  }

  private async checkMeta(candidate: ResolvedCandidate): Promise<Result<void>> {
    const value: unknown = JSON.parse(new TextDecoder().decode(await payloadBytes(candidate)));
    const config = parseModelConfig(value);
    return config.ok ? ok() : ruleBroken('META', candidate, `is no architecture: ${config.error.message}`);
  }

  private async checkWeights(candidate: ResolvedCandidate): Promise<Result<void>> {
    const checked = await this.checkAgainstMeta(candidate);
    if (checked.ok) return checked;
    const { header, hash } = candidate;
    const message = `Block ${hash} (${header.block_type} ${header.name ?? ''}): ${checked.error.message}`;
    return err(
      new CodedError('BLOCK_RULES_WEIGHTS', message, {
        block: hash,
        name: header.name,
        reason: checked.error.code,
      }),
    );
  }

  private async checkAgainstMeta({ header, parents, payload }: ResolvedCandidate): Promise<Result<void>> {
    const metas = [...parents.values()].filter(({ type }) => type === 'meta');
    if (metas.length !== 1)
      return err(new CodedError('WEIGHT_META', `depends on ${metas.length} meta blocks, expected one`));
    const known = await this.config(metas[0].hash);
    if (!known.ok) return known;
    const added = parseNewExpert(header);
    if (!added.ok) return added;
    const config = added.value === null ? known : checkNewExpert(known.value, added.value);
    if (!config.ok) return config;
    const { name, block_type: type, layer_id: layer } = header;
    const planned = findPlannedBlock(config.value, { name, type, layer });
    if (!planned.ok) return planned;
    const tensors = parseTensorDirectory(header.metadata.tensors, header.payload_size);
    if (!tensors.ok) return tensors;
    const directory = checkDirectory(planned.value, tensors.value);
    if (!directory.ok) return directory;
    return withPayload(payload, (read) => checkTensors(planned.value, tensors.value, read));
  }

  private async config(meta: string): Promise<Result<ModelConfig>> {
    const known = this.configs.get(meta);
    if (known !== undefined) return ok(known);
    const json = await readJsonPayload(this.reader, meta);
    if (!json.ok) return json;
    const config = parseModelConfig(json.value);
    if (!config.ok) return config;
    if (this.configs.size >= CACHED_CONFIGS) this.configs.clear();
    this.configs.set(meta, config.value);
    return config;
  }
}

/** Gives parts of a payload, one tensor in memory at a time when it is a file. */
async function withPayload<T>(payload: PayloadSource, use: (read: PayloadRange) => Promise<T>): Promise<T> {
  if (payload instanceof Uint8Array) {
    return use((offset, length) =>
      Promise.resolve(new Uint8Array(payload.subarray(offset, offset + length))),
    );
  }
  const handle = await open(payload.path, 'r');
  try {
    return await use(async (offset, length) => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await handle.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    });
  } finally {
    await handle.close();
  }
}
