import type { DecisionType } from '../../decision/index.js';
import type { ActionParameters } from '../actions/decision-action.js';

/** Somebody wants an action taken. */
export interface DecisionAsk {
  readonly type: DecisionType;
  readonly action: string;
  readonly parameters: ActionParameters;
  /** Makes the same request give the same decision; null makes a new one each time. */
  readonly idempotencyKey: string | null;
  readonly emergency: boolean;
  /** Account or component. */
  readonly askedBy: string;
  /** Why, in the words of whoever asks; empty: the action's own. */
  readonly why: string;
  /** The same where it is a part of the request: with other words its key stands for another one. */
  readonly said?: string | undefined;
  /** A guardian orders it: nobody is asked, and the emergency stop does not hold it. */
  readonly orderedBy?: string;
}
