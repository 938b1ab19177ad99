import { CodedError, err, ok, type Json, type Result } from '../common/index.js';
import {
  describeFault,
  findConfigFault,
  unknownField,
  type ModelConfig,
} from './tensorblock/model-limits.js';

export type { ModelConfig } from './tensorblock/model-limits.js';

/**
 * Checks a value from a meta block or a checkpoint: it has the members of an architecture, no others, within
 * the kernel's limits. `code` is the code of the refusal, which names the member, its value and, where there is one, the limit.
 */
export function parseModelConfig(value: unknown, code = 'META_CONFIG'): Result<ModelConfig> {
  const unknown = typeof value === 'object' && value !== null ? unknownField(value) : null;
  if (unknown !== null && !Array.isArray(value)) {
    const message = `model configuration: ${unknown} is not known`;
    return err(new CodedError(code, message, { member: unknown }));
  }
  const fault = findConfigFault(value);
  if (fault === null) return ok(value as ModelConfig);
  const { field: member, value: found, limit } = fault;
  const message = `model configuration: ${describeFault(fault)}`;
  return err(new CodedError(code, message, { member, value: found, limit }));
}

/** The configuration as the JSON that the meta block's payload is made of. */
export function modelConfigJson(config: ModelConfig): Json {
  return { ...config } as unknown as Json;
}
