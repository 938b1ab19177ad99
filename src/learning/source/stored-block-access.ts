import type { BlockReader, ChainId } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { ParameterIndex } from '../../experts/index.js';
import type { BlockAccess, VerifiedBlock } from './block-access.js';

/** Blocks of this node. */
export class StoredBlockAccess implements BlockAccess {
  constructor(
    private readonly index: Pick<ParameterIndex, 'resolve'>,
    private readonly reader: Pick<BlockReader, 'header' | 'payload'>,
  ) {}

  async resolve(name: string): Promise<Result<string>> {
    const view = await this.index.resolve(name);
    if (view !== null) return ok(view.release);
    return err(new CodedError('RELEASE_NOT_FOUND', `this node has no release ${name}`, { name }, 404));
  }

  async read(_: ChainId, hash: string): Promise<Result<VerifiedBlock>> {
    const payload = await this.reader.payload(hash);
    if (!payload.ok) return payload;
    const block = await this.reader.header(hash);
    if (block === null) throw new Error(`block ${hash} went away`);
    return ok({ header: block.header, payload: payload.value });
  }
}
