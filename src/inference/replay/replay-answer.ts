import { err, ok, type Result } from '../../common/index.js';
import { leftOutNames } from '../../experts/tensorblock/left-out.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { requireExactEngine, type EngineListener, type EnginePort } from '../engine/engine-port.js';
import type { ServedModel } from '../models/served-model.js';
import {
  agreeing,
  compareReplay,
  disagreeing,
  statedSampling,
  type PartReport,
  type Receipt,
  type ReceiptEvidence,
} from '../receipt/index.js';
import { answerText } from '../tokenizer/answer-text.js';

/**
 * Computes an answer again on a loaded release and compares it with its receipt, part by part. Refuses with what the
 * engine refuses with, `ENGINE_NOT_EXACT` where it is not the kernel: a replay that cannot be computed says nothing about the receipt.
 * @param listener who waits for it: nobody, once its signal fires
 */
export async function replayAnswer(
  engine: EnginePort,
  model: ServedModel,
  receipt: Receipt,
  evidence: ReceiptEvidence,
  listener: EngineListener,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Result<PartReport[]>> {
  const exact = requireExactEngine(engine);
  if (!exact.ok) return exact;
  const kernel = checkKernel(engine.kernelHash, receipt);
  const ids = { promptIds: evidence.prompt_ids, outputIds: evidence.output_ids };
  const request = { release: model.release, ...ids, sampling: statedSampling(receipt.request, evidence) };
  const total = evidence.prompt_ids.length + evidence.output_ids.length - 1;
  const replay = await engine.replay(request, listener, (done) => onProgress(done, total));
  if (!replay.ok) return err(replay.error);
  const detokenizer = model.tokenizer?.detokenizer() ?? null;
  const text = answerText(detokenizer, evidence.output_ids, evidence.stop);
  const observed = { ...replay.value, text, stopIds: model.stopIds };
  const parts = compareReplay(receipt, evidence, observed, nativeSha256);
  return ok([kernel, ...compareBlocks(receipt, model), ...withoutLeftOut(receipt, model), ...parts]);
}

function checkKernel(kernelHash: string, receipt: Receipt): PartReport {
  if (kernelHash === receipt.kernel) return agreeing('kernel', `the same kernel, ${kernelHash}`);
  return disagreeing('kernel', `the receipt names kernel ${receipt.kernel}, this is ${kernelHash}`, 0);
}

/** The experts a receipt names must be the blocks its release names. */
function compareBlocks(receipt: Receipt, model: ServedModel): PartReport[] {
  const blocks = new Map(model.engine.blocks.map(({ name, block }) => [name, block]));
  return receipt.experts
    .filter(({ name, block }) => blocks.get(name) !== block)
    .map(({ name, block }) => disagreeing('experts', `${name} is not block ${block} in this release`));
}

/** That the experts which the release does without had no part: it names no block of theirs, so the replay cannot have used them. */
function withoutLeftOut({ experts }: Receipt, { engine }: ServedModel): PartReport[] {
  const leftOut = leftOutNames(engine.config);
  if (leftOut.length === 0) return [];
  const named = new Set([...engine.blocks, ...experts].map(({ name }) => name));
  const wrong = leftOut.filter((name) => named.has(name));
  if (wrong.length > 0)
    return [disagreeing('left_out', `${wrong.join(', ')} should be left out, and is named`, 0)];
  const detail = `the release does without ${leftOut.join(', ')}: neither it nor the receipt names a block of theirs`;
  return [agreeing('left_out', detail)];
}
