import { type Sha256 } from '../../common/index.js';
import { CommitmentChain, digestLogits } from '../commitment/index.js';
import type { Grammars } from '../constraints/index.js';
import { logprobs, type Sampler } from '../sampler/index.js';
import { createSampler } from './constrained.js';
import type { GenerateEvent, GenerateRequest, LogitsRequest, ReplayRequest } from './requests.js';

/** What is known of a position that was computed besides its logits; valid while a task takes them. */
export interface PositionFacts {
  /** Token of the greatest logit, the lowest id among equals; absent where nobody has looked. */
  readonly greatest?: number;
  /** Experts that the position went through: [layer, rank]. */
  readonly route: () => Uint16Array;
}

/** What a sequence is computed for: which logits it wants and what it does with them. */
export interface SequenceTask {
  /** Ids known so far; position i computes ids[i]. Grows while an answer is generated. */
  readonly ids: number[];
  /** Ids known at the start. */
  readonly given: number;
  /** Positions that may be computed at most. */
  readonly positions: number;
  /** Whether the logits of a position are wanted. */
  wantsLogits(position: number): boolean;
  /**
   * Takes the logits of a wanted position (valid during the call only); true = the task is complete.
   * @param facts what else is known of the position
   */
  take(position: number, logits: Float32Array, facts: PositionFacts): boolean;
  /** Where it is there, it sees the final state of every position once that is computed, before `take`; `row` is its row in the model's run. */
  computed?(position: number, row: number): void;
}

/** What all tasks with a commitment chain need. */
export interface TaskContext {
  readonly kernelHash: string;
  readonly sha256: Sha256;
  /** Of the model; null where it has no tokens known as text. */
  readonly grammars: Grammars | null;
}

/** Generates an answer token by token. */
export class GenerateTask implements SequenceTask {
  readonly ids: number[];
  readonly given: number;
  readonly positions: number;
  readonly tokens: number[] = [];
  readonly states: Uint8Array[] = [];
  finish: 'stop' | 'length' | 'cancelled' = 'cancelled';
  private readonly most: number;
  private readonly sampler: Sampler;
  private readonly chain: CommitmentChain;
  private readonly stops: ReadonlySet<number>;

  constructor(
    private readonly request: GenerateRequest,
    maxPositions: number,
    context: TaskContext,
    private readonly emit: (event: GenerateEvent) => void,
  ) {
    this.ids = [...request.promptIds];
    this.given = this.ids.length;
    this.most = Math.min(request.maxTokens, maxPositions - this.given);
    this.positions = this.given + this.most - 1;
    this.sampler = createSampler(request, context.grammars);
    this.chain = new CommitmentChain({ ...request, kernelHash: context.kernelHash }, context.sha256);
    this.stops = new Set(request.stopIds);
  }

  wantsLogits(position: number): boolean {
    return position >= this.given - 1;
  }

  take(position: number, logits: Float32Array, { greatest, route }: PositionFacts): boolean {
    const index = position - this.given + 1;
    const id = this.sampler.choose(logits, index, greatest);
    const state = this.chain.append(id, logits);
    this.sampler.accept(id);
    this.tokens.push(id);
    this.states.push(state);
    this.ids.push(id);
    const { logprobs: top, routes } = this.request;
    const extra = top === undefined ? {} : logprobs(logits, id, top);
    this.emit({ type: 'token', id, index, state, ...extra, ...(routes === true ? { route: route() } : {}) });
    if (this.stops.has(id)) this.finish = 'stop';
    else if (this.tokens.length === this.most) this.finish = 'length';
    return this.finish !== 'cancelled';
  }
}

/** Recomputes a recorded answer in large steps: the tokens are given, so that many positions go through at once. */
export class ReplayTask implements SequenceTask {
  readonly ids: number[];
  readonly given: number;
  readonly positions: number;
  readonly picks: number[] = [];
  readonly digests: Uint8Array[] = [];
  readonly states: Uint8Array[] = [];
  firstDifference: number | null = null;
  private readonly sampler: Sampler;
  private readonly chain: CommitmentChain;

  constructor(
    private readonly request: ReplayRequest,
    private readonly context: TaskContext,
    private readonly emit: (event: GenerateEvent) => void,
  ) {
    this.ids = [...request.promptIds, ...request.outputIds.slice(0, -1)];
    this.given = this.ids.length;
    this.positions = this.ids.length;
    this.sampler = createSampler(request, context.grammars);
    this.chain = new CommitmentChain({ ...request, kernelHash: context.kernelHash }, context.sha256);
  }

  wantsLogits(position: number): boolean {
    return position >= this.request.promptIds.length - 1;
  }

  take(position: number, logits: Float32Array, { greatest }: PositionFacts): boolean {
    const index = position - this.request.promptIds.length + 1;
    const recorded = this.request.outputIds[index];
    const pick = this.sampler.choose(logits, index, greatest);
    if (pick !== recorded) this.firstDifference ??= index;
    const digest = digestLogits(logits, this.context.sha256);
    this.picks.push(pick);
    this.digests.push(digest);
    const state = this.chain.appendDigest(recorded, digest);
    this.states.push(state);
    this.emit({ type: 'token', id: pick, index, state });
    this.sampler.accept(recorded);
    return this.picks.length === this.request.outputIds.length;
  }
}

/** Collects raw logits. */
export class LogitsTask implements SequenceTask {
  readonly ids: number[];
  readonly given: number;
  readonly positions: number;
  readonly logits: Float32Array[] = [];
  private readonly first: number;

  constructor(request: LogitsRequest) {
    this.ids = [...request.ids];
    this.given = this.ids.length;
    this.positions = this.ids.length;
    this.first = this.ids.length - (request.last ?? this.ids.length);
  }

  wantsLogits(position: number): boolean {
    return position >= this.first;
  }

  take(position: number, logits: Float32Array): boolean {
    this.logits.push(Float32Array.from(logits));
    return position === this.ids.length - 1;
  }
}
