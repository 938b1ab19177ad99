import type { Json, Result } from '../../common/index.js';
import type { DecisionType, Features } from '../../decision/index.js';

/** Parameters of an action: a flat JSON object. */
export type ActionParameters = Readonly<Record<string, Json>>;

/** An action measured and ready to be judged. */
export interface Proposal {
  /** Whom it concerns: a model, a component. */
  readonly subject: string;
  /** Measured by the action itself, 0 to 1 each; what nobody measured is left out. */
  readonly features: Features;
  /** Share of what the server does that it would touch, 0 to 1. */
  readonly blastRadius: number;
  /** One sentence each, for whoever must decide. */
  readonly what: string;
  readonly why: string;
  readonly touches: string;
  readonly expectedEffect: string;
  readonly undo: string;
  /** What was measured and how, for whoever must decide. */
  readonly evidence: Readonly<Record<string, Json>>;
  /** The release it puts in front of people; its ethics are checked first. Null: it puts none. */
  readonly release: string | null;
}

/** What the check after an action found. */
export interface Verification {
  readonly helped: boolean;
  readonly detail: string;
}

/**
 * Something the server can do about itself. `execute` is safe to repeat: it leads to a state, it does not add to one.
 * What it answers is kept, and is all that `verify` and `undo` get besides the parameters.
 */
export interface DecisionAction {
  readonly type: DecisionType;
  /** Lower case with underscores, such as `promote`. */
  readonly name: string;
  /** What it does, in one sentence. */
  readonly summary: string;
  /** Name to meaning of each parameter. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Longest time that `execute` and `verify` may take together, ms. */
  readonly timeoutMs: number;
  /** Checks the parameters and measures; changes nothing. */
  propose(parameters: ActionParameters): Promise<Result<Proposal>>;
  /** @param actor who decided it */
  execute(parameters: ActionParameters, actor: string): Promise<Result<Json>>;
  verify(parameters: ActionParameters, result: Json): Promise<Verification>;
  undo(parameters: ActionParameters, result: Json, actor: string): Promise<Result<void>>;
}
