import type { Json, Result } from '../../common/index.js';
import type { DecisionType, Features } from '../../decision/index.js';

/** Parameters of an action: a flat JSON object. */
export type ActionParameters = Readonly<Record<string, Json>>;

/** What would do instead of what is proposed, described as that is. */
export interface Alternative {
  readonly action: string;
  readonly touches: string;
  readonly blastRadius: number;
  readonly expectedEffect: string;
  readonly undo: string;
}

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
  /** Whether it puts what was served before in front of people again: nothing new, but not by itself while the security score is low. */
  readonly goesBack?: true;
  /** Other actions of whoever acts by itself, of which a guardian may choose one instead. */
  readonly alternatives?: readonly Alternative[];
}

/** What the check after an action found. */
export interface Verification {
  readonly helped: boolean;
  readonly detail: string;
}

/** How an action is to be done. */
export interface ActionRun {
  /** Who decided it. */
  readonly actor: string;
  /** Aborted when its time is over, and by an emergency stop that comes before `begin`. */
  readonly signal: AbortSignal;
  /**
   * To be called at the last moment before the first change, best in its transaction, and by each further part of the effect: throws
   * where it must not be any more. What has begun is finished, whatever is stopped; calling it again only asks for the time.
   */
  begin(): void;
}

/**
 * Something the server can do about itself. What `prepare` answers is kept before anything is done, and is all that the rest
 * gets besides the parameters, also after a crash. `execute` and `undo` are safe to repeat: they lead to a state, they do not
 * add to one.
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
  /**
   * Why a question about it need not be answered any more, in words: what it is about is gone, or done already. Null: it is a question
   * still. Changes nothing; without it only the time ends a question.
   */
  superseded?(parameters: ActionParameters): Promise<string | null>;
  /** How things are before it, and what it will lead to; changes nothing. Never answers null. */
  prepare(parameters: ActionParameters): Promise<Result<Json>>;
  execute(parameters: ActionParameters, plan: Json, run: ActionRun): Promise<Result<void>>;
  /** Whether things are as it wants them; changes nothing. */
  verify(parameters: ActionParameters, plan: Json, signal: AbortSignal): Promise<Verification>;
  /** Leads back to how things were. @param actor who wants it */
  undo(parameters: ActionParameters, plan: Json, actor: string): Promise<Result<void>>;
}
