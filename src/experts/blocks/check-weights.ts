import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import { TensorBlock, type TensorPlan } from '../tensorblock/index.js';
import { isFinite } from './finite.js';
import type { TensorEntry } from './tensor-directory.js';
import { planBlock, type PlannedBlock } from './tensor-plan.js';

/** What the rules need to know of a weight block. */
export interface WeightHeader {
  readonly name: string | null;
  readonly type: string;
  readonly layer: number | null;
}

/** The block of that name in the architecture; refuses names, types and layers that do not belong to it. */
export function findPlannedBlock(config: ModelConfig, header: WeightHeader): Result<PlannedBlock> {
  const planned = header.name === null ? null : planBlock(config, header.name);
  if (planned === null) {
    return refuse('WEIGHT_NAME', `the architecture has no weight block ${header.name ?? 'without a name'}`);
  }
  if (planned.type !== header.type)
    return refuse('WEIGHT_NAME', `${planned.name} is a block of type ${planned.type}`);
  if (planned.layer !== header.layer)
    return refuse('WEIGHT_NAME', `${planned.name} does not belong to layer ${header.layer}`);
  return ok(planned);
}

/** Whether a tensor directory names exactly the tensors of a block, in its shapes. */
export function checkDirectory(planned: PlannedBlock, tensors: readonly TensorEntry[]): Result<void> {
  for (const { name, rows, columns } of planned.tensors) {
    const entry = tensors.find((tensor) => tensor.name === name);
    if (entry === undefined) return refuse('WEIGHT_TENSORS', `${planned.name} lacks its tensor ${name}`);
    if (entry.rows !== rows || entry.columns !== columns) {
      return refuse(
        'WEIGHT_TENSORS',
        `${planned.name}: ${name} is ${entry.rows} x ${entry.columns}, the meta block says ${rows} x ${columns}`,
      );
    }
  }
  if (tensors.length === planned.tensors.length) return ok();
  return refuse(
    'WEIGHT_TENSORS',
    `${planned.name} has ${tensors.length} tensors, expected ${planned.tensors.length}`,
  );
}

/** Reads a part of a payload; the bytes start on a multiple of 4 of their buffer. */
export type PayloadRange = (offset: number, length: number) => Promise<Uint8Array>;

/** Whether a payload holds what its directory says, in the layouts the kernel reads, and only finite numbers. */
export async function checkTensors(
  planned: PlannedBlock,
  tensors: readonly TensorEntry[],
  read: PayloadRange,
): Promise<Result<void>> {
  for (const entry of tensors) {
    const checked = await checkTensor(planned, entry, await read(entry.offset, entry.length));
    if (!checked.ok) return checked;
  }
  return ok();
}

async function checkTensor(
  planned: PlannedBlock,
  entry: TensorEntry,
  bytes: Uint8Array,
): Promise<Result<void>> {
  const decoded = TensorBlock.decode(bytes);
  if (!decoded.ok) return decoded;
  const { plan } = decoded.value;
  const { name } = entry;
  if (plan.dtype !== entry.dtype || plan.rows !== entry.rows || plan.columns !== entry.columns) {
    return refuse(
      'WEIGHT_TENSORS',
      `${planned.name}: the TensorBlock ${name} is not what metadata.tensors says`,
    );
  }
  const use = planned.tensors.find((tensor) => tensor.name === name)?.use;
  if (!isReadable(plan, use)) {
    const message = `${planned.name}: ${name} is ${plan.dtype} ${plan.layout}, which is not read for a ${use}`;
    return refuse('WEIGHT_LAYOUT', message);
  }
  return (await isFinite(plan, bytes))
    ? ok()
    : refuse('WEIGHT_NOT_FINITE', `${planned.name}: ${name} holds NaN or an infinity`);
}

function isReadable(plan: TensorPlan, use: string | undefined): boolean {
  if (use === 'matrix') return plan.layout === 'tile16';
  return plan.layout === 'rowMajor' && (use === 'table' || plan.dtype === 'f32');
}

function refuse(code: string, message: string): Result<never> {
  return err(new CodedError(code, message));
}
