import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  applyDelta,
  BlockStores,
  FsckRegistry,
  PayloadForms,
  readDelta,
  type DeltaBlock,
  type FsckCheck,
  type FsckFacts,
  type FsckOptions,
} from '../../chain/index.js';
import { err, CodedError, ok, type Result } from '../../common/index.js';
import type { Findings } from '../../log/index.js';

/**
 * Makes every payload that has a delta from it and compares it with its hash. Findings: `DELTA_WRONG`, an error where the payload lies as
 * this delta only; beside a whole payload the delta is a copy, and repair removes it. Warning `DELTA_UNUSED`: it stands for the payload of
 * no accepted block.
 */
@Injectable()
export class DeltaFsck implements FsckCheck, OnModuleInit {
  readonly name = 'deltas';

  constructor(
    private readonly registry: FsckRegistry,
    private readonly stores: BlockStores,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  async run(facts: FsckFacts, findings: Findings, { repair }: FsckOptions): Promise<void> {
    const accepted = new Set<string>();
    for (const { header } of facts.blocks.values()) if (header !== null) accepted.add(header.payload_hash);
    for await (const { hash } of this.stores.payloads.deltas.list()) {
      if (facts.complete && !accepted.has(hash))
        findings.warning('DELTA_UNUSED', hash, `delta ${hash} stands for the payload of no accepted block`);
      const checked = await this.check(hash, facts);
      if (checked.ok) continue;
      const isWrong = async () => !(await this.check(hash, facts)).ok;
      if (repair && (await new PayloadForms(this.stores.payloads).removeDelta(hash, isWrong)))
        findings.repaired(`removed the damaged delta of payload ${hash}, which is there whole`);
      // Meanwhile its payload may have been made whole for good, without a delta.
      else if (await this.stores.payloads.deltas.has(hash)) {
        const why = `the delta of payload ${hash} does not give it: ${checked.error.message}`;
        findings.error('DELTA_WRONG', hash, why);
      }
    }
  }

  private async check(hash: string, facts: FsckFacts): Promise<Result<void>> {
    const bytes = await this.stores.payloads.deltas.read(hash);
    const delta = bytes.ok ? readDelta(bytes.value) : bytes;
    if (!delta.ok) return delta;
    const named = parentOf(delta.value, facts);
    if (!named.ok) return named;
    const parent = await this.stores.payloads.read(delta.value.header.parent_payload_hash);
    const payload = parent.ok ? await applyDelta(delta.value, parent.value) : parent;
    return payload.ok ? ok() : payload;
  }
}

/**
 * Whether the block a delta names as its parent is accepted and has the payload it was made from, as far as that can be told: where its
 * header cannot be read, that is a finding of its own.
 */
function parentOf({ header }: DeltaBlock, facts: FsckFacts): Result<void> {
  const parent = facts.blocks.get(header.parent);
  const isUnread = parent === undefined ? !facts.complete : parent.header === null;
  if (isUnread || parent?.header?.payload_hash === header.parent_payload_hash) return ok();
  const message = `block ${header.parent} does not have the payload it was made from`;
  return err(new CodedError('DELTA_BLOCK_PARENT', message, { block: header.parent }));
}
