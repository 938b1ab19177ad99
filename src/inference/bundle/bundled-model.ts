import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import {
  parseModelConfig,
  parseReleasePayload,
  parseTensorDirectory,
  planBlocks,
  type ReleasePayload,
} from '../../experts/index.js';
import { leftOutNames } from '../../experts/tensorblock/left-out.js';
import type { EngineBlock } from '../engine/engine-port.js';
import { serveModel, type ServedModel } from '../models/served-model.js';
import { disagreeing, type PartReport, type Receipt } from '../receipt/index.js';
import type { BundledBlock, BundledBlocks } from './read-blocks.js';

/**
 * Puts the model of a receipt together from the blocks of a bundle: release → meta and tokenizer → weights. Experts the
 * receipt does not name are left out. Refuses with `BUNDLE_UNUSABLE` when something without which nothing can be
 * computed is missing; what merely disagrees is reported and used as it is.
 */
export async function bundledModel(
  receipt: Receipt,
  blocks: BundledBlocks,
  onProgress: (done: number, total: number) => void,
): Promise<Result<ServedModel>> {
  const release = await readRelease(receipt.release, blocks);
  if (!release.ok) return release;
  const config = parseModelConfig(await blocks.json(release.value.meta, 'meta'));
  if (!config.ok) return unusable(config.error.message);
  const tokenizer = await readTokenizer(release.value, blocks);
  if (!tokenizer.ok) return tokenizer;
  const surplus = leftOutNames(config.value).find((name) => Object.hasOwn(release.value.weights, name));
  if (surplus !== undefined) return unusable(`the release names a block for ${surplus}, which it leaves out`);
  const named = new Map(receipt.experts.map(({ name, block }) => [name, block]));
  const planned = planBlocks(config.value);
  const needed = planned.filter(({ name, type }) => type !== 'expert' || named.has(name));
  const weights: EngineBlock[] = [];
  for (const [i, { name }] of needed.entries()) {
    const hash = release.value.weights[name];
    if (hash === undefined) return unusable(`the release names no block for ${name}`);
    const weight = weightOf(name, await blocks.block(hash, name));
    if (!weight.ok) return weight;
    weights.push(weight.value);
    onProgress(i + 1, needed.length);
  }
  const unnamed = planned.filter((block) => !needed.includes(block)).map(({ name }) => name);
  weights.push(...absentExperts(unnamed, release.value, weights));
  const { model, version } = release.value;
  const engine = { release: receipt.release, config: config.value, blocks: weights };
  return serveModel({ model, version, tokenizer: tokenizer.value, engine });
}

/** The experts a receipt names must be the blocks its release names. */
export function checkNamedExperts(receipt: Receipt, model: ServedModel): PartReport[] {
  const blocks = new Map(model.engine.blocks.map(({ name, block }) => [name, block]));
  return receipt.experts
    .filter(({ name, block }) => blocks.get(name) !== block)
    .map(({ name, block }) => disagreeing('experts', `${name} is not block ${block} in this release`));
}

async function readRelease(hash: string, blocks: BundledBlocks): Promise<Result<ReleasePayload>> {
  const payload = await blocks.json(hash, 'release');
  const parsed = parseReleasePayload(payload);
  return parsed.ok ? parsed : unusable(parsed.error.message);
}

async function readTokenizer(release: ReleasePayload, blocks: BundledBlocks): Promise<Result<Json | null>> {
  if (release.tokenizer === null) return ok(null);
  const tokenizer = await blocks.json(release.tokenizer, 'tokenizer');
  return tokenizer === null ? unusable('the tokenizer block cannot be read') : ok(tokenizer);
}

/** The engine is told the hash the payload has, not the one it should have: an altered one is reported already. */
function weightOf(name: string, block: BundledBlock | null): Result<EngineBlock> {
  if (block === null) return unusable(`the block of ${name} cannot be read`);
  const { header, payload, hash } = block;
  if (header.name !== name) return unusable(`block ${hash} is ${header.name}, not ${name}`);
  const tensors = parseTensorDirectory(header.metadata.tensors, payload.size);
  if (!tensors.ok) return unusable(`${name}: ${tensors.error.message}`);
  const facts = { payloadHash: payload.hash, payloadSize: payload.size, path: payload.path };
  return ok({ name, block: hash, ...facts, tensors: tensors.value });
}

/**
 * Experts that the receipt does not name and the bundle does not hold. The engine wants to know of them, and refuses by
 * name (`BLOCK_MISSING`) should the answer need one after all.
 */
function absentExperts(
  names: readonly string[],
  { weights }: ReleasePayload,
  present: readonly EngineBlock[],
): EngineBlock[] {
  const sample = present.find(({ name }) => name.includes('.expert'));
  if (sample === undefined) return [];
  return names.map((name) => ({ ...sample, name, block: weights[name] ?? '', payloadHash: '', path: '' }));
}

function unusable(detail: string): Result<never> {
  return err(new CodedError('BUNDLE_UNUSABLE', detail));
}
