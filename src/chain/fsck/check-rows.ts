import { Buffer } from 'node:buffer';
import type { DataSource } from 'typeorm';
import type { Findings } from '../../log/index.js';
import { encodeSignedHeader } from '../block/index.js';
import type { Inventory } from './inventory.js';

const PAGE = 2000;

/** Hashes of blocks whose rows are not what log and headers say. */
export interface WrongRows {
  readonly missing: string[];
  readonly different: string[];
  readonly extra: string[];
  headsWrong: boolean;
}

/**
 * The database's blocks, edges and heads say what log and headers say. Blocks accepted while fsck runs (their log entry
 * is not published yet) are passed over. Findings: `ROW_BLOCK_MISSING`, `ROW_BLOCK_WRONG`, `ROW_BLOCK_EXTRA`,
 * `ROW_EDGES_WRONG`, `ROW_HEAD_WRONG`; all repairable.
 */
export async function checkRows(
  dataSource: DataSource,
  inventory: Inventory,
  findings: Findings,
): Promise<WrongRows> {
  const wrong: WrongRows = { missing: [], different: [], extra: [], headsWrong: false };
  const seen = new Set<string>();
  for (let after = ''; ;) {
    const rows = await rowsAfter(dataSource, after, inventory.logSize);
    for (const row of rows) {
      seen.add(row.hash);
      compareRow(row, inventory, findings, wrong);
    }
    if (rows.length < PAGE) break;
    after = rows[rows.length - 1].hash;
  }
  for (const { hash, chain, index } of inventory.blocks.values()) {
    if (seen.has(hash)) continue;
    wrong.missing.push(hash);
    findings.error(
      'ROW_BLOCK_MISSING',
      hash,
      `block ${hash} (chain ${chain} #${index}) has no row in the database`,
    );
  }
  await checkHeads(dataSource, findings, wrong);
  return wrong;
}

interface Row {
  readonly hash: string;
  readonly chain_id: string;
  readonly chain_index: string;
  readonly header: string;
  readonly parents: string[];
  /** Whether the row's log entry lies beyond the published log. */
  readonly recent: boolean;
}

function rowsAfter(dataSource: DataSource, after: string, logSize: number): Promise<Row[]> {
  return dataSource.query<Row[]>(
    `SELECT b.hash, b.chain_id, b.chain_index, b.header,
       ARRAY(SELECT parent FROM block_edges e WHERE e.child = b.hash ORDER BY parent) AS parents,
       EXISTS (SELECT 1 FROM log_entries l WHERE l.subject = b.hash AND l.kind = 'block'
         AND (l.leaf_index IS NULL OR l.leaf_index >= $2)) AS recent
     FROM blocks b WHERE b.hash > $1 ORDER BY b.hash LIMIT ${PAGE}`,
    [after, logSize],
  );
}

function compareRow(row: Row, inventory: Inventory, findings: Findings, wrong: WrongRows): void {
  const fact = inventory.blocks.get(row.hash);
  if (fact === undefined) {
    if (row.recent || !inventory.complete) return;
    wrong.extra.push(row.hash);
    findings.error(
      'ROW_BLOCK_EXTRA',
      row.hash,
      `the database has block ${row.hash}, which the log never accepted`,
    );
    return;
  }
  const { header, chain, index } = fact;
  const samePlace = row.chain_id === chain && Number(row.chain_index) === index;
  if (header === null) return;
  const sameHeader = row.header === Buffer.from(encodeSignedHeader(header)).toString();
  const sameEdges = row.parents.join() === header.depends_on.join();
  if (samePlace && sameHeader && sameEdges) return;
  wrong.different.push(row.hash);
  if (!samePlace || !sameHeader)
    findings.error(
      'ROW_BLOCK_WRONG',
      row.hash,
      `the database's row of block ${row.hash} differs from its header or place`,
    );
  if (!sameEdges)
    findings.error(
      'ROW_EDGES_WRONG',
      row.hash,
      `the database's edges of block ${row.hash} differ from its header`,
    );
}

async function checkHeads(dataSource: DataSource, findings: Findings, wrong: WrongRows): Promise<void> {
  const heads = await dataSource.query<{ chain_id: string }[]>(
    `SELECT h.chain_id FROM chain_heads h
     LEFT JOIN LATERAL (
       SELECT chain_index, hash FROM blocks b WHERE b.chain_id = h.chain_id ORDER BY chain_index DESC LIMIT 1
     ) last ON true
     WHERE h.height <> coalesce(last.chain_index + 1, 0) OR h.head_hash IS DISTINCT FROM last.hash`,
  );
  for (const { chain_id } of heads) {
    wrong.headsWrong = true;
    findings.error(
      'ROW_HEAD_WRONG',
      chain_id,
      `the database's head of chain ${chain_id} is not its last block`,
    );
  }
}
