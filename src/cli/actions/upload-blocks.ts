import { DELTA_LIMITS, makeDelta, type BlockHeader } from '../../chain/index.js';
import { CodedError } from '../../common/index.js';
import { deltaSections } from '../../experts/index.js';
import type { PreparedSubmission, TrainedResult } from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { problemIn, type ServerClient } from '../server-client.js';

interface UploadView {
  readonly upload_id: string;
  readonly chunk_bytes: number;
  readonly blocks: readonly {
    readonly payload_hash: string;
    readonly size: number;
    readonly received: number;
  }[];
}

/**
 * Sends the payloads, each as the delta from its parent's where that is smaller, and otherwise in chunks, from where an earlier
 * attempt was cut off. Says what deltas have saved. @returns the id of the upload
 */
export async function uploadBlocks(
  context: CommandContext,
  server: ServerClient,
  { headers, parents }: Pick<PreparedSubmission, 'headers' | 'parents'>,
  payloads: TrainedResult['payloads'],
): Promise<string> {
  let upload = await server.json<UploadView>('POST', '/upload_moe_experts', { headers });
  const total = headers.reduce((sum, header) => sum + header.payload_size, 0);
  const bar = context.progress('uploading', total);
  const show = () => bar.update(upload.blocks.reduce((sum, { received }) => sum + received, 0));
  const saved = { sent: 0, instead: 0 };
  try {
    for (const header of headers) {
      const payload = payloads.get(header.name ?? '') ?? new Uint8Array();
      const hash = header.payload_hash;
      const delta = receivedOf(upload, hash) === 0 ? await deltaOf(header, payload, parents) : null;
      // One request takes a chunk at most, as a delta or of the payload.
      if (delta !== null && delta.length <= upload.chunk_bytes) {
        upload = await sendDelta(server, upload, hash, delta);
        show();
        const taken = receivedOf(upload, hash) === payload.length;
        saved.sent += taken ? delta.length : 0;
        saved.instead += taken ? payload.length : 0;
      }
      for (let at = receivedOf(upload, hash); at < payload.length; at = receivedOf(upload, hash)) {
        const path = `/upload_moe_experts/${upload.upload_id}/${hash}?offset=${at}`;
        const response = await send(server, path, payload.subarray(at, at + upload.chunk_bytes));
        if (!response.ok) throw await problemIn(response);
        upload = (await response.json()) as UploadView;
        show();
      }
    }
  } finally {
    bar.stop();
  }
  if (saved.instead > 0 && !context.json) process.stderr.write(`${sayings(saved)}\n`);
  return upload.upload_id;
}

/** The delta of a payload; null where there is no parent of its shape, or too little would be saved. */
async function deltaOf(
  header: BlockHeader,
  payload: Uint8Array,
  parents: PreparedSubmission['parents'],
): Promise<Uint8Array | null> {
  const parent = parents.get(header.name ?? '');
  const sections = deltaSections(header, payload);
  if (parent === undefined || !sections.ok) return null;
  const source = { parent: parent.block, parentPayload: parent.payload, payload, sections: sections.value };
  const delta = await makeDelta(source);
  return delta.ok && delta.value.length <= payload.length * DELTA_LIMITS.sentShare ? delta.value : null;
}

/** Nothing is received where the server does not take it, such as one of an earlier version, or where it got lost: then the payload is sent. */
async function sendDelta(
  server: ServerClient,
  { upload_id: id }: UploadView,
  hash: string,
  delta: Uint8Array,
): Promise<UploadView> {
  try {
    const response = await send(server, `/upload_moe_experts/${id}/${hash}/delta`, delta);
    if (response.ok) return (await response.json()) as UploadView;
    await response.body?.cancel();
  } catch {
    // The connection broke: whether the delta has arrived is asked below, as after a refusal.
  }
  return server.json<UploadView>('GET', `/upload_moe_experts/${id}`);
}

function send(server: ServerClient, path: string, body: Uint8Array): Promise<Response> {
  const headers = { 'content-type': 'application/octet-stream' };
  return server.fetch(path, { method: 'PUT', headers, body: new Uint8Array(body) });
}

function receivedOf({ blocks }: UploadView, payload: string): number {
  const block = blocks.find(({ payload_hash: hash }) => hash === payload);
  if (block === undefined) throw new CodedError('SERVER_ANSWER', `the server lost payload ${payload}`);
  return block.received;
}

function sayings({ sent, instead }: { readonly sent: number; readonly instead: number }): string {
  const share = ((100 * (instead - sent)) / instead).toFixed(1);
  return `sent as deltas: ${sent} bytes in place of ${instead} (${share} % less)`;
}
