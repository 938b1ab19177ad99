import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { CheckpointFolder } from '../checkpoint/checkpoint-folder.js';
import { parseCheckpointConfig } from '../checkpoint/checkpoint-config.js';
import { TensorSource } from '../checkpoint/tensor-source.js';
import { readTokenizer, type TokenizerPayload } from '../checkpoint/tokenizer-files.js';
import type { ModelConfig } from '../model-config.js';
import { provenanceOfCard } from '../provenance/model-card.js';
import type { Provenance } from '../provenance/provenance.js';
import { planCheckpoint, unusedTensors, type CheckpointBlock } from './checkpoint-plan.js';

/** A checkpoint that was found to be complete: every tensor of the plan is there, in its shape, and none is left over. */
export interface Checkpoint {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly tokenizer: TokenizerPayload | null;
  /** What its model card (`README.md`) says of where it comes from; null where it says nothing, or there is none. */
  readonly card: Provenance | null;
  readonly source: TensorSource;
  readonly blocks: readonly CheckpointBlock[];
  /** Bytes of all tensors as the checkpoint stores them. */
  readonly totalBytes: number;
  /** Bytes of one block's tensors as the checkpoint stores them. */
  bytesOf(block: CheckpointBlock): number;
}

/** Opens a Hugging Face checkpoint and checks all that can be checked without reading weights. Close its source. */
export async function openCheckpoint(path: string): Promise<Result<Checkpoint>> {
  const opened = await CheckpointFolder.open(path);
  if (!opened.ok) return opened;
  const folder = opened.value;
  const raw = await folder.readJson('config.json');
  if (!raw.ok) return raw;
  if (raw.value === null) {
    const message = `${path} has no config.json; a checkpoint has config.json and model.safetensors`;
    return err(new CodedError('IMPORT_CONFIG_MISSING', message, { folder: path }));
  }
  const config = parseCheckpointConfig(raw.value);
  if (!config.ok) return config;
  const tokenizer = await readTokenizer(folder, raw.value);
  if (!tokenizer.ok) return tokenizer;
  const source = await TensorSource.open(folder);
  if (!source.ok) return source;
  const blocks = planCheckpoint(config.value);
  const complete = checkComplete(source.value, blocks);
  if (!complete.ok) {
    await source.value.close();
    return complete;
  }
  const bytesOf = (block: CheckpointBlock) => storedBytes(source.value, block);
  return ok({
    folder: folder.path,
    config: config.value.config,
    tokenizer: tokenizer.value,
    card: await readCard(folder),
    source: source.value,
    blocks,
    totalBytes: blocks.reduce((sum, block) => sum + bytesOf(block), 0),
    bytesOf,
  });
}

/** A card that cannot be read says nothing: it is written for people, and no import fails for it. */
async function readCard(folder: CheckpointFolder): Promise<Provenance | null> {
  const text = await folder.readText('README.md');
  return text.ok && text.value !== null ? provenanceOfCard(text.value) : null;
}

function checkComplete(source: TensorSource, blocks: readonly CheckpointBlock[]): Result<void> {
  for (const planned of blocks.flatMap((block) => block.tensors)) {
    const found = source.find(planned.origin, planned.rows, planned.columns);
    if (!found.ok) return found;
  }
  const [unused] = unusedTensors(source.names(), blocks);
  if (unused === undefined) return ok();
  const message = `the checkpoint holds tensor ${unused}, which no part of this architecture takes in`;
  return err(new CodedError('IMPORT_TENSOR_UNKNOWN', message, { tensor: unused }));
}

function storedBytes(source: TensorSource, block: CheckpointBlock): number {
  return block.tensors.reduce((bytes, { origin, rows, columns }) => {
    return bytes + rows * columns * unwrap(source.find(origin, rows, columns)).bytesPerElement;
  }, 0);
}
