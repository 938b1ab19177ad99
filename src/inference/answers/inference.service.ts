import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  ok,
  sha256Bytes,
  systemClock,
  type Clock,
  type Result,
} from '../../common/index.js';
import { DatabaseClock } from '../../database/index.js';
import { EngineCapacity } from '../engine/engine-capacity.js';
import { EngineHost } from '../engine/engine-host.js';
import type { EnginePort, EngineResult } from '../engine/engine-port.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import { ServingPlan } from '../models/serving-plan.js';
import { tokenBytes } from '../receipt/index.js';
import { ReceiptIssuer, type GenerationFacts } from '../receipts/receipt-issuer.js';
import type { Answer, AnswerDelta, AnswerRequest, PreparedAnswer } from './answer-request.js';
import { answerFacts, answerUsage } from './answer-facts.js';
import { AnswerFees, type AnswerFee } from './answer-fees.js';
import { AnswerMeter } from './answer-meter.js';
import { AnswerRun } from './answer-run.js';
import { echoedPrompt, withPrompt, type EchoedPrompt } from './echo.js';
import { EngineTask, engineRequest } from './engine-task.js';
import { prepareAnswer } from './prepare-answer.js';
import type { RequestRecord } from './request-record.js';
import { requestKey } from './request-key.js';
import { ShadowAnswers } from './shadow-answers.js';

/** Who wants an answer: its name for events, when to give up, and where the pieces go. */
export interface AnswerListener {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly on: (delta: AnswerDelta) => void;
  /** The `traceparent` header of the request. */
  readonly traceParent?: string;
}

/** The same, with what is noted for metrics and traces, and what each answer costs. */
interface RecordedListener extends AnswerListener {
  readonly record: RequestRecord;
  readonly fees: readonly AnswerFee[];
}

/** Answers requests: text or ids in, text and a receipt out. */
@Injectable()
export class InferenceService {
  constructor(
    private readonly catalog: ModelCatalog,
    private readonly encoder: PromptEncoder,
    private readonly host: EngineHost,
    private readonly meter: AnswerMeter,
    private readonly receipts: ReceiptIssuer,
    @Optional() private readonly plan: ServingPlan = new ServingPlan(),
    @Optional() private readonly shadows: ShadowAnswers = new ShadowAnswers(catalog, host, plan),
    @Optional() private readonly capacity?: EngineCapacity,
    @Optional() private readonly fees: AnswerFees = new AnswerFees(),
    /** What receipts say of when: rewards compare it with the time of leaves. */
    @Optional() @Inject(DatabaseClock) private readonly clock: Clock = systemClock,
  ) {}

  /** Checks and tokenises a request. Refusals are coded and name the parameter (`facts.param`). */
  async prepare(request: AnswerRequest): Promise<Result<PreparedAnswer>> {
    const model = await this.catalog.resolve(request.model, () => requestKey(request));
    if (!model.ok) return model;
    const held = this.capacity?.tokens(model.value.engine.config);
    return prepareAnswer(request, model.value, (...text) => this.encoder.encode(...text), held);
  }

  /**
   * Makes all choices of a prepared answer and stores their receipts before it resolves. Refuses with `QUEUE_FULL`,
   * `ANSWER_TIMEOUT`, `FEE_EXCEEDS_BALANCE` and what the engine refuses with. When the listener's signal fires, the work stops
   * within a step and what was made so far is the answer, finished as `cancelled`.
   */
  async run(prepared: PreparedAnswer, listener: AnswerListener): Promise<Result<readonly Answer[]>> {
    const record = this.meter.record(answerFacts(prepared, listener.id, listener.traceParent));
    try {
      const answers = await this.runAdmitted(prepared, { ...listener, record, fees: [] });
      record.end(answers, (made) => answerUsage(prepared, made));
      this.observe(prepared, answers);
      return answers;
    } catch (thrown) {
      record.failed(thrown);
      throw thrown;
    }
  }

  /** Tells the serving plan how the release did, and lets a shadow release compute the same. */
  private observe(prepared: PreparedAnswer, answers: Result<readonly Answer[]>): void {
    if (prepared.maxTokens === 0 || (!answers.ok && answers.error.status < 500)) return;
    const first = answers.ok ? answers.value.at(0)?.timings.firstTokenMs : undefined;
    this.plan.observe(prepared.model.release, first ?? null);
    if (answers.ok) this.shadows.follow(prepared);
  }

  private async runAdmitted(
    prepared: PreparedAnswer,
    listener: RecordedListener,
  ): Promise<Result<readonly Answer[]>> {
    const admission = this.meter.queue.admit(prepared.choices, prepared.choices * prepared.maxTokens);
    if (!admission.ok) return admission;
    try {
      const answers = prepared.maxTokens === 0 ? 0 : prepared.choices;
      // The engine first: one that cannot be had costs nothing.
      return await this.host.use(prepared.model.engine, (engine) =>
        this.fees.during(prepared.owner, answers, async (fees) => {
          const echo = await echoedPrompt(engine, prepared, listener.signal);
          if (prepared.maxTokens === 0) this.meter.read(prepared.promptIds.length);
          return echo.ok ? this.runAll(engine, prepared, echo.value, { ...listener, fees }) : echo;
        }),
      );
    } finally {
      admission.value.release();
    }
  }

