import { CodedError, err, ok, type Result } from '../../common/index.js';
import {
  DTYPE,
  HEADER_BYTES,
  isInteger,
  LAYOUT,
  planTensor,
  QUANTIZATION,
  type TensorDtype,
  type TensorLayout,
  type TensorPlan,
} from './format.js';

const MAGIC = [0x54, 0x42, 0x4c, 0x4f, 0x43, 0x4b, 0x30, 0x31];
const VERSION = 1;

/** Byte offsets of the header's fields. */
const FIELD = {
  version: 8,
  dtype: 12,
  rows: 16,
  columns: 24,
  layout: 32,
  quantization: 36,
  scaleOffset: 40,
  dataOffset: 48,
  merkleOffset: 56,
  reserved: 64,
} as const;

const DTYPE_NAMES = new Map<number, TensorDtype>([
  [DTYPE.f16, 'f16'],
  [DTYPE.int8, 'int8'],
  [DTYPE.int4, 'int4'],
  [DTYPE.f32, 'f32'],
]);
const LAYOUT_NAMES = new Map<number, TensorLayout>([
  [LAYOUT.rowMajor, 'rowMajor'],
  [LAYOUT.tile16, 'tile16'],
]);

/** The 128 bytes in front of a tensor. The Merkle offset is 0: the block's `payload_root` covers integrity. */
export function encodeTensorHeader(plan: TensorPlan): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(FIELD.version, VERSION, true);
  view.setUint32(FIELD.dtype, DTYPE[plan.dtype], true);
  view.setBigUint64(FIELD.rows, BigInt(plan.rows), true);
  view.setBigUint64(FIELD.columns, BigInt(plan.columns), true);
  view.setUint32(FIELD.layout, LAYOUT[plan.layout], true);
  view.setUint32(FIELD.quantization, quantizationOf(plan.dtype), true);
  view.setBigUint64(FIELD.scaleOffset, BigInt(plan.scaleOffset), true);
  view.setBigUint64(FIELD.dataOffset, BigInt(plan.dataOffset), true);
  return bytes;
}

/**
 * Reads the header of the TensorBlock that fills `bytes` and checks that it says exactly what its shape implies.
 * Refusals: `TENSORBLOCK_TRUNCATED`, `TENSORBLOCK_MAGIC`, `TENSORBLOCK_VERSION`, `TENSORBLOCK_UNSUPPORTED` (dtype, layout
 * or quantization that this version does not read), `TENSORBLOCK_SHAPE`, `TENSORBLOCK_OFFSET`, `TENSORBLOCK_RESERVED`,
 * `TENSORBLOCK_LENGTH` (bytes missing or left over), `TENSORBLOCK_PADDING` (bytes after the data that are not zero).
 */
export function decodeTensorHeader(bytes: Uint8Array): Result<TensorPlan> {
  if (bytes.length < HEADER_BYTES) return refuse('TRUNCATED', 'length', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return refuse('MAGIC', 'magic', view.getUint32(0, true));
  const version = view.getUint32(FIELD.version, true);
  if (version !== VERSION) return refuse('VERSION', 'version', version);
  const dtype = DTYPE_NAMES.get(view.getUint32(FIELD.dtype, true));
  if (!dtype) return refuse('UNSUPPORTED', 'dtype', view.getUint32(FIELD.dtype, true));
  const layout = LAYOUT_NAMES.get(view.getUint32(FIELD.layout, true));
  if (!layout) return refuse('UNSUPPORTED', 'layout', view.getUint32(FIELD.layout, true));
  const quantization = view.getUint32(FIELD.quantization, true);
  if (quantization !== quantizationOf(dtype)) return refuse('UNSUPPORTED', 'quantization', quantization);
  const rows = Number(view.getBigUint64(FIELD.rows, true));
  const columns = Number(view.getBigUint64(FIELD.columns, true));
  const plan = planTensor({ dtype, layout, rows, columns });
  return plan.ok ? checkPlaces(plan.value, bytes, view) : plan;
}

function checkPlaces(plan: TensorPlan, bytes: Uint8Array, view: DataView): Result<TensorPlan> {
  const expected = { scaleOffset: plan.scaleOffset, dataOffset: plan.dataOffset, merkleOffset: 0 };
  for (const name of ['scaleOffset', 'dataOffset', 'merkleOffset'] as const) {
    const found = view.getBigUint64(FIELD[name], true);
    if (found !== BigInt(expected[name])) return refuse('OFFSET', name, Number(found));
  }
  for (let i: number = FIELD.reserved; i < HEADER_BYTES; i++) {
    if (bytes[i] !== 0) return refuse('RESERVED', `byte ${i}`, bytes[i]);
  }
  if (bytes.length !== plan.length) return refuse('LENGTH', 'length', bytes.length);
  for (let i = plan.dataOffset + plan.dataBytes; i < plan.length; i++) {
    if (bytes[i] !== 0) return refuse('PADDING', `byte ${i}`, bytes[i]);
  }
  return ok(plan);
}

function quantizationOf(dtype: TensorDtype): number {
  return isInteger(dtype) ? QUANTIZATION.perBlock32 : QUANTIZATION.none;
}

function refuse(kind: string, field: string, value: number): Result<never> {
  const message = `this is no TensorBlock that version 1 reads: ${field} is ${value}`;
  return err(new CodedError(`TENSORBLOCK_${kind}`, message, { field, value }));
}
