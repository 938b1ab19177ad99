import type { BlockHeader } from '../../../src/chain/block/header.js';
import type { Receipt } from '../../../src/inference/receipt/receipt.js';
import { count } from '../components/format.js';
import { fetchBlock } from './block-check.js';
import type { Downloads } from './downloads.js';
import type { Findings } from './findings.js';
import type { CellPlan } from './protocol.js';
import type { VerifiedRelease } from './release-check.js';

/** A weight block ready for the kernel. */
export interface VerifiedWeight {
  readonly name: string;
  readonly block: string;
  readonly header: BlockHeader;
  readonly payload: Uint8Array<ArrayBuffer>;
}

const EXPERT = /^layer(\d+)\.expert(\d+)$/;
const LAYER = /^layer(\d+)\./;

/** The blocks an answer needs: everything dense, every router, and the experts its receipt names. */
export function planCells(receipt: Receipt, release: VerifiedRelease): CellPlan[] {
  const used = new Map(receipt.experts.map((expert) => [expert.name, expert.tokens]));
  return [...release.weights]
    .filter(([name]) => !EXPERT.test(name) || used.has(name))
    .map(([name, block]) => {
      const expert = EXPERT.exec(name);
      const layer = LAYER.exec(name);
      return {
        name,
        block,
        layer: layer === null ? null : Number(layer[1]),
        expert: expert === null ? null : Number(expert[2]),
        tokens: used.get(name) ?? null,
      };
    });
}

/** Whether the release names exactly the experts of the receipt; notes each that it does not. */
export function checkNames(receipt: Receipt, release: VerifiedRelease, findings: Findings): void {
  for (const expert of receipt.experts)
    if (release.weights.get(expert.name) !== expert.block)
      findings.fail(
        'blocks',
        expert.name,
        `the release names another block as ${expert.name} than the receipt`,
        0,
      );
}

/** Downloads and checks every planned block at once; null when one does not agree. Cells turn blue, then green or red. */
export async function checkWeights(
  cells: readonly CellPlan[],
  downloads: Downloads,
  findings: Findings,
): Promise<VerifiedWeight[] | null> {
  findings.step('blocks', 'running', `0 of ${cells.length}`);
  let agreed = 0;
  const weights = await Promise.all(
    cells.map(async (cell) => {
      const weight = await checkWeight(cell, downloads, findings);
      if (weight !== null && findings.clean('blocks'))
        findings.step('blocks', 'running', `${++agreed} of ${cells.length}`);
      return weight;
    }),
  );
  const good = weights.filter((weight) => weight !== null);
  if (good.length < cells.length || !findings.clean('blocks')) return null;
  findings.step('blocks', 'passed', `${count(cells.length, 'block')}, each with the hash the release names`);
  return good;
}

async function checkWeight(
  cell: CellPlan,
  downloads: Downloads,
  findings: Findings,
): Promise<VerifiedWeight | null> {
  const block = await fetchBlock(downloads, 'B', cell.block, () =>
    findings.report({ type: 'cell', name: cell.name, state: 'fetched' }),
  );
  const fault = block.ok
    ? block.header.name === cell.name
      ? null
      : `the block calls itself ${block.header.name}`
    : `the ${block.part} does not agree: ${block.detail}`;
  findings.report({ type: 'cell', name: cell.name, state: fault === null ? 'agreed' : 'failed' });
  if (fault !== null) findings.fail('blocks', cell.name, fault, 0);
  if (!block.ok || fault !== null) return null;
  return { name: cell.name, block: cell.block, header: block.header, payload: block.payload };
}
