import { Injectable, Optional } from '@nestjs/common';
import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  ok,
  sha256Bytes,
  systemClock,
  err,
  type Result,
} from '../../common/index.js';
import { EngineCapacity } from '../engine/engine-capacity.js';
import { EngineHost } from '../engine/engine-host.js';
import type {
  EngineEvent,
  EngineGeneration,
  EnginePort,
  EngineRequest,
  EngineResult,
} from '../engine/engine-port.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import { ServingPlan } from '../models/serving-plan.js';
import { tokenBytes } from '../receipt/index.js';
import { ReceiptIssuer } from '../receipts/receipt-issuer.js';
import type { Answer, AnswerDelta, AnswerRequest, PreparedAnswer } from './answer-request.js';
import { answerFacts, answerUsage } from './answer-facts.js';
import { AnswerFees, type AnswerFee } from './answer-fees.js';
import { AnswerMeter } from './answer-meter.js';
import { AnswerRun } from './answer-run.js';
import { echoedPrompt, withPrompt, type EchoedPrompt } from './echo.js';
import { Deadline, LONGEST_WAIT_MS } from './deadline.js';
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
      return await this.fees.during(prepared.owner, answers, (fees) =>
        this.host.use(prepared.model.engine, async (engine) => {
          const echo = await echoedPrompt(engine, prepared, listener.signal);
          if (prepared.maxTokens === 0) this.meter.read(prepared.promptIds.length);
          return echo.ok ? this.runAll(engine, prepared, echo.value, { ...listener, fees }) : echo;
        }),
      );
    } finally {
      admission.value.release();
    }
  }

  /** All choices at once; when one fails, the others are stopped. */
  private async runAll(
    engine: EnginePort,
    prepared: PreparedAnswer,
    echo: EchoedPrompt | null,
    listener: RecordedListener,
  ): Promise<Result<readonly Answer[]>> {
    const failure = new AbortController();
    const signal = AbortSignal.any([listener.signal, failure.signal]);
    const answers: Answer[] = [];
    const choices = Array.from({ length: prepared.choices }, async (_, choice) => {
      if (echo !== null) listener.on({ choice, ...echo });
      const own = { ...listener, signal };
      const answer =
        prepared.maxTokens === 0
          ? ok(NOTHING)
          : await this.runChoice(engine, ofChoice(prepared, choice), choice, own);
      if (answer.ok) answers[choice] = withPrompt(answer.value, echo);
      else failure.abort();
      return answer;
    });
    const failed = (await Promise.all(choices)).find((answer) => !answer.ok);
    return failed !== undefined && !failed.ok ? failed : ok(answers);
  }

  private async runChoice(
    engine: EnginePort,
    prepared: PreparedAnswer,
    choice: number,
    listener: RecordedListener,
  ): Promise<Result<Answer>> {
    const startedAt = systemClock.now();
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
    const { text, ids, tokens } = run;
    const { kernelHash: kernel, lane } = engine;
    const experts = run.experts(result.value.experts);
    const made = { kernel, lane, experts, finish, startedAt };
    const receipt = await this.receipts.issue(prepared, run, made, listener.fees.at(choice));
    const answer = {
      text,
      tokens,
      completionTokens: ids.length,
      cachedTokens: result.value.cachedTokens,
      finish,
      receipt,
      timings: result.value.timings,
    };
    this.meter.finished(listener.id, prepared, answer);
    listener.record.answered(answer, choice, startedAt);
    return ok(answer);
  }
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

/** One generation in the engine, ended by a signal or by its deadline. */
class EngineTask {
  private readonly generation: EngineGeneration;
  private readonly deadline = new Deadline(() => this.cancel());
  private readonly onAbort = () => this.cancel();

  constructor(
    engine: EnginePort,
    request: EngineRequest,
    private readonly signal: AbortSignal,
    on: (event: EngineEvent) => void,
  ) {
    this.generation = engine.generate(request, (event) => {
      this.deadline.begun();
      on(event);
    });
    signal.addEventListener('abort', this.onAbort, { once: true });
    if (signal.aborted) this.cancel();
  }

  cancel(): void {
    this.generation?.cancel();
  }

  async done(): Promise<Result<EngineResult>> {
    try {
      const result = await this.generation.done;
      const late = this.deadline.refusal();
      return late === null ? result : err(late);
    } finally {
      this.signal.removeEventListener('abort', this.onAbort);
      this.deadline.stop();
    }
  }
}

function engineRequest(prepared: PreparedAnswer): EngineRequest {
  const { model, promptIds, maxTokens, sampling, stop, logprobs, speculative } = prepared;
  const waiting = { priority: 'inference', maxWaitMs: LONGEST_WAIT_MS } as const;
  const request = {
    release: model.release,
    promptIds,
    maxTokens,
    stopIds: model.stopIds,
    sampling,
    ...waiting,
    ...(stop.length === 0 ? {} : { routes: true }),
    ...(speculative === undefined ? {} : { speculative }),
  };
  return logprobs === undefined ? request : { ...request, logprobs };
}

/** Choice i of a request: seed + i, and a salt of its own that follows from the request's. */
function ofChoice(prepared: PreparedAnswer, choice: number): PreparedAnswer {
  if (choice === 0) return prepared;
  const salt = bytesToHex(sha256Bytes(concatBytes(hexToBytes(prepared.salt), tokenBytes([choice]))));
  return { ...prepared, salt, sampling: { ...prepared.sampling, seed: prepared.sampling.seed + choice } };
}
