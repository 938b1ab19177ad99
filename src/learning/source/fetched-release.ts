import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockHeader } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import {
  parseTensorDirectory,
  toEngineModel,
  type ReleaseView,
  type WeightView,
} from '../../experts/index.js';
import { serveModel, type ServedModel } from '../../inference/index.js';
import type { CandidateBlock } from '../evaluation/candidate-model.js';
import { ExampleEncoder } from '../examples/example-encoder.js';
import type { BlockAccess } from './block-access.js';
import { readReleaseFacts, readReleaseOf, type OnRead } from './release-model.js';

/** A block of weights whose payload lies in a file here. */
export interface FetchedBlock {
  readonly header: BlockHeader;
  readonly file: CandidateBlock;
}

/** A release whose payloads lie in files here, as an engine can load it. */
export interface FetchedRelease {
  /** As far as its architecture and its weights go. */
  readonly view: Pick<ReleaseView, 'release' | 'version' | 'config' | 'weights'>;
  readonly served: ServedModel;
  readonly encoder: ExampleEncoder;
}

/** Brings blocks of weights into a folder, one at a time: no more than one of them is in memory. */
export class BlockFolder {
  private count = 0;

  constructor(
    private readonly access: BlockAccess,
    private readonly path: string,
  ) {}

  /** One block, every byte of it verified; refuses with what the source refuses with, and with `BLOCK_NAME` for one of another name. */
  async block(hash: string, name: string): Promise<Result<FetchedBlock>> {
    const read = await this.access.read('B', hash);
    if (!read.ok) return read;
    const { header, payload } = read.value;
    if (header.name !== name) {
      const message = `block ${hash} is ${header.name}, not ${name}`;
      return err(new CodedError('BLOCK_NAME', message, { block: hash }));
    }
    const tensors = parseTensorDirectory(header.metadata.tensors, payload.length);
    if (!tensors.ok) return tensors;
    const path = await this.keep(payload);
    const facts = { payloadHash: header.payload_hash, payloadSize: payload.length, path };
    return ok({ header, file: { name, hash, ...facts, tensors: tensors.value } });
  }

  /** The payload of a block of weights alone. */
  async payload(hash: string): Promise<Result<Uint8Array>> {
    const read = await this.access.read('B', hash);
    return read.ok ? ok(read.value.payload) : read;
  }

  /** Writes a payload down. @returns its file */
  async keep(payload: Uint8Array): Promise<string> {
    const path = join(this.path, String(this.count++));
    await writeFile(path, payload);
    return path;
  }

  /** A whole release. @param onRead told how many of how many blocks are here */
  async release(hash: string, onRead: OnRead): Promise<Result<FetchedRelease>> {
    const model = await readReleaseOf(this.access, hash, () => undefined, new Set());
    if (!model.ok) return model;
    const facts = await readReleaseFacts(this.access, hash);
    if (!facts.ok) return facts;
    const named = Object.entries(facts.value.weights);
    const weights = new Map<string, WeightView>();
    for (const [name, block] of named) {
      const fetched = await this.block(block, name);
      if (!fetched.ok) return fetched;
      const { file, header } = fetched.value;
      weights.set(name, weightOf(file, header));
      onRead(weights.size, named.length);
    }
    const { config, version, tokenizer } = model.value;
    const view = { release: hash, version, config, weights };
    const served = serveModel({
      ...{ model: model.value.model, version, tokenizer },
      engine: toEngineModel(view),
    });
    if (!served.ok) return served;
    const encoder = ExampleEncoder.create(tokenizer);
    return encoder.ok ? ok({ view, served: served.value, encoder: encoder.value }) : encoder;
  }
}

function weightOf({ hash, ...file }: CandidateBlock, header: BlockHeader): WeightView {
  const { block_type: type, layer_id: layer } = header;
  return { ...file, block: hash, type: type as WeightView['type'], layer: layer ?? null };
}
