import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { CheckpointFolder } from './checkpoint-folder.js';
import { FLOAT_BYTES, dtypeRefusal, isFloatDtype, widenToFloat32, type FloatDtype } from './float-formats.js';
import { SafetensorsFile } from './safetensors-file.js';
import type { TensorRecord } from './safetensors-header.js';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
const MAX_SHARDS = 10_000;

/** A matrix (or, with one row, a vector) of a checkpoint. */
export interface SourceTensor {
  readonly name: string;
  readonly dtype: FloatDtype;
  readonly rows: number;
  readonly columns: number;
}

/** All tensors of a checkpoint, whether in one file or in shards. Holds file handles until `close`. */
export class TensorSource {
  private scratch = new Uint8Array(0);

  private constructor(
    private readonly files: readonly SafetensorsFile[],
    private readonly places: ReadonlyMap<
      string,
      { readonly file: SafetensorsFile; readonly record: TensorRecord }
    >,
  ) {}

  /** Opens `model.safetensors`, or every shard that `model.safetensors.index.json` names. */
  static async open(folder: CheckpointFolder): Promise<Result<TensorSource>> {
    const index = await folder.readJson(INDEX_FILE);
    if (!index.ok) return index;
    const names = index.value === null ? ok({ shards: [SINGLE_FILE], map: null }) : parseIndex(index.value);
    if (!names.ok) return names;
    const files: SafetensorsFile[] = [];
    const opened = await openAll(folder, names.value.shards, files);
    const places = opened.ok ? placeTensors(files, names.value.map) : opened;
    if (places.ok) return ok(new TensorSource(files, places.value));
    await Promise.all(files.map((file) => file.close()));
    return places;
  }

  /** Names of all tensors. */
  names(): IterableIterator<string> {
    return this.places.keys();
  }

  /** Identifies the state of the files without reading them whole. */
  fingerprint(): string {
    return this.files.map((file) => `${file.file}=${file.fingerprint}`).join('\n');
  }

  /** Finds a tensor of the given shape; `rows` = 1 also stands for a vector of `columns` elements. */
  find(name: string, rows: number, columns: number): Result<SourceTensor> {
    const place = this.places.get(name);
    if (place === undefined) {
      return err(
        new CodedError('IMPORT_TENSOR_MISSING', `the checkpoint has no tensor ${name}`, { tensor: name }),
      );
    }
    const { dtype, shape } = place.record;
    if (!isFloatDtype(dtype)) return err(dtypeRefusal(name, dtype));
    const expected = rows === 1 && shape.length === 1 ? [columns] : [rows, columns];
    if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis])) {
      const message = `tensor ${name} has shape [${shape.join(', ')}], config.json asks for [${expected.join(', ')}]`;
      return err(new CodedError('IMPORT_TENSOR_SHAPE', message, { tensor: name }));
    }
    return ok({ name, dtype, rows, columns });
  }

  /**
   * Reads whole rows as f32; refuses NaN and infinities by tensor and position.
   * @param into at least `count × columns` elements, row-major
   */
  async readRows(
    tensor: SourceTensor,
    firstRow: number,
    count: number,
    into: Float32Array,
  ): Promise<Result<void>> {
    const place = this.places.get(tensor.name);
    if (place === undefined) throw new Error(`${tensor.name} was not found before it was read`);
    const elements = count * tensor.columns;
    const bytes = elements * FLOAT_BYTES[tensor.dtype];
    if (this.scratch.length < bytes) this.scratch = new Uint8Array(bytes);
    const raw = this.scratch.subarray(0, bytes);
    const offset = firstRow * tensor.columns;
    const read = await place.file.read(raw, place.record.begin + offset * FLOAT_BYTES[tensor.dtype]);
    if (!read.ok) return read;
    const broken = widenToFloat32(tensor.dtype, raw, into, elements);
    return broken === -1 ? ok() : err(notFinite(tensor, offset + broken));
  }

  /** Gives the file handles back. */
  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }
}

function notFinite(tensor: SourceTensor, position: number): CodedError {
  const row = Math.floor(position / tensor.columns);
  const column = position % tensor.columns;
  const message = `tensor ${tensor.name} holds NaN or an infinity at row ${row}, column ${column}`;
  return new CodedError('IMPORT_NOT_FINITE', message, { tensor: tensor.name, row, column });
}

interface ShardNames {
  readonly shards: readonly string[];
  /** Tensor name to shard; null for a single file. */
  readonly map: ReadonlyMap<string, string> | null;
}

function parseIndex(index: Record<string, unknown>): Result<ShardNames> {
  const bad = (why: string) =>
    err(new CodedError('IMPORT_INDEX', `${INDEX_FILE}: ${why}`, { file: INDEX_FILE }));
  const map = index.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    return bad('weight_map is not an object');
  const entries = Object.entries(map as Record<string, unknown>);
  const named = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (named.length !== entries.length) return bad('weight_map names a shard that is not a string');
  const shards = [...new Set(named.map(([, shard]) => shard))].sort();
  if (shards.length === 0 || shards.length > MAX_SHARDS) return bad(`names ${shards.length} shards`);
  return ok({ shards, map: new Map(named) });
}

async function openAll(
  folder: CheckpointFolder,
  shards: readonly string[],
  into: SafetensorsFile[],
): Promise<Result<void>> {
  for (const shard of shards) {
    const located = await folder.locate(shard);
    if (!located.ok) return located;
    if (located.value === null) {
      return err(
        new CodedError('IMPORT_SHARD_MISSING', `the checkpoint's file ${shard} is missing`, { file: shard }),
      );
    }
    const file = await SafetensorsFile.open(located.value);
    if (!file.ok) return file;
    into.push(file.value);
  }
  return ok();
}

type Places = Map<string, { file: SafetensorsFile; record: TensorRecord }>;

function placeTensors(
  files: readonly SafetensorsFile[],
  map: ReadonlyMap<string, string> | null,
): Result<Places> {
  const places: Places = new Map();
  for (const file of files) {
    for (const record of file.tensors) {
      const listed = map === null ? file.file : map.get(record.name);
      if (listed !== file.file) {
        const message = `${file.file} holds tensor ${record.name}, which ${INDEX_FILE} ${listed === undefined ? 'does not list' : `places in ${listed}`}`;
        return err(new CodedError('IMPORT_INDEX', message, { tensor: record.name, file: file.file }));
      }
      places.set(record.name, { file, record });
    }
  }
  for (const [tensor, shard] of map ?? []) {
    if (places.has(tensor)) continue;
    return err(
      new CodedError(
        'IMPORT_TENSOR_MISSING',
        `${INDEX_FILE} places tensor ${tensor} in ${shard}, which does not hold it`,
        { tensor, file: shard },
      ),
    );
  }
  return ok(places);
}
