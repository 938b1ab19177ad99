import { CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import { CommitmentChain, publishCommitments } from '../commitment/index.js';
import { Sampler } from '../sampler/index.js';
import type { Place } from './place.js';
import { PlainForward, type PositionTrace, type Tamper } from './plain-forward.js';
import type { PlainWeights } from './referee/weights.js';
import { digestTrace, type PositionDigests } from './trace-digests.js';
import type { Statement, Witness } from './witness.js';

/** A question and what a side is computed with. */
export interface WitnessOptions {
  readonly weights: PlainWeights;
  readonly sha256: Sha256;
  /** Changes outputs: for tests. */
  readonly tamper?: Tamper;
}

/** What `answer` computes besides: where a dishonest side leaves the path, for tests. */
export interface AnswerFaults {
  /** Changes the token the sampler picked. */
  readonly token?: (index: number, token: number) => number;
  /** The seed that is really used, in place of the one that is stated. */
  readonly seed?: number;
}

/** A side that computes what it is asked for, in plain TypeScript. */
export class PlainWitness implements Witness {
  private readonly forward: PlainForward;
  private readonly digests: PositionDigests[] = [];
  /** The last position computed, so that its values need not be computed twice. */
  private latest: { readonly position: number; readonly trace: PositionTrace } | null = null;
  private readonly ids: number[];

  /** @param knownStates the commitment chain over the stated tokens, where it is known; otherwise it is computed */
  constructor(
    readonly statement: Statement,
    private readonly options: WitnessOptions,
    private readonly knownStates: readonly Uint8Array[] | null = null,
  ) {
    this.forward = new PlainForward(options.weights, options.tamper ?? null);
    this.ids = [...statement.promptIds, ...statement.outputIds];
  }

  /** Answers a question of so many tokens and makes the side that stands for it; refuses `LOGITS_NOT_FINITE`, as an engine does. */
  static async answer(
    question: Pick<Statement, 'release' | 'kernelHash' | 'promptIds' | 'sampling' | 'salt'>,
    tokens: number,
    options: WitnessOptions,
    faults: AnswerFaults = {},
  ): Promise<Result<PlainWitness>> {
    const outputIds: number[] = [];
    const states: Uint8Array[] = [];
    const commitments: Uint8Array[] = [];
    const side = new PlainWitness({ ...question, outputIds, commitments }, options, states);
    const sampling = { ...question.sampling, seed: faults.seed ?? question.sampling.seed };
    const sampler = new Sampler(sampling, question.promptIds);
    const chain = new CommitmentChain({ ...question, sampling }, options.sha256);
    for (let index = 0; index < tokens; index++) {
      const logits = side.logits(index);
      if (!logits.ok) return logits;
      if (!logits.value.every(Number.isFinite)) return err(notFinite(question.release));
      const pick = sampler.choose(logits.value, index);
      const token = faults.token?.(index, pick) ?? pick;
      sampler.accept(token);
      states.push(chain.append(token, logits.value));
      outputIds.push(token);
      side.ids.push(token);
    }
    commitments.push(...publishCommitments(states, question.salt, options.sha256));
    return ok(side);
  }

  async states(first: number, end: number): Promise<Result<readonly Uint8Array[]>> {
    if (this.knownStates !== null) return ok(this.knownStates.slice(first, end));
    const chain = new CommitmentChain(this.statement, this.options.sha256);
    const states: Uint8Array[] = [];
    for (const [index, token] of this.statement.outputIds.slice(0, end).entries()) {
      const digests = this.digestsOf(this.statement.promptIds.length - 1 + index);
      if (!digests.ok) return digests;
      states.push(chain.appendDigest(token, digests.value.operators.at(-1)!.at(-1)!));
    }
    return ok(states.slice(first));
  }

  async positions(count: number): Promise<Result<readonly Uint8Array[]>> {
    if (count > 0) {
      const last = this.digestsOf(count - 1);
      if (!last.ok) return last;
    }
    return ok(this.digests.slice(0, count).map(({ position }) => position));
  }

  async sections(position: number): Promise<Result<readonly Uint8Array[]>> {
    const digests = this.digestsOf(position);
    return digests.ok ? ok(digests.value.sections) : digests;
  }

  async operators(position: number, section: number): Promise<Result<readonly Uint8Array[]>> {
    const digests = this.digestsOf(position);
    return digests.ok ? ok(digests.value.operators[section]) : digests;
  }

  async value(place: Place): Promise<Result<Float32Array>> {
    const { position, section, operator, rank } = place;
    const before = this.digestsOf(position);
    if (!before.ok) return before;
    const kept = this.forward.kept(place);
    if (kept !== null) return ok(kept);
    const trace = this.traceOf(position);
    if (!trace.ok) return trace;
    const found = trace.value[section].find((entry) => entry.operator === operator && entry.rank === rank);
    if (found === undefined) throw new Error(`section ${section} has no operator ${operator} ${rank}`);
    return ok(found.value);
  }

  private logits(index: number): Result<Float32Array> {
    const position = this.statement.promptIds.length - 1 + index;
    const digests = this.digestsOf(position);
    if (!digests.ok) return digests;
    const trace = this.traceOf(position);
    return trace.ok ? ok(trace.value.at(-1)!.at(-1)!.value) : trace;
  }

  /** The digests of a position, after those before it. */
  private digestsOf(position: number): Result<PositionDigests> {
    for (let next = this.digests.length; next <= position; next++) {
      const trace = this.traceOf(next);
      if (!trace.ok) return trace;
      this.digests.push(digestTrace(trace.value, this.options.sha256));
    }
    return ok(this.digests[position]);
  }

  private traceOf(position: number): Result<PositionTrace> {
    if (this.latest?.position === position) return ok(this.latest.trace);
    const withHead = position >= this.statement.promptIds.length - 1;
    const trace = this.forward.run(position, this.ids[position], withHead);
    if (trace.ok) this.latest = { position, trace: trace.value };
    return trace;
  }
}

function notFinite(release: string): CodedError {
  const message = `the weights of release ${release} give logits that are not finite`;
  return new CodedError('LOGITS_NOT_FINITE', message, { release }, 500);
}
