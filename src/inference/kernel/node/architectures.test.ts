import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EVERY_PART, randomModel, smallConfig } from '../../../../test/support/engine.js';
import { bytesToHex, unwrap } from '../../../common/index.js';
import { GREEDY } from '../../sampler/index.js';
import { Engine } from './engine.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

describe.each(['head', 'width'] as const)('every part of an architecture, keys normalised by %s', (norm) => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-architecture-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives one chain with any number of threads, alone and in company', async () => {
    const architecture = { ...EVERY_PART, queryKeyNorm: norm };
    const { model, payloads } = randomModel(smallConfig({ layers: 3, architecture }), 'mixed', 5);
    const blocks = model.blocks.map((block) => ({ ...block, path: join(folder, block.name) }));
    for (const { name, path } of blocks) writeFileSync(path, payloads.get(name)!);
    const promptIds = Array.from({ length: 40 }, (_, i) => (i * 13) % 100);
    const request = { release: model.release, promptIds, maxTokens: 24, stopIds: [], sampling: GREEDY };
    const chains = new Set<string>();
    for (const threads of [1, 2, 3]) {
      const engine = await Engine.start({
        ...{ threads, expertCacheBytes: 1 << 24, kvCacheBytes: 1 << 24, maxStreams: 4 },
        kernelPath: join(root, 'dist/kernel/kernel.wasm'),
        execArgv: ['--import', join(root, 'test/support/typescript-threads.mjs')],
      });
      try {
        unwrap(await engine.load({ ...model, blocks }));
        const alone = await engine.generate(request, () => undefined).done;
        const others = [3, 9].map((id) => engine.generate({ ...request, promptIds: [id] }, () => undefined));
        const beside = await engine.generate(request, () => undefined).done;
        await Promise.all(others.map(({ done }) => done));
        for (const answer of [alone, beside]) chains.add(unwrap(answer).states.map(bytesToHex).join());
      } finally {
        await engine.stop();
      }
    }
    expect(chains.size).toBe(1);
  });
});
