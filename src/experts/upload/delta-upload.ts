import { Injectable } from '@nestjs/common';
import { applyDelta, BlockReader, BlockStores, DELTA_LIMITS, readDelta } from '../../chain/index.js';
import { bytesWithin } from '../../common/bytes-within.js';
import { CodedError, err, type Result } from '../../common/index.js';
import { Turnstile } from '../../common/turnstile.js';
import type { ExpertHeader } from './expert-header.js';
import { UPLOAD_LIMITS } from './upload-limits.js';
import { UploadStore, type UploadState } from './upload-store.js';

/** Deltas that are turned into payloads at once, each with both payloads in memory, and that arrive or wait for it. */
const AT_ONCE = 1;
const ARRIVING = 8;

/** Takes the payload of an upload as the delta from its parent's, which this server has already. */
@Injectable()
export class DeltaUpload {
  private readonly arriving = new Turnstile(ARRIVING, 0, busy);
  private readonly turnstile = new Turnstile(AT_ONCE, ARRIVING, busy);

  constructor(
    private readonly uploads: UploadStore,
    private readonly reader: BlockReader,
    private readonly stores: BlockStores,
  ) {}

  /**
   * Makes the whole payload of a delta and puts it into the upload; nothing is kept of one that is refused. Whoever sends slowly keeps no
   * delta waiting that has arrived. Refusals: `UPLOAD_UNKNOWN`,
   * `UPLOAD_TOO_LARGE`, `UPLOAD_BUSY`, `DELTA_BLOCK_…`, `BLOCK_UNKNOWN`, `BLOB_…`.
   */
  take(
    account: string,
    id: string,
    payload: string,
    body: AsyncIterable<Uint8Array>,
  ): Promise<Result<UploadState>> {
    return this.arriving.pass(() =>
      this.uploads.fill(account, id, payload, async (expected) => {
        const { payload_size: size } = expected.header;
        const share = size > DELTA_LIMITS.payloadBytes ? 0 : Math.floor(size * DELTA_LIMITS.sentShare);
        const most = Math.min(share, UPLOAD_LIMITS.chunkBytes);
        if (most === 0) return tooLarge(most);
        // A delta that is not much smaller than its payload is no use.
        const bytes = await bytesWithin(body, most);
        return bytes === null ? tooLarge(most) : this.turnstile.pass(() => this.expand(expected, bytes));
      }),
    );
  }

  private async expand({ hash, header }: ExpertHeader, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    const delta = readDelta(bytes);
    if (!delta.ok) return delta;
    const { parent, parent_payload_hash: parentPayload, payload_hash: payload } = delta.value.header;
    if (payload !== header.payload_hash || parent !== header.metadata.parent)
      return wrongParent(`the delta is not the one from the parent of block ${hash} to its payload`);
    const known = await this.reader.header(parent);
    if (known?.header.payload_hash !== parentPayload)
      return wrongParent(`this server has no block ${parent} with the payload the delta was made from`);
    const before = await this.stores.payloads.read(parentPayload);
    return before.ok ? applyDelta(delta.value, before.value) : before;
  }
}

function tooLarge(most: number): Result<never> {
  const message = `a delta of this payload may have ${most} bytes; send the payload instead`;
  return err(new CodedError('UPLOAD_TOO_LARGE', message, { most }, 413));
}

function wrongParent(message: string): Result<never> {
  return err(new CodedError('DELTA_BLOCK_PARENT', message, {}));
}

function busy(): CodedError {
  const message = 'other deltas are being taken; try again, or send the payload in chunks';
  return new CodedError('UPLOAD_BUSY', message, {}, 409);
}
