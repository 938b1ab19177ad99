import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { StepHandler } from './step-handler.js';

/** Where modules register the steps they can do. */
@Injectable()
export class StepRegistry {
  private readonly handlers = new Map<string, StepHandler>();

  /** Adds a handler. Two of one type are a bug. */
  register(handler: StepHandler): void {
    if (this.handlers.has(handler.type))
      throw new Error(`a step handler for ${handler.type} is registered already`);
    this.handlers.set(handler.type, handler);
  }

  /** Every handler, in order of registration. */
  get all(): readonly StepHandler[] {
    return [...this.handlers.values()];
  }

  /** The handler of a type that a task may have: `TASK_TYPE_UNKNOWN` (422). */
  startable(type: string): Result<StepHandler> {
    const handler = this.handlers.get(type);
    if (handler?.startable === true) return ok(handler);
    const known = this.all.filter(({ startable }) => startable).map((each) => each.type);
    const detail = `There are no tasks of the type ${JSON.stringify(type.slice(0, 64))}; there are ${known.join(', ')}.`;
    return err(new CodedError('TASK_TYPE_UNKNOWN', detail, { known }));
  }

  /** The handler of a step in a plan: `STEP_UNAVAILABLE` (422) where this server has none. */
  of(type: string): Result<StepHandler> {
    const handler = this.handlers.get(type);
    if (handler !== undefined) return ok(handler);
    return err(new CodedError('STEP_UNAVAILABLE', `This server cannot do steps of the type ${type}.`));
  }
}
