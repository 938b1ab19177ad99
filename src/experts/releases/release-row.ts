import type { BlockHeader } from '../../chain/index.js';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { parseReleasePayload, type ReleasePayload } from './release-payload.js';
import type { ReleaseRow } from './release-table.js';

/** A release block with its place on chain A. */
export interface PlacedRelease {
  readonly hash: string;
  readonly index: number;
  readonly header: BlockHeader;
}

/** What the table of releases says of a block; refuses payloads that are no release. */
export function releaseRow({ hash, index, header }: PlacedRelease, bytes: Uint8Array): Result<ReleaseRow> {
  const payload = decode(hash, bytes);
  if (!payload.ok) return payload;
  const { model, version, meta, tokenizer, parent } = payload.value;
  const dtype = typeof header.metadata.dtype === 'string' ? header.metadata.dtype : null;
  return ok({
    hash,
    chainIndex: index,
    model,
    version,
    dtype,
    meta,
    tokenizer,
    parent,
    timestamp: header.timestamp,
  });
}

function decode(hash: string, bytes: Uint8Array): Result<ReleasePayload> {
  try {
    return parseReleasePayload(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json);
  } catch {
    return err(
      new CodedError('BLOCK_PAYLOAD_JSON', `the payload of block ${hash} is not JSON`, { block: hash }),
    );
  }
}
