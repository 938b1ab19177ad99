import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SafetyFigures, type EthicsFigures, type LossFigures } from '../../common/autonomy/safety-figures.js';
import {
  bytesToHex,
  CodedError,
  err,
  EventBus,
  hashJson,
  messageOf,
  ok,
  systemClock,
  type Json,
  type Result,
} from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { TextMeter, type ServedModel } from '../../inference/index.js';
import { NodeKeys } from '../../keys/index.js';
import { LogAppender } from '../../log/index.js';
import { measureRelease } from '../measures/measure-release.js';
import { ReleaseBlocks } from '../measures/release-blocks.js';
import { readQuestionSet, type QuestionSet } from '../pairs/question-set.js';
import {
  publishedFigures,
  reportBody,
  type MirrorFigures,
  type MirrorReport,
} from '../report/mirror-report.js';
import { signReport } from '../report/sign-report.js';
import { MirrorRunStore, type MirrorRun } from './mirror-run-store.js';

/** Kind of the log entry of a report. */
export const MIRROR_REPORT = 'mirror.report';
/** Longest time a measurement may take, ms. */
const DEADLINE_MS = 2 * 60 * 60_000;
const ALIVE_EVERY_MS = 30_000;
/** Times that progress is told of, at most. */
const TELLINGS = 50;

/** A run that has begun here; `done` resolves when it has ended, however. */
export interface BegunRun {
  readonly id: string;
  readonly done: Promise<void>;
  /** Ends it soon, as cancelled. */
  cancel(): void;
}

