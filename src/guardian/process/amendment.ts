import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { ActionRegistry } from '../actions/action-registry.js';
import type { ActionParameters } from '../actions/decision-action.js';
import type { DecisionChange, DecisionRow } from '../store/rows.js';

/** How a guardian wants something else than what was asked. */
export interface Wish {
  readonly approved: boolean;
  /** Approves these parameters instead of those asked for; null: as asked. */
  readonly amended: ActionParameters | null;
  /** Approves this one of the offered alternatives instead of the action asked for. */
  readonly instead?: string;
}

/** What becomes of a decision by it: what the question's answer records, and what changes in the decision. */
export interface Amendment {
  readonly amended: ActionParameters | null;
  readonly change: DecisionChange;
}

/**
 * What a guardian makes of a decision. This server's own actions take other parameters; whoever acts by itself does one of the
 * alternatives it offered. `AMENDMENT_IMPOSSIBLE` (409), and what the action refuses parameters with.
 */
export async function amendmentOf(
  row: DecisionRow,
  { approved, amended, instead }: Wish,
  registry: ActionRegistry,
): Promise<Result<Amendment>> {
  if (instead !== undefined) return amended === null && approved ? another(row, instead) : either(approved);
  if (amended === null) return ok({ amended, change: {} });
  if (!approved) return either(approved);
  if (row.delegated) return impossible(`Whoever asked for it acts by itself: ${offerOf(row)}.`);
  const action = registry.of(row.type, row.action);
  if (!action.ok) return action;
  const proposal = await action.value.propose(amended);
  return proposal.ok ? ok({ amended, change: { parameters: amended } }) : proposal;
}

function another(row: DecisionRow, instead: string): Result<Amendment> {
  const other = row.proposal.alternatives?.find(({ action }) => action === instead);
  if (other === undefined) return impossible(`${instead} would not do instead: ${offerOf(row)}.`);
  const { action, ...effect } = other;
  const proposal = { ...row.proposal, ...effect, what: action };
  return ok({ amended: { action }, change: { action, proposal: proposal as unknown as Json } });
}

function offerOf({ proposal }: DecisionRow): string {
  const names = (proposal.alternatives ?? []).map(({ action }) => action);
  return names.length === 0 ? 'there is nothing to choose' : `there is to choose ${names.join(', ')}`;
}

function either(approved: boolean): Result<never> {
  return impossible(
    approved ? 'It is another action or other parameters, not both.' : 'A rejection changes nothing.',
  );
}

function impossible(detail: string): Result<never> {
  return err(new CodedError('AMENDMENT_IMPOSSIBLE', detail, {}, 409));
}
