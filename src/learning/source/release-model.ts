import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { parseTensorDirectory, type TensorEntry } from '../../experts/blocks/tensor-directory.js';
import { parseModelConfig, type ModelConfig } from '../../experts/model-config.js';
import { parseReleasePayload, type ReleasePayload } from '../../experts/releases/release-payload.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import { jsonOf, type BlockAccess } from './block-access.js';

/** A block of weights of a release. */
export interface WeightSource {
  readonly hash: string;
  readonly tensors: readonly TensorEntry[];
  readonly payload: Uint8Array;
}

/** A release with all that training needs of it, every byte of it verified. */
export interface ReleaseModel {
  /** Hash of the release block. */
  readonly release: string;
  readonly model: string;
  readonly version: string;
  /** Hash of the meta block. */
  readonly meta: string;
  readonly config: ModelConfig;
  /** The payload of the tokenizer block; null for a model that takes and gives token ids only. */
  readonly tokenizer: Json | null;
  readonly blocks: ReadonlyMap<string, WeightSource>;
}

/** Told how many of how many blocks have been read. */
export type OnRead = (done: number, total: number) => void;

/** Reads a release by name: `genesis`, `genesis@1.0.0`. */
export async function readRelease(
  access: BlockAccess,
  name: string,
  onRead: OnRead,
): Promise<Result<ReleaseModel>> {
  const hash = await access.resolve(name);
  return hash.ok ? readReleaseOf(access, hash.value, onRead) : hash;
}

/** What the block of a release says. */
export async function readReleaseFacts(access: BlockAccess, hash: string): Promise<Result<ReleasePayload>> {
  const block = await access.read('A', hash);
  return block.ok ? parseReleasePayload(jsonOf(block.value)) : block;
}

/** Reads a release by the hash of its block. @param only blocks of weights that are wanted; all of them by default */
export async function readReleaseOf(
  access: BlockAccess,
  hash: string,
  onRead: OnRead,
  only?: ReadonlySet<string>,
): Promise<Result<ReleaseModel>> {
  const release = await readReleaseFacts(access, hash);
  if (!release.ok) return release;
  const { model, version, meta, weights } = release.value;
  const metaBlock = await access.read('A', meta);
  if (!metaBlock.ok) return metaBlock;
  const config = parseModelConfig(jsonOf(metaBlock.value));
  if (!config.ok) return config;
  const tokenizer =
    release.value.tokenizer === null ? ok(null) : await access.read('A', release.value.tokenizer);
  if (!tokenizer.ok) return tokenizer;
  const blocks = await readWeights(access, config.value, weights, { onRead, only });
  if (!blocks.ok) return blocks;
  const facts = { release: hash, model, version, meta, config: config.value };
  const content = tokenizer.value === null ? null : jsonOf(tokenizer.value);
  return ok({ ...facts, tokenizer: content, blocks: blocks.value });
}

async function readWeights(
  access: BlockAccess,
  config: ModelConfig,
  weights: Readonly<Record<string, string>>,
  { onRead, only }: { readonly onRead: OnRead; readonly only?: ReadonlySet<string> },
): Promise<Result<Map<string, WeightSource>>> {
  const blocks = new Map<string, WeightSource>();
  const described = describeBlocks(config).filter(({ name }) => only?.has(name) ?? true);
  for (const { name } of described) {
    const hash = weights[name];
    if (hash === undefined) {
      const message = `the release names no block for ${name}`;
      return err(new CodedError('RELEASE_INCOMPLETE', message, { block: name }));
    }
    const block = await access.read('B', hash);
    if (!block.ok) return block;
    const { header, payload } = block.value;
    const tensors = parseTensorDirectory(header.metadata.tensors, payload.length);
    if (!tensors.ok) return tensors;
    blocks.set(name, { hash, tensors: tensors.value, payload });
    onRead(blocks.size, described.length);
  }
  return ok(blocks);
}
