import { ok, type Json, type Result } from '../../common/index.js';
import type { EngineModel } from '../engine/engine-port.js';
import { ChatTemplate } from '../tokenizer/chat-template.js';
import { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import { vocabularyOf } from '../tokenizer/text-vocabulary.js';
import { parseTokenizerSource } from '../tokenizer/tokenizer-source.js';
import { samplingDefaults, stopTokenIds, type SamplingDefaults } from './sampling-defaults.js';

/** A release as inference needs it: everything read from its verified blocks. */
export interface ReleaseContent {
  readonly model: string;
  readonly version: string;
  /** The payload of the tokenizer block; null for a model that takes and gives token ids only. */
  readonly tokenizer: Json | null;
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
  readonly template: ChatTemplate | null;
  readonly defaults: SamplingDefaults;
  readonly stopIds: readonly number[];
  /** Tokens that prompt and answer may have together. */
  readonly context: number;
}

/** Prepares tokenizer, template and defaults of a release; refuses what its tokenizer block makes impossible. */
export function serveModel(content: ReleaseContent): Result<ServedModel> {
  const parts = { name: content.model, version: content.version, release: content.engine.release };
  const engine = { engine: content.engine, context: content.engine.config.maxPositions };
  if (content.tokenizer === null) {
    const nothing = { tokenizer: null, template: null, stopIds: [], defaults: samplingDefaults(null) };
    return ok({ ...parts, ...engine, ...nothing });
  }
  const source = parseTokenizerSource(content.tokenizer);
  if (!source.ok) return source;
  const tokenizer = TextTokenizer.create(source.value);
  if (!tokenizer.ok) return tokenizer;
  const template = ChatTemplate.create(source.value);
  if (!template.ok) return template;
  const stopIds = stopTokenIds(source.value, (token) => tokenizer.value.idOf(token));
  const vocabulary = vocabularyOf(tokenizer.value, content.engine.config.vocabSize, stopIds);
  return ok({
    ...parts,
    ...engine,
    engine: vocabulary === undefined ? content.engine : { ...content.engine, vocabulary },
    tokenizer: tokenizer.value,
    template: template.value,
    defaults: samplingDefaults(source.value),
    stopIds,
  });
}
