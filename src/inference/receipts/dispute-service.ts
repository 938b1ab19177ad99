import { Injectable } from '@nestjs/common';
import { ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { AnswerMeter } from '../answers/answer-meter.js';
import type { Verdict } from '../dispute/index.js';
import { settleByReplay } from '../dispute/settle-by-replay.js';
import { checkSide } from '../dispute/statement-of.js';
import { EngineHost } from '../engine/engine-host.js';
import { ModelCatalog } from '../models/model-catalog.js';
import type { Receipt, ReceiptEvidence } from '../receipt/index.js';
import { replaySide, type ReplayGround } from '../replay/replay-side.js';

/** One of the two, as it was presented. */
export interface PresentedSide {
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence;
}

/** Settles disputes about answers of releases that this node has. */
@Injectable()
export class DisputeService implements ReplayGround {
  constructor(
    private readonly catalog: ModelCatalog,
    readonly host: EngineHost,
    readonly meter: AnswerMeter,
  ) {}

  /**
   * Computes both again with this node's blocks and kernel. Refuses with `DISPUTE_STATEMENT`, `RECEIPT_NOT_EXACT`, `ENGINE_NOT_EXACT`, `DISPUTE_KERNEL` (a receipt
   * of another kernel cannot be judged here), `RELEASE_NOT_FOUND`, `QUEUE_FULL`, and what a replay is refused with.
   */
  async settle(a: PresentedSide, b: PresentedSide, signal: AbortSignal): Promise<Result<Verdict>> {
    const sound = [checkSide('a', a.receipt, a.evidence), checkSide('b', b.receipt, b.evidence)];
    for (const checked of sound) if (!checked.ok) return checked;
    const model = await this.catalog.release(a.receipt.release);
    if (!model.ok) return model;
    const first = await replaySide(this, model.value, a.receipt, a.evidence, signal);
    if (!first.ok) return first;
    const other = await this.catalog.release(b.receipt.release);
    if (!other.ok) return other;
    const second = await replaySide(this, other.value, b.receipt, b.evidence, signal);
    if (!second.ok) return second;
    return ok(settleByReplay(first.value, second.value, model.value.engine.config, nativeSha256));
  }
}
