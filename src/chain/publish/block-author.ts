import { Inject, Injectable } from '@nestjs/common';
import { bytesToHex } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { NodeKeys } from '../../keys/index.js';
import {
  mineNonce,
  signHeader,
  type BlockHeader,
  type BlockMetadata,
  type ChainId,
  type PayloadDigest,
  type PayloadType,
} from '../block/index.js';
import type { CheckContext } from '../checks/check.js';
import { digestSource } from '../checks/payload.js';
import type { PayloadSource } from './block-input.js';
import { CHECK_CONTEXT } from './check-context.js';

/** What a block is to say. */
export interface BlockDraft {
  readonly chain: ChainId;
  readonly type: string;
  readonly name?: string | null;
  readonly layer?: number | null;
  readonly payload: PayloadSource;
  /** The payload's digest where it is known already, as of a staged blob; otherwise the payload is read. */
  readonly digest?: Pick<PayloadDigest, 'hash' | 'size' | 'root'>;
  readonly payloadType: PayloadType;
  /** In any order; sorted here. */
  readonly dependsOn?: readonly string[];
  /** The head of a linear chain (see `BlockPublisher.appendLinear`); null elsewhere. */
  readonly prevHash?: string | null;
  readonly metadata?: BlockMetadata;
  /** ms since the epoch; now by default. */
  readonly timestamp?: number;
}

/** Writes and signs blocks in the name of this node. The same draft with the same time gives the same block. */
@Injectable()
export class BlockAuthor {
  constructor(
    private readonly keys: NodeKeys,
    @Inject(CHECK_CONTEXT) private readonly context: CheckContext,
  ) {}

  /** This node's compressed block key, hex. */
  get publicKey(): string {
    return bytesToHex(this.keys.blockSigner.publicKey);
  }

  /** What blocks are dated by, ms since the epoch: in a server the database's time, by which other servers judge them, too. */
  now(): number {
    return this.context.clock.now();
  }

  /** The signed header of a draft. */
  async create(draft: BlockDraft): Promise<BlockHeader> {
    const digest = draft.digest ?? (await digestSource(draft.payload));
    const header = mineNonce(
      {
        version: 1,
        chain_id: draft.chain,
        block_type: draft.type,
        prev_hash: draft.prevHash ?? null,
        depends_on: [...new Set(draft.dependsOn ?? [])].sort(),
        name: draft.name ?? null,
        layer_id: draft.layer ?? null,
        payload_type: draft.payloadType,
        payload_hash: digest.hash,
        payload_size: digest.size,
        payload_root: digest.root,
        metadata: draft.metadata ?? {},
        miner_pub: this.publicKey,
        timestamp: draft.timestamp ?? this.now(),
        nonce: 0,
      },
      this.context.difficultyFor(this.publicKey),
      nativeSha256,
    );
    if (header === null) throw new Error('no nonce found for the difficulty asked of this node itself');
    return signHeader(header, this.keys.blockSigner);
  }
}
