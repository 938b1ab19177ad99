import { access, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { CodedError, messageOf, systemCodeOf, unwrap } from '../../common/index.js';
import type { CommandContext } from '../command-context.js';
import { problemIn, serverGone, type ServerClient } from '../server-client.js';

interface ExportOptions {
  readonly gguf: string;
  readonly release?: string;
}

/** A file that comes in pieces. */
interface Incoming {
  readonly size: number;
  readonly type: string;
  readonly notes: readonly string[];
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

/** Writes a release as GGUF, through the server or in this process. Never writes over a file, never leaves half of one. */
export async function exportModel(
  context: CommandContext,
  model: string,
  { gguf, release }: ExportOptions,
): Promise<void> {
  const [name, version = release] = model.split('@', 2);
  const path = resolve(gguf);
  await refuseExisting(path);
  const { size, type, notes } = await context.withApplication(async (host) => {
    const incoming =
      host.kind === 'server'
        ? await fromServer(host.server, name, version)
        : await prepareHere(host.application, version === undefined ? name : `${name}@${version}`);
    const bar = context.progress('exporting', incoming.size);
    await writeFile(path, incoming, (done) => bar.update(done)).finally(() => bar.stop());
    return incoming;
  });
  const said = [
    `wrote ${path}: ${size} bytes, weights mostly ${type}`,
    ...notes.map((note) => `note: ${note}`),
  ];
  context.print({ file: path, bytes: size, type, notes: [...notes] }, said.join('\n'));
}

async function prepareHere(application: INestApplicationContext, model: string): Promise<Incoming> {
  const { GgufExport } = await import('../own-services.js');
  return unwrap(await application.get(GgufExport).prepare(model));
}

async function fromServer(server: ServerClient, name: string, version?: string): Promise<Incoming> {
  const query = version === undefined ? '' : `?release=${encodeURIComponent(version)}`;
  const response = await server.fetch(`/models/${encodeURIComponent(name)}/gguf${query}`);
  if (!response.ok || response.body === null) throw await problemIn(response);
  const { body, headers } = response;
  return {
    size: Number(headers.get('content-length')),
    type: headers.get('x-gguf-type') ?? '',
    notes: (headers.get('x-gguf-notes') ?? '').split('; ').filter((note) => note !== ''),
    chunks: async function* () {
      try {
        for await (const chunk of body) yield chunk;
      } catch (thrown) {
        throw serverGone(server.url, thrown);
      }
    },
  };
}

/** Writes beside the target first and moves it there when it is whole. */
async function writeFile(path: string, incoming: Incoming, progress: (done: number) => void): Promise<void> {
  const partial = `${path}.partial`;
  let file: FileHandle | undefined;
  try {
    file = await open(partial, 'w');
    let done = 0;
    for await (const chunk of incoming.chunks()) {
      await file.writeFile(chunk);
      progress((done += chunk.length));
    }
    if (done !== incoming.size) throw incomplete(done, incoming.size);
    await file.sync();
    await file.close();
    await refuseExisting(path);
    await rename(partial, path);
  } catch (thrown) {
    await file?.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw thrown instanceof CodedError || systemCodeOf(thrown) === undefined
      ? thrown
      : unwritable(path, thrown);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new CodedError('EXPORT_EXISTS', `${path} exists already; nothing was written`, { path });
}

function incomplete(done: number, size: number): CodedError {
  return new CodedError('EXPORT_INCOMPLETE', `the export ended after ${done} of ${size} bytes`, {
    done,
    size,
  });
}

function unwritable(path: string, thrown: unknown): CodedError {
  const message = `${path} cannot be written: ${messageOf(thrown)}`;
  return new CodedError('EXPORT_UNWRITABLE', message, { path, detail: systemCodeOf(thrown) ?? null });
}
