import { ok, type Result } from '../../common/index.js';
import type { SideName, Verdict } from '../dispute/index.js';
import { UNHEARD, type AskNode } from './asking-witness.js';

/** A side that gave no testimony, or that there was no referee, and why. */
export interface UnheardSide {
  /** Null: nobody was asked, because the referee could not begin. */
  readonly side: SideName | null;
  /** `NODE_UNREACHABLE`, `NODE_REFUSED`, `NODE_TOO_SLOW`, `NODE_ANSWER_TOO_LARGE`, `TESTIMONY_INVALID`, or what this node itself refuses with. */
  readonly code: string;
  readonly detail: string;
}

/** How a dispute between nodes was settled. */
export interface NodeVerdict extends Verdict {
  /**
   * `receipts`: they alone say it, no node was asked. `testimony`: both nodes were heard, down to the operator. `replay`: both answers
   * were computed again, down to the token.
   */
  readonly method: 'receipts' | 'testimony' | 'replay';
  /** Why it was not settled by testimonies; null where it was. */
  readonly unheard: UnheardSide | null;
}

/**
 * Settles a dispute by the testimonies of both sides. A side that is not heard is not blamed for it: both answers are then computed
 * again, where they can be. Refuses as the two ways do.
 * @param testimony the verdict by what both say, when asked so  @param replay the verdict by computing both again
 */
export async function settleNodes(
  ask: Readonly<Record<SideName, AskNode>>,
  testimony: (ask: Readonly<Record<SideName, AskNode>>) => Promise<Result<Verdict>>,
  replay: (unheard: UnheardSide) => Promise<Result<Verdict>>,
): Promise<Result<NodeVerdict>> {
  let asked = false;
  const noting =
    (node: AskNode): AskNode =>
    (question) => {
      asked = true;
      return node(question);
    };
  const settled = await testimony({ a: noting(ask.a), b: noting(ask.b) });
  if (settled.ok) return ok({ ...settled.value, method: asked ? 'testimony' : 'receipts', unheard: null });
  const { code, message, facts } = settled.error;
  if (code !== UNHEARD) return settled;
  return settleUnheard({ side: facts.side as SideName, code: String(facts.code), detail: message }, replay);
}

/** The verdict where it is known that a side is not heard, or no referee is there: by computing both again. Refuses as that does. */
export async function settleUnheard(
  unheard: UnheardSide,
  replay: (unheard: UnheardSide) => Promise<Result<Verdict>>,
): Promise<Result<NodeVerdict>> {
  const replayed = await replay(unheard);
  return replayed.ok ? ok({ ...replayed.value, method: 'replay', unheard }) : replayed;
}
