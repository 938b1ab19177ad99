import { Injectable } from '@nestjs/common';
import { BlockReader, unknownBlock, type BlockHeader, type ChainId } from '../../chain/index.js';
import { err, ok, type Result } from '../../common/index.js';
import { ReceiptService, type Receipt } from '../../inference/index.js';
import type { VerifiedBlock } from '../../learning/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { LogFiles } from '../../log/index.js';
import type { EpochSource } from './epoch-source.js';
import type { BundleSource } from './log-leaves.js';

/** The facts of epochs from this node's own log, blocks and receipts. */
@Injectable()
export class StoredEpochSource implements EpochSource {
  readonly bundles: BundleSource = (index, width) => this.files.read({ level: 'entries', index, width });
  readonly sha256 = nativeSha256;

  constructor(
    private readonly files: LogFiles,
    private readonly reader: BlockReader,
    private readonly answers: ReceiptService,
  ) {}

  async block(chain: ChainId, hash: string): Promise<Result<VerifiedBlock>> {
    const header = await this.header(chain, hash);
    if (!header.ok) return header;
    const payload = await this.reader.payload(hash);
    return payload.ok ? ok({ header: header.value, payload: payload.value }) : payload;
  }

  async header(chain: ChainId, hash: string): Promise<Result<BlockHeader>> {
    const block = await this.reader.header(hash);
    return block?.header.chain_id === chain ? ok(block.header) : err(unknownBlock(hash));
  }

  receipts(ids: readonly string[]): Promise<ReadonlyMap<string, Receipt>> {
    return this.answers.many(ids);
  }
}
