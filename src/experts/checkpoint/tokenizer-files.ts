import { ok, type Json, type Result } from '../../common/index.js';
import type { CheckpointFolder } from './checkpoint-folder.js';
import { checkGenerationConfig } from './generation-config.js';

/** The payload of a tokenizer block: the files of the checkpoint as they are, in canonical JSON. */
export interface TokenizerPayload {
  /** `tokenizer.json`. */
  readonly tokenizer: Json;
  /** `tokenizer_config.json`, with the chat template of `chat_template.jinja` where it is a file of its own. */
  readonly config: Json;
  /** `generation_config.json`; without one, the token ids that `config.json` gives. */
  readonly generation: Json;
}

const TOKEN_IDS = ['bos_token_id', 'eos_token_id', 'pad_token_id'];

/** Reads the tokenizer of a checkpoint; null where it has none (such a model takes and gives token ids only). */
export async function readTokenizer(
  folder: CheckpointFolder,
  modelConfig: Record<string, unknown>,
): Promise<Result<TokenizerPayload | null>> {
  const tokenizer = await folder.readJson('tokenizer.json');
  if (!tokenizer.ok) return tokenizer;
  if (tokenizer.value === null) return ok(null);
  const config = await folder.readJson('tokenizer_config.json');
  if (!config.ok) return config;
  const template = await folder.readText('chat_template.jinja');
  if (!template.ok) return template;
  const generation = await folder.readJson('generation_config.json');
  if (!generation.ok) return generation;
  const answerable = checkGenerationConfig(generation.value ?? {});
  if (!answerable.ok) return answerable;
  const merged = { ...config.value, ...(template.value === null ? {} : { chat_template: template.value }) };
  return ok({
    tokenizer: tokenizer.value as Json,
    config: merged as Json,
    generation: (generation.value ?? tokenIds(modelConfig)) as Json,
  });
}

function tokenIds(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(TOKEN_IDS.filter((id) => id in config).map((id) => [id, config[id]]));
}
