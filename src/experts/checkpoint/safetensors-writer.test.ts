import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '../../common/index.js';
import { SafetensorsFile } from './safetensors-file.js';
import { writeSafetensors } from './safetensors-writer.js';

describe('a safetensors file that is written', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'stemma-safetensors-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('is read again with the same names, shapes and values', async () => {
    const path = join(folder, 'model.safetensors');
    const [one, two] = [Float32Array.of(1, -2.5, 3e-9), Float32Array.from({ length: 8 }, (_, i) => i / 7)];
    await writeSafetensors(path, [
      { name: 'a.weight', shape: [3], values: () => one },
      { name: 'b', shape: [2, 4], values: () => two },
    ]);
    const file = unwrap(await SafetensorsFile.open(path));
    const found = [];
    for (const { name, dtype, shape, begin, end } of file.tensors) {
      const bytes = new Uint8Array(end - begin);
      unwrap(await file.read(bytes, begin));
      found.push({ name, dtype, shape, values: new Float32Array(bytes.buffer) });
    }
    await file.close();
    expect(found).toEqual([
      { name: 'a.weight', dtype: 'F32', shape: [3], values: one },
      { name: 'b', dtype: 'F32', shape: [2, 4], values: two },
    ]);
  });
});