/** Measures releases in the background, one at a time, and answers for what was measured. */
@Injectable()
export class TruthMirror implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('TruthMirror');
  private readonly stopping = new AbortController();
  private readonly current = new Set<Promise<void>>();

  constructor(
    private readonly meter: TextMeter,
    private readonly blocks: ReleaseBlocks,
    private readonly runs: MirrorRunStore,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly keys: NodeKeys,
    private readonly events: EventBus,
    private readonly safety: SafetyFigures,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.safety.provideEthics((release) => this.ethicsOf(release));
    this.safety.provideLoss((release) => this.lossOf(release));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.current);
  }

  /** The key reports are signed with, 64 hex digits. */
  get publicKey(): string {
    return bytesToHex(this.keys.receiptSigner.publicKey);
  }

  /**
   * Begins to measure a release. `MODEL_NOT_FOUND` (404), `TOKENIZER_MISSING`, `ENGINE_NOT_EXACT` (409), `MIRROR_BUSY` (409:
   * another measurement runs), `MIRROR_QUESTIONS`.
   * @param key makes asking again give what was measured already, and take the place of an attempt that was cut off
   */
  async start(
    model: string,
    version: string,
    actor: string,
    key: string | null = null,
  ): Promise<Result<BegunRun>> {
    const measured = key === null ? null : await this.runs.takeOver(key);
    if (measured !== null) return ok({ id: measured, done: Promise.resolve(), cancel: () => undefined });
    const served = await this.meter.model(`${model}@${version}`);
    if (!served.ok) return served;
    if (served.value.tokenizer === null) return err(noText(model));
    const kernel = await this.meter.kernel();
    if (!kernel.ok) return kernel;
    const questions = await readQuestionSet(this.config.truthMirrorQuestions ?? undefined);
    if (!questions.ok) return questions;
    const id = `mirror_${randomUUID().replaceAll('-', '')}`;
    const { release } = served.value;
    const run = { id, model, version, release, actor };
    if (this.stopping.signal.aborted || !(await this.runs.begin(run, key))) return err(busy());
    const own = new AbortController();
    const work = { id, actor, model: served.value, kernel: kernel.value, questions: questions.value };
    const done = this.work(work, own);
    this.current.add(done);
    const forget = () => void this.current.delete(done);
    void done.then(forget, forget);
    return ok({ id, done, cancel: () => own.abort() });
  }

  /** A run; `MIRROR_RUN_NOT_FOUND` (404). */
  async run(id: string): Promise<Result<MirrorRun>> {
    const run = await this.runs.one(id);
    const detail = `There is no measurement ${id}.`;
    return run === null ? err(new CodedError('MIRROR_RUN_NOT_FOUND', detail, { run: id }, 404)) : ok(run);
  }

  private async work(
    work: { id: string; actor: string; model: ServedModel; kernel: string; questions: QuestionSet },
    own: AbortController,
  ): Promise<void> {
    const { id, model } = work;
    const cancelled = own.signal;
    const signal = AbortSignal.any([cancelled, this.stopping.signal, AbortSignal.timeout(DEADLINE_MS)]);
    const alive = setInterval(() => void this.showLife(id, own), ALIVE_EVERY_MS);
    const tell = (state: string, done: number, total: number) =>
      this.events.emit('mirror.progress', {
        ...{ run: id, model: model.name, version: model.version, state, done, total },
      });
    try {
      const figures = await this.measure(work, signal, (done, total) => {
        if (done % Math.ceil(total / TELLINGS) === 0) tell('running', done, total);
      });
      if (!figures.ok) throw figures.error;
      // A generation that was cut off is no refusal: its figures must not count.
      signal.throwIfAborted();
      await this.complete(id, work.actor, figures.value);
      tell('completed', 1, 1);
    } catch (thrown) {
      await this.ended(id, thrown, signal, cancelled);
      tell('failed', 0, 1);
    } finally {
      clearInterval(alive);
    }
  }

  /** A run that another attempt has taken over ends: its figures count for nothing. */
  private async showLife(id: string, own: AbortController): Promise<void> {
    const lives = await this.runs.alive(id).catch(() => true);
    if (!lives) own.abort(takenOver());
  }

  private async measure(
    { model, kernel, questions }: { model: ServedModel; kernel: string; questions: QuestionSet },
    signal: AbortSignal,
    progress: (done: number, total: number) => void,
  ): Promise<Result<MirrorFigures>> {
    const origin = await this.blocks.origin(model.release);
    if (!origin.ok) return origin;
    const facts = { model, kernel, questions, ...origin.value };
    return measureRelease({ ...facts, meter: this.meter, signal, progress });
  }

  private async complete(id: string, actor: string, figures: MirrorFigures): Promise<void> {
    const published = publishedFigures(figures);
    const body = reportBody(id, published, this.publicKey, systemClock.now());
    const report = signReport(body, this.keys.receiptSigner);
    const hash = hashJson(report as unknown as Json);
    const { model, version, release } = figures;
    await this.transactions.run(async (manager) => {
      if (!(await this.runs.complete(manager, id, report, hash))) throw takenOver();
      const data = { model, version, release, figures_hash: report.figures_hash };
      await this.log.append(manager, [{ kind: MIRROR_REPORT, subject: id, actor, hash, data }]);
    });
    this.log.committed();
  }

  private async ended(
    id: string,
    thrown: unknown,
    signal: AbortSignal,
    cancelled: AbortSignal,
  ): Promise<void> {
    const stopped = cancelled.aborted || this.stopping.signal.aborted;
    const late = signal.aborted && !stopped;
    const code = thrown instanceof CodedError ? thrown.code : 'MIRROR_FAILED';
    const [state, why] = stopped ? (['cancelled', 'MIRROR_CANCELLED'] as const) : (['failed', code] as const);
    if (state === 'failed') this.logger.warn(`measurement ${id} failed: ${messageOf(thrown)}`);
    await this.runs
      .end(id, state, late ? 'MIRROR_TIMEOUT' : why, messageOf(thrown))
      .catch((error: unknown) => this.logger.warn(`measurement ${id} stays open: ${messageOf(error)}`));
  }

  /** What the guardians' checks compare; unknown where there is no report. */
  private async ethicsOf(release: string): Promise<EthicsFigures | undefined> {
    const report = await this.runs.latestReport(release);
    return report === null ? undefined : ethicsIn(report);
  }

  private async lossOf(release: string): Promise<LossFigures | undefined> {
    const report = await this.runs.latestReport(release);
    return report === null ? undefined : lossIn(report);
  }
}

/** The loss in a report; undefined where it was made before losses were. */
export function lossIn(report: MirrorReport): LossFigures | undefined {
  const { language, questions } = report.figures as unknown as MirrorFigures;
  if (language === undefined || language === null) return undefined;
  return {
    ...{ natsPerByte: language.nats_per_byte, questions: questions.hash, measuredAt: report.measured_at },
  };
}

/** The figures a report has for the guardians' checks. */
export function ethicsIn(report: MirrorReport): EthicsFigures {
  const { bias, fairness, transparency } = report.figures as unknown as MirrorFigures;
  const missing = (['author', 'licence', 'data'] as const).filter((what) => transparency[what] < 1);
  return {
    ...{ bias: bias?.value ?? null, fairness: fairness?.value ?? null },
    ...{ transparency: transparency.all, missing },
    measuredAt: report.measured_at,
  };
}

function busy(): CodedError {
  const detail = 'Another release is being measured; one is measured at a time.';
  return new CodedError('MIRROR_BUSY', detail, { retryAfter: 60 }, 409);
}

function takenOver(): CodedError {
  return new CodedError('MIRROR_INTERRUPTED', 'Another attempt took its place.', {}, 409);
}

function noText(model: string): CodedError {
  const detail = `${model} has no tokenizer: it takes token ids, and the truth mirror asks in text.`;
  return new CodedError('TOKENIZER_MISSING', detail, { param: 'model' });
}
