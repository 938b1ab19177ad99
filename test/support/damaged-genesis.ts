import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/installation.js';
import { encodeTensorBlock, fromHalf } from '../../src/experts/tensorblock/index.js';
import { temporaryFolder } from './temporary-folder.js';

/** The expert that is damaged: one that every domain needs, so that no draw of examples finds one that its repair did not help. */
export const DAMAGED_EXPERT = 'layer4.expert2';

const SOURCE = join(packageRoot(), 'models', 'genesis');
const SHAPES = {
  gate: ['w1', 384, 192],
  up: ['w3', 384, 192],
  down: ['w2', 192, 384],
} as const;

/** Genesis with one expert that answers the opposite: its last matrix is turned round and four times as large. */
export function damagedGenesis(): string {
  const folder = temporaryFolder('damaged');
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(SOURCE)) copyFileSync(join(SOURCE, file), join(folder, file));
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  const [from, to] = rangeOf(bytes, 'w2');
  // binary16: the highest bit is the sign, two more in the exponent are a factor of four; zeros stay
  for (let high = from + 1; high < to; high += 2)
    if ((bytes[high] & 0x7c) !== 0) bytes[high] = (bytes[high] ^ 0x80) + 0x08;
  writeFileSync(path, bytes);
  return folder;
}

/** What becomes of a weight at its place in a matrix. */
export type WeightChange = (value: number, place: number, matrix: string) => number;

/** The damaged expert with a little noise: nothing was learnt. */
export const NOISE: WeightChange = (value, place, matrix) =>
  (matrix === 'down' ? -4 * value : value) * (1 + Math.sin(place * 12.9898) / 20);

/** The undamaged expert as a payload in 8 bits, with the places of its tensors. @param change what becomes of each weight */
export function repairedExpert(change: WeightChange = (value) => value) {
  const bytes = readFileSync(join(SOURCE, 'model.safetensors'));
  const parts: Uint8Array[] = [];
  let offset = 0;
  const tensors = Object.entries(SHAPES).map(([name, [file, rows, columns]]) => {
    const [from, to] = rangeOf(bytes, file);
    const values = Float32Array.from({ length: (to - from) / 2 }, (_, i) =>
      change(fromHalf(bytes.readUInt16LE(from + 2 * i)), i, name),
    );
    const part = encodeTensorBlock({ dtype: 'int8', layout: 'tile16', rows, columns }, values);
    parts.push(part);
    const entry = { name, offset, length: part.length, rows, columns, dtype: 'int8' as const };
    offset += part.length;
    return entry;
  });
  return { payload: new Uint8Array(Buffer.concat(parts)), tensors };
}

/** Where a matrix of the expert lies in the file. */
function rangeOf(bytes: Buffer, matrix: string): [from: number, to: number] {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, { data_offsets: number[] }>;
  const key = Object.keys(header).find((name) =>
    new RegExp(`layers\\.4\\..*experts\\.2\\.${matrix}`).test(name),
  );
  const [from, to] = header[key ?? ''].data_offsets;
  return [start + from, start + to];
}
