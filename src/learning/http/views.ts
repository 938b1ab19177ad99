import { hashHeader } from '../../chain/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SubmissionRow } from '../submission/submission-row.js';

/** A submission as lists show it. */
export function submissionView(row: SubmissionRow): object {
  const { id, model, statement, state, code, detail, verdict, release, version, decision } = row;
  return {
    ...{ submission_id: id, model, author: statement.author, state, code, detail },
    parent_release: statement.release,
    blocks: row.headers.map((header) => ({
      ...{ name: header.name, hash: hashHeader(header, nativeSha256), parent: header.metadata.parent },
    })),
    domains: statement.domains,
    datasets: statement.datasets,
    overall: verdict?.figures.overall ?? null,
    verdict_block: row.verdictBlock,
    ...{ release, version, decision },
    ...{ created_at: row.createdAt, updated_at: row.updatedAt },
  };
}

/** All that is known of a submission but its manifest. */
export function submissionDetail(row: SubmissionRow): object {
  const { statement, signature, checks, beacon, opening, verdict, verdictHash } = row;
  const drawn = { beacon, opening: opening && { ...opening, until: new Date(opening.until) } };
  return {
    ...submissionView(row),
    statement,
    signature,
    checks,
    ...drawn,
    verdict,
    verdict_hash: verdictHash,
  };
}
