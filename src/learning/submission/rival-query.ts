import type { EntityManager } from 'typeorm';
import { isNewExpert } from '../../experts/index.js';
import type { PaidVerdict } from '../verdict/verdict.js';
import type { SubmissionRow } from './submission-row.js';

/** An accepted submission of which the gain may be that of another one: of the same expert, or new in the same layer. */
export interface AcceptedRival extends Pick<
  SubmissionRow,
  'id' | 'model' | 'state' | 'release' | 'decision' | 'code'
> {
  readonly verdict: PaidVerdict;
  /** Whether an expert that was there before was trained by both, from the same weights. */
  readonly isSame: boolean;
  /** Experts that it has added to layers in which the other one adds some, by name, with their blocks; null in verdicts that name none. */
  readonly added: ReadonlyMap<string, string | null>;
}

interface RivalColumns extends Pick<
  AcceptedRival,
  'id' | 'model' | 'state' | 'release' | 'decision' | 'code' | 'isSame'
> {
  readonly added: readonly string[] | null;
  readonly blocks: readonly { readonly name: string; readonly block: string }[] | null;
  readonly rewarded: PaidVerdict['rewarded'] | null;
  readonly fall: number;
}

/** Rivals that a submission is held against, the newest ones. */
const MOST_RIVALS = 1_000;
/**
 * $1 model, $2 id of the submission that asks, $3 the places of its experts that were there before, `<expert>:<hash of the block it comes
 * from>`, $4 the layers of its new ones. Who was paid nothing has nothing to be counted twice, and keeps nobody waiting; but what is live
 * of it is a gain that was made since others were paid.
 */
const RIVALS = `
  SELECT id, model, state, release, decision, code, shared.same AS "isSame", shared.added,
    verdict::json -> 'blocks' AS blocks, verdict::json -> 'rewarded' AS rewarded,
    (verdict::json #>> '{figures,overall,fall}')::float8 AS fall
  FROM learning_submissions, LATERAL (
    SELECT coalesce(bool_or(NOT expert.is_new AND expert.name || ':' || expert.parent = ANY ($3::text[])), false) AS same,
      json_agg(expert.name) FILTER (WHERE expert.is_new AND split_part(expert.name, '.', 1) = ANY ($4::text[])) AS added
    FROM json_array_elements(headers::json) header, LATERAL (
      SELECT header ->> 'name' AS name, header #>> '{metadata,parent}' AS parent, header #> '{metadata,router}' IS NOT NULL AS is_new
    ) expert) shared
  WHERE model = $1 AND id <> $2 AND state IN ('accepted', 'released', 'superseded') AND (shared.same OR shared.added IS NOT NULL)
    AND (coalesce(verdict::json #>> '{rewarded,fall}', verdict::json #>> '{figures,overall,fall}')::float8 > 0
      OR (state = 'released' AND shared.added IS NOT NULL))
  ORDER BY judged_at DESC, position DESC LIMIT ${MOST_RIVALS}`;

/** Accepted submissions of an expert of this one from the same weights, or with a new one in a layer where this has one, judged last first. */
export async function readRivals(
  manager: Pick<EntityManager, 'query'>,
  { id, model, headers }: Pick<SubmissionRow, 'id' | 'model' | 'headers'>,
): Promise<AcceptedRival[]> {
  const places = headers
    .filter((header) => !isNewExpert(header))
    .map(({ name, metadata }) => `${name}:${String(metadata.parent)}`);
  const layers = headers.filter(isNewExpert).map(({ name }) => name?.split('.')[0]);
  const rows: RivalColumns[] = await manager.query(RIVALS, [model, id, places, layers]);
  return rows.map(({ added, blocks, rewarded, fall, ...rival }) => {
    const hashes = new Map(blocks?.map(({ name, block }) => [name, block]));
    return {
      ...rival,
      added: new Map(added?.map((name) => [name, hashes.get(name) ?? null])),
      verdict: {
        accepted: true,
        figures: { overall: { fall } },
        ...(rewarded !== null && { rewarded }),
      },
    };
  });
}
