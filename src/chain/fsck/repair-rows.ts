import type { EntityManager } from 'typeorm';
import type { Findings } from '../../log/index.js';
import type { BlockHeader, ChainId } from '../block/index.js';
import type { BlockRow } from '../tables/block-row.js';
import { insertBlocks } from '../tables/block-writer.js';
import type { WrongRows } from './check-rows.js';
import type { Inventory } from './inventory.js';

/**
 * Makes block rows, edges and heads what log and headers say, touching only what differs. Blocks whose headers are lost
 * keep whatever row they have.
 */
export async function repairRows(
  manager: EntityManager,
  inventory: Inventory,
  wrong: WrongRows,
  findings: Findings,
): Promise<void> {
  const replaced = new Set(
    [...wrong.missing, ...wrong.different].filter((hash) => headerOf(inventory, hash) !== null),
  );
  const touched = [...replaced, ...wrong.extra];
  if (touched.length > 0) {
    await manager.query('DELETE FROM block_edges WHERE child = ANY($1) OR parent = ANY($1)', [touched]);
    await manager.query('DELETE FROM blocks WHERE hash = ANY($1)', [touched]);
    await insertBlocks(manager, rowsOf(inventory, replaced), false);
    await insertEdges(manager, inventory, replaced);
    findings.repaired(`rebuilt ${replaced.size} block rows and removed ${wrong.extra.length}`);
  }
  await manager.query(
    `UPDATE chain_heads h SET
       height = coalesce((SELECT max(chain_index) + 1 FROM blocks b WHERE b.chain_id = h.chain_id), 0),
       head_hash = (SELECT hash FROM blocks b WHERE b.chain_id = h.chain_id ORDER BY chain_index DESC LIMIT 1)`,
  );
  if (wrong.headsWrong) findings.repaired('set the heads of the chains');
}

function headerOf(inventory: Inventory, hash: string): BlockHeader | null {
  return inventory.blocks.get(hash)?.header ?? null;
}

/** Rows in the order of the log, with depths computed along it. */
function rowsOf(inventory: Inventory, wanted: ReadonlySet<string>): BlockRow[] {
  const depths = new Map<string, number>();
  const rows: BlockRow[] = [];
  for (const { hash, chain, index, header } of inventory.blocks.values()) {
    if (header === null) continue;
    const before = header.prev_hash === null ? header.depends_on : [...header.depends_on, header.prev_hash];
    const depth = 1 + before.reduce((deepest, parent) => Math.max(deepest, depths.get(parent) ?? -1), -1);
    depths.set(hash, depth);
    if (wanted.has(hash)) rows.push({ hash, chain: chain as ChainId, index, depth, header });
  }
  return rows;
}

/** The edges of replaced blocks and to them, as far as both ends have rows. */
async function insertEdges(
  manager: EntityManager,
  inventory: Inventory,
  replaced: ReadonlySet<string>,
): Promise<void> {
  const edges: [string, string][] = [];
  for (const { hash, header } of inventory.blocks.values())
    for (const parent of header?.depends_on ?? [])
      if (replaced.has(hash) || replaced.has(parent)) edges.push([hash, parent]);
  await manager.query(
    `INSERT INTO block_edges (child, parent)
     SELECT e.child, e.parent FROM unnest($1::text[], $2::text[]) AS e (child, parent)
     JOIN blocks c ON c.hash = e.child JOIN blocks p ON p.hash = e.parent
     ON CONFLICT DO NOTHING`,
    [edges.map(([child]) => child), edges.map(([, parent]) => parent)],
  );
}
