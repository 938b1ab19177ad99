import { bytesToHex, ok, err, type Result, type Sha256 } from '../../common/index.js';
import { blockCorrupt, blockMissing, type BlockSource, type WeightBlock } from './block-source.js';

/** Payloads that are in memory already, by block name: what a browser has downloaded, or a test has made. */
export class MemoryBlockSource implements BlockSource {
  constructor(
    private readonly payloads: ReadonlyMap<string, Uint8Array>,
    private readonly sha256: Sha256,
  ) {}

  read(block: WeightBlock, target: Uint8Array): Result<void> {
    const payload = this.payloads.get(block.name);
    if (!payload) return err(blockMissing(block, 'it was not given'));
    if (payload.length !== target.length) return err(blockCorrupt(block, `it has ${payload.length} bytes`));
    target.set(payload);
    const hash = bytesToHex(this.sha256(payload));
    return hash === block.payloadHash ? ok() : err(blockCorrupt(block, `its payload hash is ${hash}`));
  }
}