  /**
   * All choices at once; when one fails, the others are stopped. Receipts follow when all have ended: where one failed nobody gets an
   * answer, so what the others have made is stated, but costs nothing.
   */
  private async runAll(
    engine: EnginePort,
    prepared: PreparedAnswer,
    echo: EchoedPrompt | null,
    listener: RecordedListener,
  ): Promise<Result<readonly Answer[]>> {
    const failure = new AbortController();
    const own = { ...listener, signal: AbortSignal.any([listener.signal, failure.signal]) };
    const ended = await allEnded(
      Array.from({ length: prepared.choices }, async (_, choice) => {
        try {
          if (echo !== null) listener.on({ choice, ...echo });
          if (prepared.maxTokens === 0) return ok(null);
          const made = await this.generate(engine, ofChoice(prepared, choice), choice, own);
          if (!made.ok) failure.abort();
          return made;
        } catch (thrown) {
          failure.abort();
          throw thrown;
        }
      }),
    );
    const failed = ended.find((made) => !made.ok);
    const fees = failed === undefined ? listener.fees : [];
    const answers = await allEnded(
      ended.flatMap((made, choice) => {
        if (!made.ok) return [];
        return [made.value === null ? NOTHING : this.state(made.value, listener, fees.at(choice))];
      }),
    );
    if (failed !== undefined && !failed.ok) return failed;
    return ok(answers.map((answer) => withPrompt(answer, echo)));
  }

  private async generate(
    engine: EnginePort,
    prepared: PreparedAnswer,
    choice: number,
    listener: RecordedListener,
  ): Promise<Result<MadeChoice>> {
    const [startedAt, began] = [systemClock.now(), performance.now()];
    this.meter.started(listener.id, prepared);
    const run = new AnswerRun(prepared, choice, listener.on, () => task.cancel());
    const task = new EngineTask(engine, engineRequest(prepared), listener.signal, (event) => {
      this.meter.event(listener.id, event);
      run.take(event);
    });
    if (run.stopped) task.cancel();
    const result = await task.done();
    if (!result.ok) {
      this.meter.failed(listener.id, prepared);
      return result;
    }
    run.end();
    const finish = run.stopped ? 'stop' : result.value.finish;
    const { kernelHash: kernel, lane } = engine;
    const experts = run.experts(result.value.experts);
    const finishedAt = this.clock.now();
    const took = Math.round(performance.now() - began);
    const facts = { kernel, lane, experts, finish, startedAt: finishedAt - took, finishedAt };
    return ok({ prepared, choice, startedAt, run, facts, result: result.value });
  }

  /** Stores the receipt of what was generated, and takes its fee. */
  private async state(made: MadeChoice, listener: RecordedListener, fee?: AnswerFee): Promise<Answer> {
    const { prepared, choice, startedAt, run, facts, result } = made;
    const receipt = await this.receipts.issue(prepared, run, facts, fee);
    const answer = {
      text: run.text,
      tokens: run.tokens,
      completionTokens: run.ids.length,
      cachedTokens: result.cachedTokens,
      finish: facts.finish,
      receipt,
      timings: result.timings,
    };
    this.meter.finished(listener.id, prepared, answer);
    listener.record.answered(answer, choice, startedAt);
    return answer;
  }
}

/** What was generated for one choice. */
interface MadeChoice {
  readonly prepared: PreparedAnswer;
  readonly choice: number;
  /** By this machine's clock, ms since the epoch. */
  readonly startedAt: number;
  readonly run: AnswerRun;
  readonly facts: GenerationFacts;
  readonly result: EngineResult;
}

/** What all of them come to. Throws what one has thrown, once none of them does anything any more. */
async function allEnded<T>(work: readonly (T | Promise<T>)[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** The answer of a request for no tokens. */
const NOTHING: Answer = {
  text: '',
  tokens: [],
  completionTokens: 0,
  cachedTokens: 0,
  finish: 'length',
  receipt: null,
  timings: { queuedMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 },
};

/** Choice i of a request: seed + i, and a salt of its own that follows from the request's. */
function ofChoice(prepared: PreparedAnswer, choice: number): PreparedAnswer {
  if (choice === 0) return prepared;
  const salt = bytesToHex(sha256Bytes(concatBytes(hexToBytes(prepared.salt), tokenBytes([choice]))));
  return { ...prepared, salt, sampling: { ...prepared.sampling, seed: prepared.sampling.seed + choice } };
}
