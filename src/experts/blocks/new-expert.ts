import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import { findConfigFault } from '../tensorblock/model-limits.js';
import { encodeTensorBlock, TensorBlock } from '../tensorblock/index.js';
import { grownConfig, isOpenPlace } from '../tensorblock/growth.js';
import { expertPlace } from '../tensorblock/left-out.js';
import { planBlock } from './tensor-plan.js';

/** What a block says besides its weights when its expert is a new one (docs/formats/new-expert.md). */
export interface NewExpert {
  readonly name: string;
  readonly layer: number;
  /** Its number in the layer. */
  readonly expert: number;
  /** Name of the expert it began as, of the same layer. */
  readonly from: string;
  /** TensorBlock of its row of the router. */
  readonly row: Uint8Array;
  /** [hiddenSize] */
  readonly values: Float32Array;
}

/** A header, as far as new experts need it. */
export interface NewExpertHeader {
  readonly name: string | null;
  readonly metadata: Readonly<Record<string, Json>>;
}

/** The row of a router as trainings write it and blocks hold it. */
export function encodeRouterRow(values: Float32Array): Uint8Array {
  return encodeTensorBlock({ dtype: 'f32', layout: 'rowMajor', rows: 1, columns: values.length }, values);
}

/** `metadata.router` of the block of a new expert. */
export function newExpertMetadata(from: string, row: Uint8Array): Json {
  return { from, row: Buffer.from(row).toString('base64') };
}

/** Whether a block says that its expert is a new one. */
export function isNewExpert({ metadata }: NewExpertHeader): boolean {
  return metadata.router !== undefined;
}

/** Reads what a block says of its new expert; `WEIGHT_ROUTER` names what is wrong. Null: it is of an expert that the model has. */
export function parseNewExpert(header: NewExpertHeader): Result<NewExpert | null> {
  if (!isNewExpert(header)) return ok(null);
  const name = header.name ?? '';
  const { router } = header.metadata;
  const place = expertPlace(name);
  if (place === null) return refused(`${name} is no expert, and only those have a row of a router`);
  if (typeof router !== 'object' || router === null || Array.isArray(router))
    return refused('metadata.router is no object');
  const { from, row } = router as Record<string, unknown>;
  if (Object.keys(router).sort().join() !== 'from,row' || typeof from !== 'string' || typeof row !== 'string')
    return refused('metadata.router must be {from, row}');
  const origin = expertPlace(from);
  if (origin?.layer !== place.layer || origin.expert === place.expert)
    return refused(`${name} must come from another expert of its layer`);
  const bytes = new Uint8Array(Buffer.from(row, 'base64'));
  const values = Buffer.from(bytes).toString('base64') === row ? valuesIn(bytes) : null;
  if (values === null) return refused(`the row of ${name} is no TensorBlock of one row of finite f32`);
  if (values.every((value) => value === 0))
    return refused(`the row of ${name} is all zeros: that is no expert's`);
  return ok({ name, ...place, from, row: bytes, values });
}

/** The architecture that a model would have with a new expert; `WEIGHT_ROUTER` where it cannot have it. */
export function checkNewExpert(config: ModelConfig, added: NewExpert): Result<ModelConfig> {
  const { name, from, values } = added;
  if (!isOpenPlace(config, name)) return refused(`${name} is no place that a new expert could take`);
  if (planBlock(config, from) === null) return refused(`the architecture has no ${from} to come from`);
  if (values.length !== config.hiddenSize)
    return refused(`the row of ${name} has ${values.length} values, the model asks for ${config.hiddenSize}`);
  const grown = grownConfig(config, [name]);
  const fault = findConfigFault(grown);
  return fault === null ? ok(grown) : refused(`the model cannot have ${name}: ${fault.field} ${fault.rule}`);
}

/** The values of a row; null where these are not the bytes of one. */
function valuesIn(bytes: Uint8Array): Float32Array | null {
  const block = TensorBlock.decode(bytes);
  if (!block.ok) return null;
  const { dtype, layout, rows } = block.value.plan;
  if (dtype !== 'f32' || layout !== 'rowMajor' || rows !== 1) return null;
  return block.value.checkValues().ok ? block.value.rows(0, 1) : null;
}

function refused(message: string): Result<never> {
  return err(new CodedError('WEIGHT_ROUTER', message));
}
