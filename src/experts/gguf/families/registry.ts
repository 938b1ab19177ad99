import { CodedError, err, ok, type Result } from '../../../common/index.js';
import type { GgufFamily } from './family.js';
import { gptOss } from './gpt-oss.js';
import { mixtral } from './mixtral.js';
import { olmoe } from './olmoe.js';
import { qwen3Moe } from './qwen3-moe.js';

/** By the family of the meta block. A new family is one entry here and a file beside this one. */
const FAMILIES: Readonly<Record<string, GgufFamily>> = {
  mixtral,
  qwen3_moe: qwen3Moe,
  olmoe,
  gpt_oss: gptOss,
};

/** The family of a model; refuses (`GGUF_FAMILY`, naming it) what has no description here. */
export function ggufFamily(family: string): Result<GgufFamily> {
  if (Object.hasOwn(FAMILIES, family)) return ok(FAMILIES[family]);
  const supported = Object.keys(FAMILIES);
  const message = `models of the family ${family} cannot be exported to GGUF; supported: ${supported.join(', ')}`;
  return err(new CodedError('GGUF_FAMILY', message, { family, supported }));
}
