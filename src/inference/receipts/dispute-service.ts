import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { AnswerMeter } from '../answers/answer-meter.js';
import type { Verdict } from '../dispute/index.js';
import { otherKernel } from '../dispute/refusals.js';
import { settleByReplay, type ReplayedSide } from '../dispute/settle-by-replay.js';
import { checkSide, statementOf } from '../dispute/statement-of.js';
import { EngineHost } from '../engine/engine-host.js';
import { requireExactEngine } from '../engine/engine-port.js';
import { ModelCatalog } from '../models/model-catalog.js';
import type { ServedModel } from '../models/served-model.js';
import type { Receipt, ReceiptEvidence } from '../receipt/index.js';

/** One of the two, as it was presented. */
export interface PresentedSide {
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence;
}

/** Settles disputes about answers of releases that this node has. */
@Injectable()
export class DisputeService {
  constructor(
    private readonly catalog: ModelCatalog,
    private readonly host: EngineHost,
    private readonly meter: AnswerMeter,
  ) {}

  /**
   * Computes both again with this node's blocks and kernel. Refuses with `DISPUTE_STATEMENT`, `RECEIPT_NOT_EXACT`, `ENGINE_NOT_EXACT`, `DISPUTE_KERNEL` (a receipt
   * of another kernel cannot be judged here), `RELEASE_NOT_FOUND`, `QUEUE_FULL`, and what a replay is refused with.
   */
  async settle(a: PresentedSide, b: PresentedSide): Promise<Result<Verdict>> {
    const sound = [checkSide('a', a.receipt, a.evidence), checkSide('b', b.receipt, b.evidence)];
    for (const checked of sound) if (!checked.ok) return checked;
    const model = await this.catalog.release(a.receipt.release);
    if (!model.ok) return model;
    const first = await this.replay(a, model.value);
    if (!first.ok) return first;
    const other = await this.catalog.release(b.receipt.release);
    if (!other.ok) return other;
    const second = await this.replay(b, other.value);
    if (!second.ok) return second;
    return ok(settleByReplay(first.value, second.value, model.value.engine.config, nativeSha256));
  }

  private async replay(
    { receipt, evidence }: PresentedSide,
    model: ServedModel,
  ): Promise<Result<ReplayedSide>> {
    const statement = statementOf(receipt, evidence);
    const admission = this.meter.queue.admit(1, 1);
    if (!admission.ok) return admission;
    try {
      return await this.host.use(model.engine, async (engine) => {
        const exact = requireExactEngine(engine);
        if (!exact.ok) return exact;
        if (engine.kernelHash !== receipt.kernel) return err(otherKernel(receipt.kernel, engine.kernelHash));
        const { promptIds, outputIds, sampling, release } = statement;
        const replayed = await engine.replay({ release, promptIds, outputIds, sampling }, () => undefined);
        return replayed.ok ? ok({ statement, ...replayed.value }) : replayed;
      });
    } finally {
      admission.value.release();
    }
  }
}
