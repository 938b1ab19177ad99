import { Injectable } from '@nestjs/common';
import type { Json } from '../canonical-json.js';
import type { Result } from '../result.js';
import type { AutonomyGate } from './autonomy-gate.js';

/** Another action that would do instead of the one asked for: a guardian may choose it. Its sentences are as those of the action. */
export interface AlternativeAction {
  readonly action: string;
  readonly blastRadius: string;
  readonly blastShare: number;
  readonly expectedEffect: string;
  readonly undo: string;
}

/** An automatic action somebody wants to take: enough to judge it, and to judge it again later. */
export interface ProposedAction {
  readonly type: 'healing' | 'monitoring' | 'deployment' | 'scaling' | 'rollback';
  /** Name of the action, such as `restart-engine`. */
  readonly action: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** The same key with the same body is the same action, with another body a conflict. */
  readonly idempotencyKey: string;
  /** Measured features the confidence is computed from, each between 0 and 1. */
  readonly features: Readonly<Record<string, number>>;
  /** In one sentence each: why, what is touched, what should be better afterwards, how it is undone. */
  readonly why: string;
  readonly blastRadius: string;
  /** Share of what is asked of the server that it refuses, cuts off or lets fail, 0 to 1: what the matrix limits. */
  readonly blastShare: number;
  readonly expectedEffect: string;
  readonly undo: string;
  /** What whoever asks would do as well, if a guardian says so instead; none where left out. */
  readonly alternatives?: readonly AlternativeAction[];
}

/** What has become of a decision, and for which action it stands: a guardian may have chosen another one. */
export interface DecisionStanding {
  readonly state: string;
  readonly action: string;
}

/** `go`: act now and report; `wait`: a guardian was asked, who will be told by event; `no`: do not act. */
export interface Authorization {
  readonly answer: 'go' | 'wait' | 'no';
  readonly reason: string;
  /** The decision this is recorded under; null where nobody records decisions. */
  readonly decision: string | null;
}

/** Who judges proposed actions and remembers what became of them. */
export interface Authority {
  ask(action: ProposedAction): Promise<Authorization>;
  /** What the check after the action found. Telling twice changes nothing. */
  report(decision: string, outcome: { readonly helped: boolean; readonly detail: string }): Promise<void>;
  /** Nobody needs to answer any more: what the action was for is over. Telling twice changes nothing. */
  withdraw(decision: string, why: string): Promise<void>;
  /** Nothing was done although it was allowed: no outcome to learn from. Telling twice changes nothing. */
  refuse(decision: string, why: string): Promise<void>;
  /** What has become of a decision, whoever answered it and in whichever process; null where it is not known. */
  stateOf(decision: string): Promise<DecisionStanding | null>;
}

/** Takes back what still lasts of an action that somebody took by itself. @returns what was done, or why it cannot be */
export type TakeBack = (parameters: ProposedAction['parameters']) => Result<string>;

/** The way up from modules that act to the module that authorizes: without one, the gate alone decides. */
@Injectable()
export class ActionAuthority {
  private authority: Authority | undefined;
  private readonly takeBacks = new Map<string, TakeBack>();

  constructor(private readonly gate: AutonomyGate) {}

  /** Lets `authority` judge until the returned function is called. */
  use(authority: Authority): () => void {
    this.authority = authority;
    return () => {
      if (this.authority === authority) this.authority = undefined;
    };
  }

  /** Lets actions of that name be taken back by `takeBack`, until the returned function is called. */
  undoable(action: string, takeBack: TakeBack): () => void {
    this.takeBacks.set(action, takeBack);
    return () => void this.takeBacks.delete(action);
  }

  /** Takes back what still lasts of an action, in this process; null where nobody here can. */
  takeBack({ action, parameters }: Pick<ProposedAction, 'action' | 'parameters'>): Result<string> | null {
    return this.takeBacks.get(action)?.(parameters) ?? null;
  }

  /** Asks whether an action may be taken; the gate is asked first, whoever judges. */
  async ask(action: ProposedAction): Promise<Authorization> {
    const { allowed, reason } = this.gate.state();
    if (!allowed) return { answer: 'no', reason, decision: null };
    return this.authority?.ask(action) ?? { answer: 'go', reason: 'nobody limits this', decision: null };
  }

  /** Passes on what became of an action that was authorized. */
  async report(
    decision: string | null,
    outcome: { readonly helped: boolean; readonly detail: string },
  ): Promise<void> {
    if (decision !== null) await this.authority?.report(decision, outcome);
  }

  /** Passes on that a question about an action need not be answered any more. */
  async withdraw(decision: string | null, why: string): Promise<void> {
    if (decision !== null) await this.authority?.withdraw(decision, why);
  }

  /** Passes on that an action that was authorized was not taken, because there was nothing to be done by it. */
  async refuse(decision: string | null, why: string): Promise<void> {
    if (decision !== null) await this.authority?.refuse(decision, why);
  }

  /** How a decision stands as it is recorded; null where nobody knows. */
  async stateOf(decision: string | null): Promise<DecisionStanding | null> {
    return decision === null ? null : ((await this.authority?.stateOf(decision)) ?? null);
  }
}
