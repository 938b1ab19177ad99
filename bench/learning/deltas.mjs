// What a new version of an expert weighs as a delta block (docs/formats/delta-block.md): one expert of genesis is trained, and after some
// updates it is written as the difference from what it came from, and made whole again from it.
// node bench/learning/deltas.mjs [updates …] [--rate=0.001]: prints the table; 1, 4, 16 and 64 updates unless told otherwise. Ends with 1
// where a delta gives other bytes, or is no smaller than what it stands for; after one update it has to be at most half as large, which
// is what is stored as a delta.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyDelta, BlockReader, makeDelta, readDelta } from '../../dist/src/chain/index.js';
import { withOwnApplication } from '../../dist/src/cli/own-application.js';
import { loadConfig } from '../../dist/src/cli/settings.js';
import { unwrap } from '../../dist/src/common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../dist/src/common/native-hash.js';
import { DOMAINS, examples, first } from '../../dist/src/datasets/index.js';
import { deltaSections, ParameterIndex } from '../../dist/src/experts/index.js';
import {
  ADAM_DEFAULTS,
  ExampleEncoder,
  readRelease,
  StoredBlockAccess,
  tensorValues,
  Trainer,
  trainingKernelPath,
  TrainingThreads,
} from '../../dist/src/learning/index.js';
import { encodeTrainedBlock } from '../../dist/src/learning/source/trained-block.js';
import { reportFigure } from '../aims.mjs';
import { startServer } from '../server.mjs';

const numbers = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const counts = (numbers.length > 0 ? numbers : ['1', '4', '16', '64']).map(Number).sort((a, b) => a - b);
const rate = Number(process.argv.find((argument) => argument.startsWith('--rate='))?.slice(7) ?? 0.001);
const EXPERT = 'layer3.expert5';
const EXAMPLES = 300;
const REPEATS = 5;
/** What is larger than this share of its payload is stored whole (`src/chain`). */
const STORED_SHARE = 0.5;

async function measure(application) {
  const reader = application.get(BlockReader);
  const access = new StoredBlockAccess(application.get(ParameterIndex), reader);
  const model = unwrap(await readRelease(access, 'genesis', () => undefined));
  const { block: parent } = (await application.get(ParameterIndex).resolve('genesis')).weights.get(EXPERT);
  const before = new Uint8Array(unwrap(await reader.payload(parent)));
  const encoder = unwrap(ExampleEncoder.create(model.tokenizer));
  const learnt = DOMAINS.flatMap((domain) =>
    [...first(EXAMPLES, examples(domain, 'train', 'deltas'))].map(({ prompt, completion }) =>
      unwrap(encoder.encode({ form: 'completion', prompt, completion })),
    ),
  ).filter(({ ids, firstTarget }) => ids.length > firstTarget && ids.length <= model.config.maxPositions);
  const longest = Math.max(...learnt.map(({ ids }) => ids.length));
  const threads = TrainingThreads.start({ kernelPath: trainingKernelPath(), threads: 2, longest });
  const trainer = new Trainer(
    {
      kernel: threads.kernel,
      config: model.config,
      valuesOf: (block, tensor) => tensorValues(model, block, tensor),
      sha256: nativeSha256,
      prefixBytes: 1 << 30,
    },
    {
      ...{ blocks: [EXPERT], seed: 'deltas', batchTokens: 2_048, microBatchTokens: 1_024, balance: 0 },
      schedule: { peak: rate, floor: 0.05, warmUp: 2, steps: counts.at(-1) },
      adam: ADAM_DEFAULTS,
    },
    learnt,
  );
  console.log(`${EXPERT} of genesis, ${before.length} bytes, learning rate ${rate}`);
  console.log(
    '| updates | delta, bytes | of the payload | less | written, ms | made whole, ms |\n|---|---|---|---|---|---|',
  );
  let done = 0;
  const shares = [];
  for (const count of counts) {
    for (; done < count; done++) unwrap(trainer.step());
    const { payload, tensors } = encodeTrainedBlock(model, EXPERT, (block, tensor) =>
      trainer.values(block, tensor),
    );
    const { share, line } = await row({ count, parent, before, payload, tensors });
    console.log(line);
    shares.push([count, share]);
  }
  await threads.stop();
  const show = (share) => `${(share * 100).toFixed(1)} %`;
  for (const [count, share] of shares) {
    const most = count === 1 ? STORED_SHARE : 1;
    reportFigure(`delta after ${count} updates, of the payload`, share, { most, show });
  }
}

async function row({ count, parent, before, payload, tensors }) {
  const header = { metadata: { tensors }, payload_size: payload.length };
  const sections = unwrap(deltaSections(header, payload));
  const [writing, loading] = [[], []];
  let delta;
  for (let i = 0; i < REPEATS; i++) {
    const began = performance.now();
    delta = unwrap(await makeDelta({ parent, parentPayload: before, payload, sections }));
    writing.push(performance.now() - began);
    const read = performance.now();
    const again = unwrap(await applyDelta(unwrap(readDelta(delta)), before));
    loading.push(performance.now() - read);
    if (nativeSha256Hex(again) !== nativeSha256Hex(payload)) throw new Error('the delta gives other bytes');
  }
  const share = delta.length / payload.length;
  const cells = [
    ...[count, delta.length, `${(100 * share).toFixed(1)} %`, `${(1 / share).toFixed(1)}x`],
    ...[writing, loading].map((times) => Math.min(...times).toFixed(0)),
  ];
  return { share, line: `| ${cells.join(' | ')} |` };
}

const folder = mkdtempSync(join(tmpdir(), 'stemma-deltas-'));
const dataDir = join(folder, 'data');
try {
  await (await startServer(dataDir)).stop();
  Object.assign(process.env, { DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
  await withOwnApplication(unwrap(loadConfig()), measure);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
