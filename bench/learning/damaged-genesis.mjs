// A copy of the genesis model with one expert that answers the opposite: its last matrix is turned round and made larger.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../server.mjs';

/** Writes the damaged model into a folder. */
export function damageGenesis(folder, layer, expert) {
  const source = join(root, 'models', 'genesis');
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(source)) copyFileSync(join(source, file), join(folder, file));
  const path = join(folder, 'model.safetensors');
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start));
  const pattern = new RegExp(`layers\\.${layer}\\..*experts\\.${expert}\\.w2`);
  const [from, to] = header[Object.keys(header).find((key) => pattern.test(key))].data_offsets;
  // binary16: the highest bit is the sign, two more in the exponent are a factor of four; zeros stay
  for (let high = start + from + 1; high < start + to; high += 2)
    if ((bytes[high] & 0x7c) !== 0) bytes[high] = (bytes[high] ^ 0x80) + 0x08;
  writeFileSync(path, bytes);
}
