import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { err, messageOf, ok, type Result } from '../../../common/index.js';
import { nativeSha256Hex } from '../../../common/native-hash.js';
import { blockCorrupt, blockMissing, type BlockSource, type WeightBlock } from '../block-source.js';

/** Reads payload files straight into the kernel's memory and verifies them there: 10 MB take about 10 ms. */
export class FileBlockSource implements BlockSource {
  read(block: WeightBlock, target: Uint8Array): Result<void> {
    try {
      const size = readFile(block.path, target);
      if (size !== target.length) return err(blockCorrupt(block, `its file has ${size} bytes`));
    } catch (thrown) {
      return err(blockMissing(block, messageOf(thrown)));
    }
    const hash = nativeSha256Hex(target);
    return hash === block.payloadHash ? ok() : err(blockCorrupt(block, `its payload hash is ${hash}`));
  }
}

/** Fills the target; returns the file's size, having read nothing where that differs. */
function readFile(path: string, target: Uint8Array): number {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size !== target.length) return size;
    let done = 0;
    while (done < size) {
      const count = readSync(file, target, done, size - done, done);
      if (count === 0) return done;
      done += count;
    }
    return size;
  } finally {
    closeSync(file);
  }
}
