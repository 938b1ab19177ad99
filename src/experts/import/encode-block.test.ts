import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { sha256Hex, unwrap } from '../../common/index.js';
import { CheckpointFolder } from '../checkpoint/checkpoint-folder.js';
import { parseMixtralConfig } from '../checkpoint/mixtral-config.js';
import { TensorSource } from '../checkpoint/tensor-source.js';
import { BlockEncoding } from './encode-block.js';
import { planBlocks, unusedTensors } from '../blocks/tensor-plan.js';

it('probe', async () => {
  const folder = unwrap(await CheckpointFolder.open(join(process.cwd(), 'models/genesis')));
  const config = unwrap(parseMixtralConfig(unwrap(await folder.readJson('config.json'))!));
  const source = unwrap(await TensorSource.open(folder));
  const plan = planBlocks(config);
  expect(unusedTensors(source.names(), plan)).toEqual([]);
  const t0 = performance.now();
  let bytes = 0,
    elements = 0;
  const h = createHash('sha256');
  for (const block of plan) {
    const e = new BlockEncoding(source, block, 'q8', (n) => (elements += n));
    for await (const c of e) {
      bytes += c.length;
      h.update(c);
    }
    expect(e.refusal).toBeNull();
  }
  console.log(plan.length, bytes, elements, performance.now() - t0, h.digest('hex'));
  await source.close();
});
