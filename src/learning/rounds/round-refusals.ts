import { CodedError } from '../../common/index.js';
import type { RoundState } from './states.js';

/** Why a round has failed that somebody has cancelled. */
export const CANCELLED = 'ROUND_CANCELLED';

/** Words for what a state lets members do. */
const DOES: Readonly<Partial<Record<RoundState, string>>> = {
  announced: 'joined',
  committing: 'committed to',
  revealing: 'shown anything',
};

/** `ROUND_CLOSED` (409): a round is in another state than what is asked for needs, or its time is over. */
export function roundClosed(id: string, needed: RoundState, is: RoundState): CodedError {
  const message =
    is === needed
      ? `The time in which ${id} can be ${DOES[needed] ?? needed} is over.`
      : `${id} is ${is}: it can be ${DOES[needed] ?? needed} only while it is ${needed}.`;
  return new CodedError('ROUND_CLOSED', message, { round: id, state: is }, 409);
}

/** `ROUND_TOO_FEW`: fewer are left than the terms ask for. */
export function tooFew(what: string, count: number, minimum: number): CodedError {
  const message = `${count} members ${what}, ${minimum} are needed`;
  return new CodedError('ROUND_TOO_FEW', message, { count, minimum }, 409);
}

/** A conflict with what is known of a round. */
export function roundConflict(code: string, message: string): CodedError {
  return new CodedError(code, message, {}, 409);
}

/** `ROUND_BUDGET` (413): more bytes than this server takes for one round. @param most bytes of all updates together */
export function overBudget(bytes: number, most: number): CodedError {
  const message = `updates of ${bytes} bytes together are more than the ${most} that a round may have on this server`;
  return new CodedError('ROUND_BUDGET', message, { bytes, most }, 413);
}

/** `ROUND_UPDATES_GONE` (410): a round ended so long ago that what was shown in it is kept no longer. */
export function updatesGone(round: string): CodedError {
  const message = `The updates of ${round} are kept no longer: their hashes are in the log, its result cannot be made again from this server.`;
  return new CodedError('ROUND_UPDATES_GONE', message, { round }, 410);
}

/** `ROUND_UPDATE_PRIVATE` (403): what a member has shown in a private round is for the server alone. */
export function updatePrivate(round: string): CodedError {
  const message = `${round} is private: what its members have shown is given to nobody.`;
  return new CodedError('ROUND_UPDATE_PRIVATE', message, { round }, 403);
}
