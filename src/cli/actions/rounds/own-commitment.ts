import { CodedError } from '../../../common/index.js';
import { problemIn, type ServerClient } from '../../server-client.js';
import type { MadeUpdate } from './carried-folder.js';
import { roundPath, type RoundDetail } from './round-view.js';

const NOT_FOUND = 404;
const CONFLICT = 409;

/**
 * Whether what was made for a round has become part of the model, or may still: its author has committed to it, it was not refused, and the round has
 * not ended without it. No longer where the server knows no such round; any other problem is thrown, as nothing follows from it.
 */
export async function stillCounts(
  server: Pick<ServerClient, 'fetch'>,
  { round, commitment }: MadeUpdate,
  author: string,
): Promise<boolean> {
  const response = await server.fetch(roundPath(round));
  if (response.status === NOT_FOUND) return false;
  if (!response.ok) throw await problemIn(response);
  const { state, result, outcome, members_list: members } = (await response.json()) as RoundDetail;
  const own = members.find((member) => member.author === author);
  if (own?.commitment !== commitment || own.code !== null) return false;
  if (state === 'failed' || result?.state === 'rejected' || result?.state === 'superseded') return false;
  return outcome === null || outcome.members.some((member) => member.author === author);
}

/** Throws `ROUND_COMMITTED` where an author has committed to something else in a round. */
export function refuseAnother(
  { round_id: round, members_list: members }: Pick<RoundDetail, 'round_id' | 'members_list'>,
  author: string,
  commitment: string,
): void {
  const own = members.find((member) => member.author === author);
  if (own === undefined || own.commitment === null || own.commitment === commitment) return;
  const message = 'you have committed to another update already; it is kept as it was';
  throw new CodedError('ROUND_COMMITTED', message, { round }, CONFLICT);
}
