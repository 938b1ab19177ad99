import { Injectable } from '@nestjs/common';
import { BlockAuthor, BlockPublisher, BlockReader, hashHeader, type BlockInput } from '../../chain/index.js';
import {
  canonicalJson,
  hashJson,
  ok,
  unwrap,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';

/** Blocks of chain A a model's weights and releases refer to, by hash. */
export interface ArchitectureBlocks {
  readonly meta: string;
  readonly tokenizer: string | null;
}

interface JsonBlock {
  readonly type: 'meta' | 'tokenizer';
  readonly payload: Json;
}

/** Publishes meta and tokenizer blocks, unless the model has them already: the same content is never written twice. */
@Injectable()
export class ArchitecturePublisher {
  constructor(
    private readonly author: BlockAuthor,
    private readonly publisher: BlockPublisher,
    private readonly reader: BlockReader,
  ) {}

  /** @param timestamp of blocks that have to be written, ms since the epoch */
  async publish(
    model: string,
    config: Json,
    tokenizer: Json | null,
    timestamp: number,
  ): Promise<Result<ArchitectureBlocks>> {
    const wanted: JsonBlock[] = [{ type: 'meta', payload: config }];
    if (tokenizer !== null) wanted.push({ type: 'tokenizer', payload: tokenizer });
    const found = new Map<string, string>();
    for (const block of wanted) {
      const hash = await this.find(model, block);
      if (hash !== null) found.set(block.type, hash);
    }
    const missing = wanted.filter(({ type }) => !found.has(type));
    if (missing.length > 0) {
      const published = await this.publisher.appendLinear('A', (head) =>
        this.write(model, missing, head, timestamp),
      );
      if (!published.ok) return published;
      published.value.forEach(({ hash }, i) => found.set(missing[i].type, hash));
    }
    return ok({ meta: found.get('meta') as string, tokenizer: found.get('tokenizer') ?? null });
  }

  private async find(model: string, { type, payload }: JsonBlock): Promise<string | null> {
    const page = await this.reader.list(
      'A',
      { type, name: model, payloadHash: hashJson(payload) },
      { limit: 1 },
    );
    return unwrap(page).items[0]?.hash ?? null;
  }

  private async write(
    model: string,
    blocks: readonly JsonBlock[],
    head: string | null,
    timestamp: number,
  ): Promise<BlockInput[]> {
    const inputs: BlockInput[] = [];
    let prevHash = head;
    for (const { type, payload } of blocks) {
      const bytes = utf8ToBytes(canonicalJson(payload));
      const header = await this.author.create({
        chain: 'A',
        type,
        name: model,
        payload: bytes,
        payloadType: 'json',
        prevHash,
        metadata: { model },
        timestamp,
      });
      inputs.push({ header, payload: bytes });
      prevHash = hashHeader(header, nativeSha256);
    }
    return inputs;
  }
}
