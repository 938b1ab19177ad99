import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Identity } from '../../auth/index.js';
import { err, ok, type Result } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import { AnswerMeter } from '../answers/answer-meter.js';
import { EngineHost } from '../engine/engine-host.js';
import { ModelCatalog } from '../models/model-catalog.js';
import type { ServedModel } from '../models/served-model.js';
import { requireExact } from '../receipt/index.js';
import { isPrivate, notFound } from '../receipts/refusals.js';
import { ReceiptStore, type StoredReceipt } from '../receipts/receipt-store.js';
import { replaySide, type ReplayGround } from '../replay/replay-side.js';
import { maySee } from '../responses/viewer.js';
import { OpenTestimonies, type OpenTestimony } from './open-testimonies.js';
import { OwnTestimony } from './own-testimony.js';
import { checkQuestion, type TestimonyQuestion } from './question.js';
import { signTestimony, type Testimony } from './testimony.js';

/** What this node says, when asked, of how it came to its answers. */
@Injectable()
export class TestimonyService implements ReplayGround, OnApplicationShutdown {
  private readonly open = new OpenTestimonies();

  constructor(
    private readonly store: ReceiptStore,
    private readonly catalog: ModelCatalog,
    readonly host: EngineHost,
    readonly meter: AnswerMeter,
    private readonly keys: NodeKeys,
  ) {}

  onApplicationShutdown(): Promise<void> {
    return this.open.stop();
  }

  /** The rows, signed; refuses as `rows`. */
  async testimony(
    id: string,
    question: TestimonyQuestion,
    viewer: Identity,
    signal: AbortSignal,
  ): Promise<Result<Testimony>> {
    const rows = await this.rows(id, question, viewer, signal);
    return rows.ok ? ok(signTestimony(id, question, rows.value, this.keys.receiptSigner)) : rows;
  }

  /**
   * Refuses with `RECEIPT_NOT_FOUND` (404), `RECEIPT_PRIVATE` (403), `TESTIMONY_QUESTION` (400), `TESTIMONY_BUSY` (503),
   * `TESTIMONY_TOO_LONG`, `DISPUTE_KERNEL`, `RECEIPT_NOT_EXACT`, `ENGINE_NOT_EXACT` (409), and what a replay is refused with, `CANCELLED` among it
   * when the signal fires.
   */
  async rows(
    id: string,
    question: TestimonyQuestion,
    viewer: Identity,
    signal: AbortSignal,
  ): Promise<Result<readonly string[]>> {
    const stored = await this.store.find(id);
    if (stored === null) return err(notFound(id));
    if (!maySee(viewer, stored.owner)) return err(isPrivate(id));
    const exact = requireExact(stored.receipt);
    if (!exact.ok) return exact;
    const model = await this.catalog.release(stored.receipt.release);
    if (!model.ok) return model;
    const { prompt_ids, output_ids } = stored.evidence;
    const length = { promptTokens: prompt_ids.length, outputTokens: output_ids.length };
    const sound = checkQuestion(question, model.value.engine.config, length);
    if (!sound.ok) return sound;
    return this.open.ask(id, () => this.begin(stored, model.value, signal), question);
  }

  /** Replays the answer for its states. */
  private async begin(
    { receipt, evidence }: StoredReceipt,
    model: ServedModel,
    signal: AbortSignal,
  ): Promise<Result<OpenTestimony>> {
    const side = await replaySide(this, model, receipt, evidence, signal);
    return side.ok ? ok(new OwnTestimony(model.engine, side.value.statement, side.value.states)) : side;
  }
}
