// Preloaded into a server (NODE_OPTIONS=--import=…): one bit of one weight is wrong in its memory, after the block was read and verified.
// ALTERED_BLOCK and ALTERED_TENSOR name the weight; ALTERED_THREADS says where: `all` threads, or only those of the `kernel`.
import { readdirSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { ALTERED_BLOCK, ALTERED_TENSOR, ALTERED_THREADS } = process.env;
/** Past the header of the tensor, within its first tile. */
const PLACE = 128 + 64 + 9;

const threads = new URL('../../dist/server/threads/', import.meta.url);
const file = readdirSync(threads).find((name) => name.startsWith('file-source-'));
const { FileBlockSource } = named(await import(new URL(file, threads).href));
const read = FileBlockSource.prototype.read;

if (ALTERED_THREADS === 'all' || workerData?.memory !== undefined)
  FileBlockSource.prototype.read = function (block, target) {
    const result = read.call(this, block, target);
    if (result.ok && block.name === ALTERED_BLOCK)
      target[block.tensors.find(({ name }) => name === ALTERED_TENSOR).offset + PLACE] ^= 64;
    return result;
  };

/** The classes of a bundled file by their own names. */
function named(bundled) {
  return Object.fromEntries(
    Object.values(bundled)
      .filter((value) => typeof value === 'function')
      .map((value) => [value.name, value]),
  );
}
