import { CodedError, err, ok, type Result } from '../../common/index.js';
import { ReplicaAdapter } from './replica-adapter.js';
import { runProgram } from './run-program.js';

/**
 * Replicas by a program of the operator: `<program> count` prints how many run, `<program> scale <n>` makes it n and exits with 0 when
 * that is done or on its way.
 */
export class CommandReplicas extends ReplicaAdapter {
  readonly name = 'command';

  constructor(
    private readonly program: string,
    private readonly deadlineMs?: number,
  ) {
    super();
  }

  async count(): Promise<Result<number>> {
    const printed = await runProgram(this.program, ['count'], this.deadlineMs);
    if (!printed.ok) return printed;
    if (/^\d{1,6}\s*$/.test(printed.value)) return ok(Number(printed.value));
    const shown = JSON.stringify(printed.value.slice(0, 100));
    const detail = `${this.program} count printed ${shown} instead of a whole number.`;
    return err(new CodedError('REPLICAS_UNAVAILABLE', detail, {}, 503));
  }

  async scale(to: number): Promise<Result<void>> {
    const done = await runProgram(this.program, ['scale', String(to)], this.deadlineMs);
    return done.ok ? ok() : done;
  }
}
