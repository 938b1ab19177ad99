import type { Findings } from '../../log/index.js';
import type { AcceptedFact } from './fsck-check.js';
import type { Inventory } from './inventory.js';

/**
 * The blocks hang together as the log tells it: positions without gaps, linear chains linked, every dependency accepted
 * before. Findings: `CHAIN_POSITION`, `CHAIN_LINK`, `BLOCK_PARENT_MISSING`, `BLOCK_PARENT_LATER`.
 */
export function checkGraph(inventory: Inventory, findings: Findings): void {
  if (!inventory.complete) return;
  const last = new Map<string, AcceptedFact>();
  for (const fact of inventory.blocks.values()) {
    const before = last.get(fact.chain);
    checkPosition(fact, before, findings);
    if (fact.header !== null) checkParents(fact, inventory, findings);
    last.set(fact.chain, fact);
  }
}

function checkPosition(fact: AcceptedFact, before: AcceptedFact | undefined, findings: Findings): void {
  const { hash, chain, index, header } = fact;
  const expected = (before?.index ?? -1) + 1;
  if (index !== expected)
    findings.error(
      'CHAIN_POSITION',
      hash,
      `block ${hash} is #${index} of chain ${chain} by the log, where #${expected} is due`,
    );
  if (header === null) return;
  const link = chain === 'B' ? null : (before?.hash ?? null);
  if (header.chain_id !== chain || header.prev_hash !== link)
    findings.error(
      'CHAIN_LINK',
      hash,
      `block ${hash} does not follow ${link ?? 'nothing'} on chain ${chain}`,
    );
}

function checkParents({ hash, leaf, header }: AcceptedFact, inventory: Inventory, findings: Findings): void {
  for (const parent of header?.depends_on ?? []) {
    const found = inventory.blocks.get(parent);
    if (found === undefined)
      findings.error(
        'BLOCK_PARENT_MISSING',
        hash,
        `block ${hash} depends on ${parent}, which the log never accepted`,
      );
    else if (found.leaf > leaf)
      findings.error(
        'BLOCK_PARENT_LATER',
        hash,
        `block ${hash} was accepted before ${parent}, which it depends on`,
      );
  }
}
