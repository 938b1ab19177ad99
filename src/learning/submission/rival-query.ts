import type { EntityManager } from 'typeorm';
import { isNewExpert } from '../../experts/index.js';
import { paidBy, type RewardedFall } from '../verdict/verdict.js';
import type { SubmissionRow } from './submission-row.js';

/** An accepted submission that was paid, and of which the gain is that of another one: of the same expert, or new in the same layer. */
export interface AcceptedRival extends Pick<
  SubmissionRow,
  'id' | 'model' | 'state' | 'release' | 'decision' | 'code'
> {
  /** The fall of the loss that it and those before it were paid for; 0 where it is new in another place. */
  readonly paid: number;
}

interface RivalColumns extends Omit<AcceptedRival, 'paid'> {
  readonly isSame: boolean;
  readonly rewarded: RewardedFall | null;
  readonly fall: number;
}

/** Rivals that a submission is held against, the newest ones. */
const MOST_RIVALS = 1_000;
/**
 * $1 model, $2 id of the submission that asks, $3 the places of its experts, $4 the layers of its new ones. A place is `<expert>:<hash of
 * the block it comes from>`; that of a new expert, which may begin as any, is `<expert>:`. Who was paid nothing has nothing to be counted
 * twice, and keeps nobody waiting.
 */
const RIVALS = `
  SELECT id, model, state, release, decision, code, shared.same AS "isSame", verdict::json -> 'rewarded' AS rewarded,
    (verdict::json #>> '{figures,overall,fall}')::float8 AS fall
  FROM learning_submissions, LATERAL (
    SELECT bool_or(expert.name || ':' || CASE WHEN expert.is_new THEN '' ELSE expert.parent END = ANY ($3::text[])) AS same,
      bool_or(expert.is_new AND split_part(expert.name, '.', 1) = ANY ($4::text[])) AS beside
    FROM json_array_elements(headers::json) header, LATERAL (
      SELECT header ->> 'name' AS name, header #>> '{metadata,parent}' AS parent, header #> '{metadata,router}' IS NOT NULL AS is_new
    ) expert) shared
  WHERE model = $1 AND id <> $2 AND state IN ('accepted', 'released', 'superseded') AND (shared.same OR shared.beside)
    AND coalesce(verdict::json #>> '{rewarded,fall}', verdict::json #>> '{figures,overall,fall}')::float8 > 0
  ORDER BY position DESC LIMIT ${MOST_RIVALS}`;

/** Accepted submissions that were paid for an expert of this one from the same weights, or for a new one where this has one, the newest first. */
export async function readRivals(
  manager: Pick<EntityManager, 'query'>,
  { id, model, headers }: Pick<SubmissionRow, 'id' | 'model' | 'headers'>,
): Promise<AcceptedRival[]> {
  const added = headers.filter(isNewExpert);
  const places = headers.map(
    (header) => `${header.name}:${isNewExpert(header) ? '' : String(header.metadata.parent)}`,
  );
  const layers = added.map(({ name }) => name?.split('.')[0]);
  const rows: RivalColumns[] = await manager.query(RIVALS, [model, id, places, layers]);
  return rows.map(({ isSame, rewarded, fall, ...rival }) => {
    const verdict = {
      accepted: true,
      figures: { overall: { fall } },
      ...(rewarded !== null && { rewarded }),
    };
    return { ...rival, paid: isSame ? paidBy(verdict) : 0 };
  });
}
