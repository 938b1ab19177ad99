import { readFile } from 'node:fs/promises';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import { describeBlocks, type BlockTensor } from '../tensorblock/model-blocks.js';
import { originOf } from '../tensorblock/families/index.js';
import { parseCheckpointConfig, type CheckpointConfig } from './checkpoint-config.js';
import { CheckpointFolder } from './checkpoint-folder.js';
import { readTokenizer } from './tokenizer-files.js';

/** A tensor of a model, and what its checkpoints call it. */
export interface NamedTensor extends BlockTensor {
  readonly block: string;
  /** `model.layers.0.self_attn.q_proj.weight` */
  readonly origin: string;
}

/** Everything that a checkpoint's folder says besides its weights. */
export interface Architecture {
  readonly config: ModelConfig;
  /** As the payload of a tokenizer block; null where the model takes and gives token ids only. */
  readonly tokenizer: Json | null;
  readonly tensors: readonly NamedTensor[];
  /** The files it was read from, as they are: beside new weights they make a checkpoint. */
  readonly files: readonly { readonly name: string; readonly content: Uint8Array }[];
}

const FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
];

/**
 * Reads the architecture of a checkpoint whose weights are not wanted or not there yet. Refusals: `IMPORT_…`, and
 * `ARCHITECTURE_FUSED` for a family whose checkpoints keep many experts in one tensor.
 */
export async function readArchitecture(path: string): Promise<Result<Architecture>> {
  const folder = await CheckpointFolder.open(path);
  if (!folder.ok) return folder;
  const raw = await folder.value.readJson('config.json');
  if (!raw.ok) return raw;
  if (raw.value === null)
    return err(new CodedError('IMPORT_CONFIG_MISSING', `${path} has no config.json`, { folder: path }));
  const checkpoint = parseCheckpointConfig(raw.value);
  if (!checkpoint.ok) return checkpoint;
  const tensors = namedTensors(checkpoint.value);
  if (!tensors.ok) return tensors;
  const tokenizer = await readTokenizer(folder.value, raw.value);
  if (!tokenizer.ok) return tokenizer;
  const files: { name: string; content: Uint8Array }[] = [];
  for (const name of FILES) {
    const located = await folder.value.locate(name);
    if (!located.ok) return located;
    if (located.value !== null) files.push({ name, content: await readFile(located.value) });
  }
  const { config } = checkpoint.value;
  return ok({ config, tokenizer: tokenizer.value as Json | null, tensors: tensors.value, files });
}

function namedTensors({ family, config, mxfp4 }: CheckpointConfig): Result<NamedTensor[]> {
  const form = { experts: config.experts, tieWordEmbeddings: config.tieWordEmbeddings, mxfp4 };
  const named: NamedTensor[] = [];
  for (const { name: block, tensors } of describeBlocks(config))
    for (const tensor of tensors) {
      const { name: origin, part } = originOf(family, form, { block, tensor: tensor.name });
      if (part !== undefined || config.tieWordEmbeddings) {
        const message = `checkpoints of ${family.name} keep several tensors in one here (${origin}), which is not written`;
        return err(new CodedError('ARCHITECTURE_FUSED', message, { tensor: origin }));
      }
      named.push({ ...tensor, block, origin });
    }
  return ok(named);
}
