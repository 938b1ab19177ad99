import { Injectable } from '@nestjs/common';
import type { Identity } from '../../auth/index.js';
import { composeText } from '../../common/answer-text.js';
import { FreshCache } from '../../common/fresh-cache.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { checkEd25519Native } from '../../common/native-ed25519.js';
import { AnswerMeter } from '../answers/answer-meter.js';
import { boundedWork } from '../answers/bounded-work.js';
import { EngineHost } from '../engine/engine-host.js';
import { ModelCatalog } from '../models/model-catalog.js';
import {
  agreeing,
  disagreeing,
  requireExact,
  type PartReport,
  type Receipt,
  type CompleteDocument,
  type ReceiptDocument,
} from '../receipt/index.js';
import { checkLog, checkStatement, type PresentedReceipt } from '../replay/check-statement.js';
import { replayAnswer } from '../replay/replay-answer.js';
import { replayReport, type ReplayReport } from '../replay/replay-report.js';
import { maySee } from '../responses/viewer.js';
import { ReceiptLog } from './receipt-log.js';
import { ReceiptStore, type StoredReceipt } from './receipt-store.js';
import { isPrivate, notFound } from './refusals.js';

/** Longest wait for the sequencer when a proof is needed, ms. */
const PROOF_DEADLINE_MS = 2_000;

/**
 * Receipts never change, so this only bounds how long one that was tampered with in the database is still shown as it was. Checks and
 * replays always read the database.
 */
const SHOWN_MS = 10_000;
const MOST_SHOWN = 256;
/** Longer ones, in tokens of question and answer, are read anew each time. */
const LONGEST_SHOWN = 2_048;

/** Receipts as others see them: documents, checks, replays. */
@Injectable()
export class ReceiptService {
  private readonly shown = new FreshCache((id) => this.store.find(id), {
    freshMs: SHOWN_MS,
    most: MOST_SHOWN,
    keeps: (stored) => stored !== null && tokensOf(stored) <= LONGEST_SHOWN,
  });

  constructor(
    private readonly store: ReceiptStore,
    private readonly log: ReceiptLog,
    private readonly catalog: ModelCatalog,
    private readonly host: EngineHost,
    private readonly meter: AnswerMeter,
  ) {}

  /** Receipt, proof, and for those who may see it the private part; refuses with `RECEIPT_NOT_FOUND` (404). */
  async document(id: string, viewer: Identity): Promise<Result<ReceiptDocument>> {
    const stored = await this.shown.get(id);
    if (stored === null) return err(notFound(id));
    const { receipt, evidence, owner } = stored;
    const log = await this.log.proof(id);
    return ok(composeText({ receipt, evidence: maySee(viewer, owner) ? evidence : null, log }));
  }

  /** The public receipts of these ids; unknown ones are left out. */
  many(ids: readonly string[]): Promise<ReadonlyMap<string, Receipt>> {
    return this.store.many(ids);
  }

  /** Whether an account asked for that answer; refuses with `RECEIPT_NOT_FOUND` (404), `RECEIPT_PRIVATE` (403). */
  async ownedBy(id: string, account: string): Promise<Result<void>> {
    const stored = await this.shown.get(id);
    if (stored === null) return err(notFound(id));
    return stored.owner === account ? ok() : err(isPrivate(id));
  }

  /** As `document`, complete: waits for the proof. Refuses with `RECEIPT_PRIVATE` (403), `LOG_NOT_READY` (503) too. */
  async complete(id: string, viewer: Identity): Promise<Result<CompleteDocument>> {
    const stored = await this.find(id);
    if (!stored.ok) return stored;
    const { receipt, evidence, owner } = stored.value;
    if (!maySee(viewer, owner)) return err(isPrivate(id));
    const log = await this.log.proofSoon(id, PROOF_DEADLINE_MS);
    return log === null ? err(notLogged(id)) : ok({ receipt, evidence, log });
  }

  /**
   * Computes an answer again from its blocks. Refuses with `RECEIPT_NOT_FOUND`, `RELEASE_NOT_FOUND`, `BLOCK_CORRUPT`,
   * `QUEUE_FULL`, … where it cannot be computed, with `RECEIPT_NOT_EXACT` and `ENGINE_NOT_EXACT` (409) where the last bit cannot
   * be had; what disagrees is in the report. `CANCELLED` when the signal fires, `ANSWER_TIMEOUT` (503) when its time is up.
   */
  async replay(id: string, signal: AbortSignal): Promise<Result<ReplayReport>> {
    const stored = await this.find(id);
    if (!stored.ok) return stored;
    const { receipt, evidence } = stored.value;
    const exact = requireExact(receipt);
    if (!exact.ok) return exact;
    const statement = checkStatement({ receipt, evidence, log: null }, checkEd25519Native);
    const model = await this.catalog.release(receipt.release);
    if (!model.ok) return model;
    const admission = this.meter.queue.admit(1, 1);
    if (!admission.ok) return admission;
    try {
      const parts = await this.host.use(model.value.engine, (engine) =>
        boundedWork(signal, (listener) => replayAnswer(engine, model.value, receipt, evidence, listener)),
      );
      if (!parts.ok) return parts;
      return ok(replayReport(id, [...statement, await this.checkLogged(receipt), ...parts.value]));
    } finally {
      admission.value.release();
    }
  }

  /** Checks a presented receipt: signature, private part and proof where given, and what this node knows of it. */
  async verify(presented: PresentedReceipt): Promise<ReplayReport> {
    const { receipt } = presented;
    const known = await Promise.all([this.checkLogged(receipt), this.checkRelease(receipt.release)]);
    const kernel = receipt.exact === false ? [] : [this.checkKernel(receipt.kernel)];
    return replayReport(receipt.id, [...checkStatement(presented, checkEd25519Native), ...known, ...kernel]);
  }

  private async find(id: string): Promise<Result<StoredReceipt>> {
    const stored = await this.store.find(id);
    return stored === null ? err(notFound(id)) : ok(stored);
  }

  private async checkLogged(receipt: Receipt): Promise<PartReport> {
    const log = await this.log.proofSoon(receipt.id, PROOF_DEADLINE_MS);
    if (log === null) return disagreeing('log', 'the receipt is not in the log of this node');
    return checkLog(receipt, log, checkEd25519Native);
  }

  private async checkRelease(release: string): Promise<PartReport> {
    const model = await this.catalog.release(release);
    if (!model.ok) return disagreeing('release', model.error.message);
    return agreeing('release', `${model.value.name} ${model.value.version}`);
  }

  private checkKernel(kernel: string): PartReport {
    const own = this.host.current?.kernelHash ?? null;
    if (own === kernel) return agreeing('kernel', 'the kernel of this node');
    return disagreeing('kernel', own === null ? 'the engine is not running' : `this node has kernel ${own}`);
  }
}

function tokensOf({ receipt, evidence }: StoredReceipt): number {
  return evidence.prompt_ids.length + receipt.output.tokens;
}

function notLogged(id: string): CodedError {
  const detail = 'The receipt is not under a checkpoint of the log yet; try again in a second.';
  return new CodedError('LOG_NOT_READY', detail, { receipt: id, retryAfter: 1 }, 503);
}
