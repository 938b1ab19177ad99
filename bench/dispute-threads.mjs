// Ways of answering for bench/disputes.mjs that run on real threads: the engine as the server has it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from '../dist/src/inference/kernel/index.js';

const kernelPath = fileURLToPath(new URL('../dist/kernel/kernel.wasm', import.meta.url));
const SETUPS = [
  { threads: 1, batchRows: 5, speculation: true },
  { threads: 2, batchRows: 64, compilation: 'plain' },
  { threads: 3, batchRows: 2 },
];

const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};

/** Engines with these models, each of them a way of answering; `requestOf` makes their request of a question. */
export async function startThreadedWays(models, requestOf) {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-disputes-'));
  const engines = [];
  const stop = async () => {
    for (const engine of engines) await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ways = [];
    for (const { threads, ...setup } of SETUPS) {
      const limits = { expertCacheBytes: 2 ** 24, kvCacheBytes: 2 ** 24, maxStreams: 4, ...setup };
      const engine = await Engine.start({ threads, kernelPath, ...limits });
      engines.push(engine);
      for (const built of models) unwrap(await engine.load(storedModel(built, folder)));
      ways.push({
        name: `${threads} thread${threads === 1 ? '' : 's'}, ${engine.compilation.name}`,
        answer: async (_, question) => unwrap(await engine.generate(requestOf(question), () => {}).done),
      });
    }
    return { ways, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The model with its blocks as files. */
function storedModel({ model, payloads }, folder) {
  const blocks = model.blocks.map((block) => ({ ...block, path: join(folder, block.payloadHash) }));
  for (const { name, path } of blocks) writeFileSync(path, payloads.get(name));
  return { ...model, blocks };
}
