import { CodedError } from '../../../common/index.js';
import type { RoundTerms } from '../../../learning/index.js';

/** A round as a server shows it. */
export interface RoundView {
  readonly round_id: string;
  readonly model: string;
  readonly experts: readonly string[];
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly due_at: string | null;
  readonly aggregator: string;
  readonly minimum: number;
  readonly members: number;
  readonly committed: number;
  readonly revealed: number;
  readonly aggregate: string | null;
  readonly submission_id: string | null;
  readonly result: { readonly state: string; readonly overall: { readonly fall: number } | null } | null;
}

/** A member of a round as a server shows it. */
export interface MemberView {
  readonly author: string;
  readonly commitment: string | null;
  readonly update: string | null;
  readonly code: string | null;
}

/** All that a server shows of a round. */
export interface RoundDetail extends RoundView {
  readonly terms: unknown;
  readonly outcome: { readonly members: readonly { readonly author: string }[] } | null;
  readonly members_list: readonly MemberView[];
}

/** Path of a round; `ROUND_ID` for what is no id of one. */
export function roundPath(id: string, rest = ''): string {
  if (/^round_[0-9a-f]{32}$/.test(id)) return `/learning/rounds/${id}${rest}`;
  throw new CodedError('ROUND_ID', `${id} is no id of a round: round_ and 32 lower-case hex digits`);
}

/** A round in a line for people. */
export function roundLine(round: RoundView): string {
  const { state, members, committed, revealed, minimum, result } = round;
  const counts = `${members} members (${minimum} needed), ${committed} committed, ${revealed} shown`;
  const fall = result?.overall == null ? '' : `, loss ${(-result.overall.fall * 100).toFixed(2)} %`;
  const judged = result === null ? '' : `; submission ${result.state}${fall}`;
  return `${round.round_id}  ${state}  ${round.experts.join(',')}  ${counts}${judged}`;
}

/** A round in lines for people. */
export function roundText(round: RoundView): string {
  const lines = [roundLine(round)];
  if (round.due_at !== null) lines.push(`until ${round.due_at} at the latest`);
  if (round.detail !== null) lines.push(`${round.detail} [${round.code ?? ''}]`);
  if (round.aggregate !== null) lines.push(`aggregate: ${round.aggregate}`);
  if (round.submission_id !== null) lines.push(`judged as ${round.submission_id}`);
  return lines.join('\n');
}

/** What a member of a private round agrees to, in a line for people. */
export function privacyText(privacy: NonNullable<RoundTerms['privacy']>): string {
  const { clip, noise_multiplier: noise, epsilon, delta } = privacy;
  return (
    `private: updates up to ${clip} times the weights, noise of ${noise} times that on their sum; ` +
    `with all private rounds of this server, this one and later ones, a member loses epsilon ${epsilon} at delta ${delta} at most`
  );
}
