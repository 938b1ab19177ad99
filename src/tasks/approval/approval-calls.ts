import type { EntityManager } from 'typeorm';

/** Notices of approvals that may be open at a time, so that there is always room for other ones, such as critical alerts. */
const MOST_CALLS = 100;
/** And those of tasks of one account. */
const MOST_CALLS_OF_ONE = 10;

/** Notices that count: a task's key names it. What its owner cancelled counts for an hour, so that cancelling makes no room for further calls. */
const CALLS = `
  SELECT count(*)::integer AS calls, count(*) FILTER (WHERE t.owner = $1)::integer AS own
  FROM notifications n LEFT JOIN tasks t ON t.id = split_part(substr(n.key, length('approval:') + 1), '/', 1)
  WHERE n.kind = 'approval'
    AND (n.settled_at IS NULL OR (t.state = 'cancelled' AND n.created_at > now() - interval '1 hour'))`;

/**
 * Whether people may be called for one more approval that a task of this account waits for; where not, it stands on the
 * dashboard only. One transaction at a time counts, so that two cannot both be the last.
 */
export async function mayCallFor(manager: EntityManager, owner: string): Promise<boolean> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('approval calls', 6))`);
  const [{ calls, own }]: { calls: number; own: number }[] = await manager.query(CALLS, [owner]);
  return calls < MOST_CALLS && own < MOST_CALLS_OF_ONE;
}
