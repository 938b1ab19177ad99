import type { BlockReader } from '../../chain/index.js';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';

/** The JSON payload of a stored block, verified against its hash; `BLOCK_MISSING` where there is no such block. */
export async function readJsonPayload(reader: BlockReader, hash: string): Promise<Result<Json>> {
  const payload = await reader.payload(hash);
  if (!payload.ok) return payload;
  try {
    return ok(
      JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload.value)) as Json,
    );
  } catch {
    return err(
      new CodedError('BLOCK_PAYLOAD_JSON', `the payload of block ${hash} is not JSON`, { block: hash }),
    );
  }
}
