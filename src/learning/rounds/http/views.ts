import type { SubmissionRow } from '../../submission/submission-row.js';
import type { MemberRow, RoundRow } from '../round-row.js';

/** A round as lists show it. @param submission what it has led to, where there is one */
export function roundView(row: RoundRow, submission: SubmissionRow | null): object {
  const { id, account, terms, state, dueAt, isOver, outcome, counts, code, detail } = row;
  return {
    ...{ round_id: id, model: terms.model, release: terms.release, experts: terms.experts },
    ...{ announced_by: account, state, code, detail },
    due_at: outcome === null && code === null ? dueAt : null,
    is_over: isOver,
    ...{ aggregator: terms.aggregator, faulty: terms.faulty, minimum: terms.minimum, most: terms.most },
    ...{ members: counts.members, committed: counts.committed, revealed: counts.revealed },
    aggregate: outcome?.aggregate ?? null,
    submission_id: row.submission,
    result:
      submission === null
        ? null
        : {
            ...{ state: submission.state, code: submission.code, version: submission.version },
            overall: submission.verdict?.figures.overall ?? null,
          },
    ...{ created_at: row.createdAt, updated_at: row.updatedAt },
  };
}

/** All that is known of a round. */
export function roundDetail(
  row: RoundRow,
  members: readonly MemberRow[],
  submission: SubmissionRow | null,
): object {
  return {
    ...roundView(row, submission),
    ...{ terms: row.terms, noise: row.noise },
    outcome: row.outcome,
    members_list: members.map((member) => ({
      ...{ author: member.author, joined_at: member.joinedAt },
      ...{ commitment: member.commitment, committed_at: member.committedAt },
      ...{
        update: member.update,
        bytes: row.noise === null ? member.bytes : null,
        revealed_at: member.revealedAt,
      },
      code: member.code,
    })),
  };
}
