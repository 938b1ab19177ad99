import type { SideName, Statement, Verdict } from '../dispute/index.js';
import type { EngineModel } from '../engine/engine-port.js';
import type { PlainResult } from '../kernel/node/protocol.js';
import type { TestimonyQuestion } from './question.js';

/** What a thread that referees is started with. */
export interface RefereeThreadData {
  /** With files of blocks that reading verifies. */
  readonly model: EngineModel;
  readonly a: Statement;
  readonly b: Statement;
}

/** From the thread: a question for one of the sides, or the verdict. */
export type FromReferee =
  | { readonly id: number; readonly side: SideName; readonly question: TestimonyQuestion }
  | { readonly verdict: PlainResult<Verdict> };

/** To the thread: what the side said. */
export interface ToReferee {
  readonly id: number;
  readonly rows: PlainResult<readonly string[]>;
}
