import type { Json } from '../../common/index.js';
import type { LogEntryInput } from '../../log/index.js';
import { termsHash, type RoundTerms } from './terms.js';

/** Kinds of the entries that tell of rounds; the subject is the round. */
export const ROUND_ENTRIES = {
  announced: 'learning.round',
  joined: 'learning.round.joined',
  committing: 'learning.round.committing',
  committed: 'learning.round.committed',
  revealing: 'learning.round.revealing',
  revealed: 'learning.round.revealed',
  refused: 'learning.round.refused',
  aggregated: 'learning.round.aggregated',
  submitted: 'learning.round.submitted',
  failed: 'learning.round.failed',
  cancelled: 'learning.round.cancelled',
  cleared: 'learning.round.cleared',
} as const;

/** An entry about a round. @param hash what stands for the change itself */
export function roundEntry(
  what: keyof typeof ROUND_ENTRIES,
  round: string,
  actor: string,
  hash: string,
  data: Readonly<Record<string, Json>> = {},
): LogEntryInput {
  return { kind: ROUND_ENTRIES[what], subject: round, actor, hash, data };
}

/**
 * The entry of a new round, with its terms: they are all that whoever recomputes it needs beside the updates.
 * @param noise what the node has bound itself to where the round is private
 */
export function announcementEntry(
  round: string,
  account: string,
  terms: RoundTerms,
  noise: string | null,
): LogEntryInput {
  const data = { terms: terms as unknown as Json, ...(noise !== null && { noise }) };
  return roundEntry('announced', round, account, termsHash(terms), data);
}
