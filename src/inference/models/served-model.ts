import { ok, type Json, type Result } from '../../common/index.js';
import type { EngineModel } from '../engine/engine-port.js';
import type { ChatTemplate } from '../tokenizer/chat-template.js';
import { parseTokenizer } from '../tokenizer/parse-tokenizer.js';
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import { vocabularyOf } from '../tokenizer/text-vocabulary.js';
import { samplingDefaults, stopTokenIds, type SamplingDefaults } from './sampling-defaults.js';

/** A release as inference needs it: everything read from its verified blocks. */
export interface ReleaseContent {
  readonly model: string;
  readonly version: string;
  /** The payload of the tokenizer block; null for a model that takes and gives token ids only. */
  readonly tokenizer: Json | null;
  /** SHA-256 of that payload: releases with the same one share what is made of it. Undefined: nobody has hashed it. */
  readonly tokenizerHash?: string;
  readonly engine: EngineModel;
}

/** A release ready to answer: text in, text out. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** Hash of the release block. */
  readonly release: string;
  readonly engine: EngineModel;
  readonly tokenizer: TextTokenizer | null;
  /** The same for all releases with the same tokenizer. */
  readonly tokenizerKey: string;
  readonly template: ChatTemplate | null;
  readonly defaults: SamplingDefaults;
  readonly stopIds: readonly number[];
  /** Tokens that prompt and answer may have together. */
  readonly context: number;
}

/** Prepares tokenizer, template and defaults of a release; refuses what its tokenizer block makes impossible. */
export function serveModel(content: ReleaseContent): Result<ServedModel> {
  const { release } = content.engine;
  const tokenizerKey = content.tokenizerHash ?? release;
  const parts = { name: content.model, version: content.version, release, tokenizerKey };
  const engine = { engine: content.engine, context: content.engine.config.maxPositions };
  if (content.tokenizer === null) {
    const nothing = { tokenizer: null, template: null, stopIds: [], defaults: samplingDefaults(null) };
    return ok({ ...parts, ...engine, ...nothing });
  }
  const read = parseTokenizer(content.tokenizer);
  if (!read.ok) return read;
  const { source, tokenizer, template } = read.value;
  const stopIds = stopTokenIds(source, (token) => tokenizer.idOf(token));
  const vocabulary = vocabularyOf(tokenizer, content.engine.config.vocabSize, stopIds);
  return ok({
    ...parts,
    ...engine,
    engine: vocabulary === undefined ? content.engine : { ...content.engine, vocabulary },
    tokenizer,
    template,
    defaults: samplingDefaults(source),
    stopIds,
  });
}
