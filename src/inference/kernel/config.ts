import { CodedError, err, ok, type Result } from '../../common/index.js';
import { describeFault, findConfigFault, type ModelConfig } from '../../experts/tensorblock/model-limits.js';

export type { ModelConfig } from '../../experts/tensorblock/model-limits.js';

/** Refuses (`MODEL_CONFIG`, naming the field, its value and the limit) what the kernel cannot compute. */
export function checkModelConfig(config: ModelConfig): Result<void> {
  const fault = findConfigFault(config);
  if (fault === null) return ok();
  const { field, value, limit } = fault;
  return err(new CodedError('MODEL_CONFIG', describeFault(fault), { field, value, limit }));
}

/** Bytes of the keys and values of one position: float32, in all layers. */
export function positionBytes(config: ModelConfig): number {
  return config.layers * 2 * config.kvHeads * config.headDim * 4;
}

/** Columns of the attention output: all heads side by side. */
export function attentionWidth(config: ModelConfig): number {
  return config.heads * config.headDim;
}
