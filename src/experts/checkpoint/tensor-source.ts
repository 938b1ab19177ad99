import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { CheckpointFolder } from './checkpoint-folder.js';
import { originNames, type TensorOrigin } from '../tensorblock/families/index.js';
import { FusedTensor, ShareCache } from './fused-tensor.js';
import { Mxfp4Tensor } from './mxfp4-tensor.js';
import { SafetensorsFile } from './safetensors-file.js';
import type { SourceTensor, StoredTensor } from './stored-tensor.js';
import { Scratch, WholeTensor } from './whole-tensor.js';

const SINGLE_FILE = 'model.safetensors';
const INDEX_FILE = 'model.safetensors.index.json';
const MAX_SHARDS = 10_000;

/** All tensors of a checkpoint, whether in one file or in shards. Holds file handles until `close`. */
export class TensorSource {
  private readonly memory = { scratch: new Scratch(), shares: new ShareCache() };

  private constructor(
    private readonly files: readonly SafetensorsFile[],
    private readonly places: ReadonlyMap<string, StoredTensor>,
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

  /**
   * Finds the matrix of rows × columns (or, with one row, the vector) that an origin describes. Refuses with
   * `IMPORT_TENSOR_MISSING`, `IMPORT_TENSOR_SHAPE`, `IMPORT_DTYPE`.
   */
  find(origin: TensorOrigin, rows: number, columns: number): Result<SourceTensor> {
    const stored: StoredTensor[] = [];
    for (const name of originNames(origin)) {
      const place = this.places.get(name);
      if (place === undefined) return err(missing(name));
      stored.push(place);
    }
    const { part } = origin;
    const [first, second] = stored;
    const { scratch } = this.memory;
    if (part === undefined) return WholeTensor.find(first, scratch, rows, columns);
    if (part.form === 'mxfp4')
      return Mxfp4Tensor.find({ blocks: first, scales: second }, scratch, part, rows, columns);
    return FusedTensor.find(first, this.memory, part, rows, columns);
  }

  /** Gives the file handles back. */
  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }
}

function missing(name: string): CodedError {
  return new CodedError('IMPORT_TENSOR_MISSING', `the checkpoint has no tensor ${name}`, { tensor: name });
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

type Places = Map<string, StoredTensor>;

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
