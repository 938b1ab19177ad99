import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { kernelPath } from '../engine/kernel-engine.js';
import type { EnginePort } from '../engine/engine-port.js';
import { agreeing, disagreeing, type PartReport } from '../receipt/index.js';
import { replayAnswer } from '../replay/replay-answer.js';
import { replayReport, type ReplayReport } from '../replay/replay-report.js';
import { BundleFolder } from './bundle-folder.js';
import { BUNDLE } from './bundle-layout.js';
import { bundledModel } from './bundled-model.js';
import { BundledBlocks } from './read-blocks.js';
import { readStatement, type StatedAnswer } from './read-statement.js';
import { ZipReader } from './zip-reader.js';

/** Tells how far a replay is. */
export type ReplayProgress = (step: string, done: number, total: number) => void;

/** Starts an engine for one replay. */
export type StartEngine = () => Promise<EnginePort>;

const LARGEST_KERNEL = 16 << 20;

/**
 * Checks a bundle from nothing but its bytes and computes its answer again. What disagrees is in the report; the refusals
 * `BUNDLE_UNREADABLE` and `ZIP_INVALID` mean that there is no bundle to speak of.
 */
export async function replayBundle(
  path: string,
  startEngine: StartEngine,
  onProgress: ReplayProgress,
): Promise<Result<ReplayReport>> {
  const zip = await ZipReader.open(path);
  if (!zip.ok) return err(zip.error);
  const folder = await mkdtemp(join(tmpdir(), 'stemma-replay-'));
  try {
    const { parts, statement } = await readStatement(zip.value);
    if (statement === null) return ok(replayReport(null, parts));
    const extracted = await BundleFolder.in(folder, zip.value);
    const blocks = new BundledBlocks(zip.value, extracted);
    const kernel = await checkKernel(zip.value, statement.receipt.kernel);
    const computed = await compute(statement, blocks, startEngine, onProgress);
    return ok(replayReport(statement.receipt.id, [...parts, kernel, ...blocks.summary(), ...computed]));
  } finally {
    await zip.value.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compute(
  { receipt, evidence }: StatedAnswer,
  blocks: BundledBlocks,
  startEngine: StartEngine,
  onProgress: ReplayProgress,
): Promise<PartReport[]> {
  const model = await bundledModel(receipt, blocks, (done, total) => onProgress('blocks', done, total));
  if (!model.ok) return [notComputed(model.error.message)];
  const engine = await startEngine();
  try {
    const loaded = await engine.load(model.value.engine);
    if (!loaded.ok) return [notComputed(loaded.error.message)];
    const onToken = (done: number, total: number) => onProgress('tokens', done, total);
    const parts = await replayAnswer(engine, model.value, receipt, evidence, onToken);
    return parts.ok ? parts.value : [notComputed(parts.error.message)];
  } finally {
    await engine.stop();
  }
}

/** The kernel in the bundle must be the one the receipt names; the one that computes here is compared with the replay. */
async function checkKernel(zip: ZipReader, expected: string): Promise<PartReport> {
  const bytes = await zip.read(BUNDLE.kernel, LARGEST_KERNEL);
  if (!bytes.ok || bytes.value === null) return disagreeing('kernel', 'kernel.wasm is missing', 0);
  const hash = nativeSha256Hex(bytes.value);
  if (hash !== expected) {
    return disagreeing('kernel', `kernel.wasm hashes to ${hash}; the receipt names ${expected}`, 0);
  }
  const own = nativeSha256Hex(await readFile(kernelPath()));
  if (own === expected) return agreeing('kernel', `the kernel of this installation, ${own}`);
  return disagreeing(
    'kernel',
    `this installation has kernel ${own}; install the version that has ${expected}`,
    0,
  );
}

function notComputed(why: string): PartReport {
  return disagreeing('replay', `the answer could not be computed: ${why}`, 0);
}
