import { CodedError, err, ok, type Result } from '../../common/index.js';
import { positionsWithin } from '../dispute/work.js';
import type { EngineModel } from '../engine/engine-port.js';
import type { Statement } from '../dispute/index.js';
import type { OpenTestimony } from './open-testimonies.js';
import type { TestimonyQuestion } from './question.js';
import { digestRow } from './rows.js';
import { WitnessRunner } from './witness-runner.js';

/** Multiplications that a testimony may take: the plain arithmetic does about 10^8 a second. */
const MOST_WORK = 6e9;

/**
 * What this node says of one of its answers: the states as its kernel gives them now, all below them as the plain arithmetic gives
 * it from the blocks that the node has, in a thread that begins with the first such question.
 */
export class OwnTestimony implements OpenTestimony {
  private runner: WitnessRunner | null = null;
  /** How many positions MOST_WORK allows; counted when the first is asked for. */
  private reachable: number | null = null;

  constructor(
    private readonly model: EngineModel,
    private readonly statement: Statement,
    private readonly states: readonly Uint8Array[],
  ) {}

  get isOver(): boolean {
    return this.runner?.isOver ?? false;
  }

  /** Refuses with `TESTIMONY_TOO_LONG` (409) where the plain arithmetic would take minutes. */
  async rows(question: TestimonyQuestion): Promise<Result<readonly string[]>> {
    const { first, end } = question;
    if (question.of === 'states') return ok(this.states.slice(first, end).map((state) => digestRow([state])));
    const { config, release, blocks } = this.model;
    const { promptIds, outputIds } = this.statement;
    const positions = promptIds.length + outputIds.length - 1;
    this.reachable ??= positionsWithin(MOST_WORK, config, promptIds.length, positions);
    if (end > this.reachable) return err(tooLong(end));
    const { statement, states } = this;
    this.runner ??= new WitnessRunner({ model: { release, config, blocks }, statement, states });
    return this.runner.rows(question);
  }

  async stop(): Promise<void> {
    await this.runner?.stop();
  }
}

function tooLong(positions: number): CodedError {
  const message = `Computing ${positions} positions of this model in plain arithmetic would take minutes.`;
  return new CodedError('TESTIMONY_TOO_LONG', message, { positions, most: MOST_WORK }, 409);
}
