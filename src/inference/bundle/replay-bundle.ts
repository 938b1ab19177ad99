import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, messageOf, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { kernelPath } from '../engine/kernel-path.js';
import type { EngineListener, EnginePort } from '../engine/engine-port.js';
import { agreeing, disagreeing, requireExact, type PartReport } from '../receipt/index.js';
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

/** Starts an engine for one replay, with the kernel file at that path. */
export type StartEngine = (kernelPath: string) => Promise<EnginePort>;

const LARGEST_KERNEL = 16 << 20;
/** A bundle has an engine of its own: nobody else waits for it, and it may take as long as it takes. */
const UNHURRIED: EngineListener = { signal: AbortSignal.any([]), progress: () => undefined };

/**
 * Checks a bundle from nothing but its bytes and computes its answer again. What disagrees is in the report; the refusals
 * `BUNDLE_UNREADABLE` and `ZIP_INVALID` mean that there is no bundle to speak of, `RECEIPT_NOT_EXACT` that nobody can compute it again.
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
    const exact = requireExact(statement.receipt);
    if (!exact.ok) return exact;
    const extracted = await BundleFolder.in(folder, zip.value);
    const blocks = new BundledBlocks(zip.value, extracted);
    const kernel = await bundledKernel(zip.value, statement.receipt.kernel, folder);
    const start = () => startEngine(kernel.path);
    const computed = await compute(statement, blocks, start, onProgress);
    return ok(
      replayReport(statement.receipt.id, [...parts, kernel.report, ...blocks.summary(), ...computed]),
    );
  } finally {
    await zip.value.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compute(
  { receipt, evidence }: StatedAnswer,
  blocks: BundledBlocks,
  startEngine: () => Promise<EnginePort>,
  onProgress: ReplayProgress,
): Promise<PartReport[]> {
  const model = await bundledModel(receipt, blocks, (done, total) => onProgress('blocks', done, total));
  if (!model.ok) return [notComputed(model.error.message)];
  let engine: EnginePort;
  try {
    engine = await startEngine();
  } catch (thrown) {
    return [notComputed(messageOf(thrown))];
  }
  try {
    const loaded = await engine.load(model.value.engine);
    if (!loaded.ok) return [notComputed(loaded.error.message)];
    const onToken = (done: number, total: number) => onProgress('tokens', done, total);
    const parts = await replayAnswer(engine, model.value, receipt, evidence, UNHURRIED, onToken);
    return parts.ok ? parts.value : [notComputed(parts.error.message)];
  } finally {
    await engine.stop();
  }
}

/**
 * The kernel to compute with. The one in the bundle counts when it is the one the receipt names, whether or not this
 * installation was built with it; otherwise the installation's own, and the report says so.
 */
async function bundledKernel(
  zip: ZipReader,
  expected: string,
  folder: string,
): Promise<{ path: string; report: PartReport }> {
  const own = kernelPath();
  const bytes = await zip.read(BUNDLE.kernel, LARGEST_KERNEL);
  if (!bytes.ok || bytes.value === null)
    return { path: own, report: disagreeing('kernel', 'kernel.wasm is missing', 0) };
  const hash = nativeSha256Hex(bytes.value);
  if (hash !== expected) {
    const detail = `kernel.wasm hashes to ${hash}; the receipt names ${expected}`;
    return { path: own, report: disagreeing('kernel', detail, 0) };
  }
  if (nativeSha256Hex(await readFile(own)) === expected) {
    return { path: own, report: agreeing('kernel', `the kernel of this installation, ${hash}`) };
  }
  const path = join(folder, 'kernel.wasm');
  await writeFile(path, bytes.value);
  await writeFile(join(folder, 'kernel.sha256'), hash);
  return {
    path,
    report: agreeing('kernel', `the kernel of the bundle, ${hash}: not the one of this installation`),
  };
}

function notComputed(why: string): PartReport {
  return disagreeing('replay', `the answer could not be computed: ${why}`, 0);
}
