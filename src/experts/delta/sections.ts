import { TILE_BYTES, type BlockHeader, type DeltaSection } from '../../chain/index.js';
import { ok, type Result } from '../../common/index.js';
import { parseTensorDirectory } from '../blocks/tensor-directory.js';
import { decodeTensorHeader } from '../tensorblock/header.js';

/**
 * How the payload of a weight block is divided for a delta: the tiles of int8 tensors, whose integers and scales lie in known places, and
 * plain bytes for all the rest. Refusals: `TENSOR_DIRECTORY`, `TENSORBLOCK_…`.
 */
export function deltaSections(
  { metadata, payload_size: size }: Pick<BlockHeader, 'metadata' | 'payload_size'>,
  payload: Uint8Array,
): Result<readonly DeltaSection[]> {
  const tensors = parseTensorDirectory(metadata.tensors, size);
  if (!tensors.ok) return tensors;
  const sections: DeltaSection[] = [];
  for (const { offset, length } of tensors.value) {
    const plan = decodeTensorHeader(payload.subarray(offset, offset + length));
    if (!plan.ok) return plan;
    const { dtype, layout, dataOffset, dataBytes } = plan.value;
    const tiled = dtype === 'int8' && layout === 'tile16' && dataBytes % TILE_BYTES === 0;
    const tiles = tiled ? dataBytes : 0;
    add(sections, 'bytes', tiled ? dataOffset : length);
    add(sections, 'int8_tiles', tiles);
    add(sections, 'bytes', tiled ? length - dataOffset - tiles : 0);
  }
  return ok(sections);
}

/** Adds a part, joined with the one before if that is of its kind. */
function add(sections: DeltaSection[], kind: DeltaSection['kind'], length: number): void {
  if (length === 0) return;
  const last = sections.at(-1);
  if (last?.kind === kind) sections[sections.length - 1] = { kind, length: last.length + length };
  else sections.push({ kind, length });
}
