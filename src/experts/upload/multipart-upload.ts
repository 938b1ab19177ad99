import type { FastifyRequest } from 'fastify';
import { Injectable } from '@nestjs/common';
import {
  BlobStore,
  BlockPublisher,
  BlockUploads,
  type AcceptedBlock,
  type BlockInput,
} from '../../chain/index.js';
import { CodedError, err, type Result } from '../../common/index.js';
import { checkExpertHeader, type ExpertHeader } from './expert-header.js';
import { UPLOAD_LIMITS } from './upload-limits.js';

/** Takes expert blocks from one multipart request: each a field `header` (JSON) followed by a file `payload`. */
@Injectable()
export class MultipartUpload {
  constructor(
    private readonly payloads: BlobStore,
    private readonly publisher: BlockPublisher,
    private readonly uploads: BlockUploads,
  ) {}

  /** Publishes all blocks of the request or none, and records whose they are. Refusals: `UPLOAD_PARTS`, `UPLOAD_…`, `BLOCK_…`, `STORAGE_…`. */
  async take(request: Pick<FastifyRequest, 'parts'>, account: string): Promise<Result<AcceptedBlock[]>> {
    const staged: { readonly path: string }[] = [];
    try {
      const inputs = await this.stageAll(request, staged);
      return inputs.ok ? await this.publisher.publish(inputs.value, this.uploads.by(account)) : inputs;
    } finally {
      await Promise.all(staged.map((blob) => this.payloads.discard(blob)));
    }
  }

  private async stageAll(
    request: Pick<FastifyRequest, 'parts'>,
    staged: { readonly path: string }[],
  ): Promise<Result<BlockInput[]>> {
    const inputs: BlockInput[] = [];
    let expected: ExpertHeader | null = null;
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        if (part.fieldname !== 'header' || expected !== null)
          return parts(`${part.fieldname} is not expected here`);
        const header = parseHeader(part.value);
        if (!header.ok) return header;
        expected = header.value;
        continue;
      }
      if (part.fieldname !== 'payload' || expected === null)
        return parts(`${part.fieldname} is not expected here`);
      const blob = await this.payloads.stage(bounded(part.file, expected.header.payload_size));
      if (!blob.ok) return blob;
      staged.push(blob.value);
      inputs.push({ header: expected.header, payload: { path: blob.value.path } });
      expected = null;
      if (inputs.length > UPLOAD_LIMITS.blocks) return parts(`more than ${UPLOAD_LIMITS.blocks} blocks`);
    }
    if (expected !== null || inputs.length === 0) return parts('a header without its payload');
    return { ok: true, value: inputs };
  }
}

function parseHeader(value: unknown): Result<ExpertHeader> {
  try {
    return checkExpertHeader(JSON.parse(String(value)));
  } catch {
    return err(new CodedError('UPLOAD_PARTS', 'a header is not JSON', {}, 400));
  }
}

/** One byte more than announced is enough to know that a payload is too long; the rest is read and dropped. */
async function* bounded(file: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let left = size + 1;
  for await (const piece of file) {
    if (left > 0) yield piece.subarray(0, left);
    left -= piece.length;
  }
}

function parts(why: string): Result<never> {
  const message = `multipart uploads are pairs of a field "header" and a file "payload": ${why}`;
  return err(new CodedError('UPLOAD_PARTS', message, {}, 400));
}
