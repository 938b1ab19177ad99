import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { DecisionAction } from './decision-action.js';

/** What this server can do about itself; modules add their actions when they start. */
@Injectable()
export class ActionRegistry {
  private readonly actions = new Map<string, DecisionAction>();

  /** Adds an action; a second one of the same name, whatever its type, is a bug: overrides go by name. */
  register(action: DecisionAction): void {
    const key = keyOf(action.type, action.name);
    if (this.all.some(({ name }) => name === action.name))
      throw new Error(`the action ${key} exists already`);
    this.actions.set(key, action);
  }

  /** All of them. */
  get all(): readonly DecisionAction[] {
    return [...this.actions.values()];
  }

  /** An action by type and name; an override may order one of any type. `ACTION_UNKNOWN` (404). */
  of(type: string, name: string): Result<DecisionAction> {
    const action =
      type === 'guardian_override'
        ? this.all.find((each) => each.name === name)
        : this.actions.get(keyOf(type, name));
    if (action !== undefined) return ok(action);
    const known = this.all.map((each) => keyOf(each.type, each.name)).join(', ');
    const detail = `There is no action ${keyOf(type, name)}; there are ${known}.`;
    return err(new CodedError('ACTION_UNKNOWN', detail, { type, action: name }, 404));
  }
}

function keyOf(type: string, name: string): string {
  return `${type}/${name}`;
}
