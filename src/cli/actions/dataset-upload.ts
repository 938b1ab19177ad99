import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CodedError, messageOf } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { mineWork } from '../../datasets/proof/index.js';
import type { CommandContext } from '../command-context.js';
import { problemIn, type ServerClient } from '../server-client.js';
import { withServer, type ServerDoor } from '../server-door.js';

interface UploadOptions extends ServerDoor {
  readonly name: string;
  readonly licence: string;
  readonly source: string;
  readonly setVersion: string;
}

interface UploadState {
  readonly upload_id: string;
  readonly chunk_bytes: number;
  readonly bytes: number;
  readonly received: number;
  readonly work: { readonly challenge: string; readonly bits: number };
}

interface LocalFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Uploads files as one dataset. */
export async function uploadFiles(
  context: CommandContext,
  paths: readonly string[],
  options: UploadOptions,
): Promise<void> {
  const files: LocalFile[] = [];
  for (const path of paths) files.push(await describeFile(path));
  const { name, licence, source, setVersion: version } = options;
  const described = files.map(({ name: file, bytes, sha256 }) => ({ name: file, bytes, sha256 }));
  const made = await withServer(context, options, async (server) => {
    const body = { name, version, licence, source, files: described };
    const begun = await server.json<UploadState>('POST', '/datasets', body);
    const state = await sendAll(context, server, files, begun);
    const nonce = mineWork(state.work.challenge, state.work.bits, nativeSha256) ?? 0;
    return server.json<{ id: string; stage: string }>('POST', `${pathOf(state)}/complete`, { nonce });
  });
  const { id, stage } = made;
  context.print({ dataset: id, stage }, `${id} is ${stage}; its audit follows by itself`);
}

async function sendAll(
  context: CommandContext,
  server: ServerClient,
  files: readonly LocalFile[],
  begun: UploadState,
): Promise<UploadState> {
  const bar = context.progress('uploading', begun.bytes);
  try {
    let state = begun;
    while (state.received < state.bytes) {
      bar.update(state.received);
      const chunk = await readAt(files, state.received, state.chunk_bytes);
      const response = await server.fetch(`${pathOf(state)}?offset=${state.received}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: chunk,
      });
      if (!response.ok) throw await problemIn(response);
      state = (await response.json()) as UploadState;
    }
    return state;
  } finally {
    bar.stop();
  }
}

/** Bytes from a place on, of the file that place is in; fewer than `most` at its end. */
async function readAt(
  files: readonly LocalFile[],
  place: number,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let start = 0;
  for (const { path, bytes } of files) {
    if (place < start + bytes) {
      const buffer = new Uint8Array(Math.min(most, start + bytes - place));
      const handle = await open(path, 'r');
      try {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, place - start);
        if (bytesRead === buffer.length) return buffer;
        throw new CodedError('DATASET_FILE', `${path} has become shorter`);
      } finally {
        await handle.close();
      }
    }
    start += bytes;
  }
  throw new CodedError('DATASET_FILE', 'the server asks for more bytes than there are');
}

async function describeFile(path: string): Promise<LocalFile> {
  try {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
    return { path, name: basename(path), bytes: (await stat(path)).size, sha256: hash.digest('hex') };
  } catch (thrown) {
    throw new CodedError('DATASET_FILE', `${path} cannot be read: ${messageOf(thrown)}`, { path });
  }
}

function pathOf({ upload_id: id }: UploadState): string {
  return `/datasets/uploads/${id}`;
}
