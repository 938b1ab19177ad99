import type { SignedSubmission } from '../training/protocol.js';
import { requestJson, send } from './client.js';
import type { SubmissionSummary } from './learning.js';
import { Problem } from './problem.js';

/** Where handing in is, and which share of that is done, 0 to 1. */
export interface HandInProgress {
  readonly step: 'sign' | 'send';
  readonly share: number;
}

interface UploadState {
  readonly upload_id: string;
  readonly chunk_bytes: number;
  readonly blocks: readonly {
    readonly payload_hash: string;
    readonly size: number;
    readonly received: number;
  }[];
}

/** Bytes of an opening that are sent at a time. */
const OPENING_CHUNK_BYTES = 8 * 2 ** 20;

/**
 * Uploads signed blocks and hands them in; what was cut off goes on where it was. Throws the refusal as a `Problem`.
 * @param shows whether documents of drawn updates may be asked for
 */
export async function handIn(
  { headers, statement, signature, manifest, payloads }: SignedSubmission,
  shows: boolean,
  tell: (progress: HandInProgress) => void,
): Promise<SubmissionSummary> {
  let upload = await requestJson<UploadState>('/upload_moe_experts', { method: 'POST', body: { headers } });
  const total = headers.reduce((sum, { payload_size: size }) => sum + size, 0);
  for (const [hash, payload] of payloads)
    for (let at = receivedOf(upload, hash); at < payload.length; at = receivedOf(upload, hash)) {
      tell({ step: 'send', share: upload.blocks.reduce((sum, { received }) => sum + received, 0) / total });
      const bytes = new Blob([payload.subarray(at, at + upload.chunk_bytes)]);
      const path = `/upload_moe_experts/${upload.upload_id}/${hash}?offset=${at}`;
      upload = await requestJson(path, { method: 'PUT', bytes });
    }
  return requestJson('/learning/submissions', {
    method: 'POST',
    body: { upload_id: upload.upload_id, statement, signature, manifest, shows_training: shows },
  });
}

/** Sends an opening (docs/formats/opening.md) in chunks; a first one at 0 begins anew, whatever an earlier attempt left. */
export async function sendOpening(submission: string, opening: Uint8Array<ArrayBuffer>): Promise<void> {
  const path = `/learning/submissions/${encodeURIComponent(submission)}/openings`;
  const size = opening.length;
  for (let offset = 0; offset < size; offset += OPENING_CHUNK_BYTES) {
    const bytes = new Blob([opening.subarray(offset, offset + OPENING_CHUNK_BYTES)]);
    await send(`${path}?offset=${offset}&size=${size}`, { method: 'POST', bytes });
  }
}

function receivedOf({ blocks }: UploadState, hash: string): number {
  const block = blocks.find((each) => each.payload_hash === hash);
  if (block === undefined) throw new Problem(0, 'SERVER_ANSWER', `The server lost payload ${hash}.`);
  return block.received;
}
