// Imports a checkpoint into a server's data folder of its own, and writes what both sides read: our blocks with model.json, and
// model.gguf.
// node bench/peers/release-folder.mjs <checkpoint> <dtype> <folder>
import { copyFileSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [, , checkpoint, dtype, folder] = process.argv;
const dataDir = mkdtempSync(join(tmpdir(), 'stemma-peers-'));
process.env.DATA_DIR = dataDir;
const { loadConfig } = await import('../../dist/src/config/index.js');
const { withApplication } = await import('../../dist/src/cli/with-application.js');
const { GgufExport, Importer, ParameterIndex, toEngineModel } =
  await import('../../dist/src/experts/index.js');
const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};
try {
  mkdirSync(folder, { recursive: true });
  await withApplication(unwrap(loadConfig()), async ({ application }) => {
    unwrap(await application.get(Importer).import(resolve(checkpoint), { name: 'peer', dtype }));
    const model = toEngineModel(await application.get(ParameterIndex).resolve('peer'));
    for (const { path } of model.blocks) copyFileSync(path, join(folder, basename(path)));
    const portable = (key, value) => (key === 'path' ? basename(value) : value);
    writeFileSync(join(folder, 'model.json'), JSON.stringify(model, portable));
    const file = unwrap(await application.get(GgufExport).prepare('peer'));
    await pipeline(file.chunks(), createWriteStream(join(folder, 'model.gguf')));
    console.log(`${folder}: ${file.size} bytes of GGUF (${file.type})`);
  });
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
