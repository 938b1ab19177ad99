import { PayloadHasher } from '../../../src/chain/block/index.js';
import { findNonce } from '../../../src/datasets/proof/index.js';
import type { DatasetSummary } from './datasets.js';
import { requestJson } from './client.js';

/** What a person says of a dataset. */
export interface DatasetWish {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly source: string;
}

/** Where an upload is: hashing, sending or proving work, and which share of that is done, 0 to 1. */
export interface UploadProgress {
  readonly step: 'hash' | 'send' | 'work';
  readonly share: number;
}

interface UploadState {
  readonly upload_id: string;
  readonly chunk_bytes: number;
  readonly received: number;
  readonly work: { readonly challenge: string; readonly bits: number };
}

/** Nonces that are tried before the page may draw. */
const TRIES = 8_192;
const READ_BYTES = 4 * 1024 * 1024;

/** Uploads a file as a dataset, in chunks; one that was cut off goes on where it was. Throws the refusal as a `Problem`. */
export async function uploadDataset(
  wish: DatasetWish,
  file: File,
  tell: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<DatasetSummary> {
  const sha256 = await hashFile(file, (share) => tell({ step: 'hash', share }), signal);
  const files = [{ name: plainName(file.name), bytes: file.size, sha256 }];
  let state = await requestJson<UploadState>('/datasets', {
    method: 'POST',
    body: { ...wish, files },
    signal,
  });
  const path = `/datasets/uploads/${state.upload_id}`;
  while (state.received < file.size) {
    tell({ step: 'send', share: state.received / file.size });
    const bytes = file.slice(state.received, state.received + state.chunk_bytes);
    state = await requestJson(`${path}?offset=${state.received}`, { method: 'PUT', bytes, signal });
  }
  const nonce = await prove(state.work, (share) => tell({ step: 'work', share }), signal);
  return requestJson(`${path}/complete`, { method: 'POST', body: { nonce }, signal });
}

/** A name as datasets allow it, for whatever the file is called here. */
export function plainName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9 ._-]/g, '_').replace(/^[^A-Za-z0-9]+/, '');
  return plain === '' ? 'data.jsonl' : plain.slice(-128).replace(/^[^A-Za-z0-9]+/, '');
}

async function hashFile(file: File, tell: (share: number) => void, signal: AbortSignal): Promise<string> {
  const hasher = new PayloadHasher();
  for (let place = 0; place < file.size; place += READ_BYTES) {
    signal.throwIfAborted();
    hasher.update(new Uint8Array(await file.slice(place, place + READ_BYTES).arrayBuffer()));
    tell(Math.min(1, (place + READ_BYTES) / file.size));
  }
  return hasher.digest().hash;
}

/** The share is of the tries it takes on average. */
async function prove(
  { challenge, bits }: UploadState['work'],
  tell: (share: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const search = findNonce(challenge, bits, TRIES);
  for (let step = search.next(); ; step = search.next()) {
    if (step.done === true) return step.value ?? 0;
    signal.throwIfAborted();
    tell(Math.min(1, step.value / 2 ** bits));
    await new Promise((resolve) => setTimeout(resolve));
  }
}
