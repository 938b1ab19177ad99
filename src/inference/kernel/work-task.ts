import type { ModelConfig } from './config.js';
import { EmbedTask } from './embed-task.js';
import type { FinalNorm } from './final-norm.js';
import type { ExpertUse, GenerateEvent, GenerateResult, ReplayResult, Work } from './requests.js';
import { ScoreTask, type TokenScore } from './score-task.js';
import { GenerateTask, LogitsTask, ReplayTask, type TaskContext } from './tasks.js';

/** What comes of a request, by its kind. */
export type WorkResult =
  GenerateResult | ReplayResult | readonly Float32Array[] | Float32Array | readonly TokenScore[];

/** A request while it is computed. */
export type WorkTask = GenerateTask | ReplayTask | LogitsTask | EmbedTask | ScoreTask;

/** What a task needs of the engine that computes it. */
export interface TaskSurroundings extends TaskContext {
  readonly config: ModelConfig;
  /** The normed hidden states, asked for by embeddings only. */
  readonly norm: () => Pick<FinalNorm, 'of'>;
  readonly emit: (event: GenerateEvent) => void;
}

/** Facts of a result that the task does not know. */
export interface WorkFacts {
  readonly experts: () => readonly ExpertUse[];
  readonly cachedTokens: number;
  readonly timings: () => GenerateResult['timings'];
}

/** The answer of a request that was cancelled before it began. */
export function emptyAnswer(queuedMs: number): GenerateResult {
  const timings = { queuedMs, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 };
  return { tokens: [], finish: 'cancelled', states: [], experts: [], cachedTokens: 0, timings };
}

/** The task of a request that was checked. */
export function createTask(work: Work, surroundings: TaskSurroundings): WorkTask {
  const { config, emit, norm } = surroundings;
  if (work.kind === 'logits') return new LogitsTask(work);
  if (work.kind === 'score') return new ScoreTask(work);
  if (work.kind === 'embed') return new EmbedTask(work, norm(), config.hiddenSize);
  if (work.kind === 'replay') return new ReplayTask(work, surroundings, emit);
  return new GenerateTask(work, config.maxPositions, surroundings, emit);
}

/** What a task has come to. */
export function resultOf(task: WorkTask, facts: WorkFacts): WorkResult {
  if (task instanceof LogitsTask) return task.logits;
  if (task instanceof EmbedTask) return task.embedding();
  if (task instanceof ScoreTask) return task.scores;
  const experts = facts.experts();
  if (task instanceof ReplayTask) {
    const { picks, digests, states, firstDifference } = task;
    return { picks, digests, states, firstDifference, experts };
  }
  const { tokens, finish, states } = task;
  const { cachedTokens } = facts;
  return { tokens, finish, states, experts, cachedTokens, timings: facts.timings() };
}
