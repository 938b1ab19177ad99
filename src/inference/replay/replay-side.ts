import { err, ok, type Result } from '../../common/index.js';
import type { AnswerMeter } from '../answers/answer-meter.js';
import { boundedWork } from '../answers/bounded-work.js';
import { otherKernel } from '../dispute/refusals.js';
import type { ReplayedSide } from '../dispute/settle-by-replay.js';
import { statementOf } from '../dispute/statement-of.js';
import type { EngineHost } from '../engine/engine-host.js';
import { requireExactEngine } from '../engine/engine-port.js';
import type { ServedModel } from '../models/served-model.js';
import type { Receipt, ReceiptEvidence } from '../receipt/index.js';

/** What a replay on this node needs: the engine, and a place in its queue. */
export interface ReplayGround {
  readonly host: EngineHost;
  readonly meter: AnswerMeter;
}

/**
 * Computes what a receipt states again with this node's kernel, as one request of its queue. Refuses with `QUEUE_FULL`, `ENGINE_NOT_EXACT`,
 * `DISPUTE_KERNEL` (a receipt of another kernel cannot be computed here), and what a replay is refused with; `CANCELLED` when the signal
 * fires, `ANSWER_TIMEOUT` (503) when its time is up.
 */
export async function replaySide(
  { host, meter }: ReplayGround,
  model: ServedModel,
  receipt: Receipt,
  evidence: ReceiptEvidence,
  signal: AbortSignal,
): Promise<Result<ReplayedSide>> {
  const statement = statementOf(receipt, evidence);
  const admission = meter.queue.admit(1, 1);
  if (!admission.ok) return admission;
  try {
    return await host.use(model.engine, async (engine) => {
      const exact = requireExactEngine(engine);
      if (!exact.ok) return exact;
      if (engine.kernelHash !== receipt.kernel) return err(otherKernel(receipt.kernel, engine.kernelHash));
      const { promptIds, outputIds, sampling, release } = statement;
      const request = { release, promptIds, outputIds, sampling };
      const replayed = await boundedWork(signal, (listener) => engine.replay(request, listener));
      return replayed.ok ? ok({ statement, ...replayed.value }) : replayed;
    });
  } finally {
    admission.value.release();
  }
}
