import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CodedError, messageOf, unwrap, type Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import {
  ExampleEncoder,
  HttpBlockAccess,
  makeSealedSet,
  readDomainDocuments,
  readReleaseOf,
  SealedFiles,
  USUAL_SEALED_DRAWS,
  type DomainDocument,
  type MadeSet,
} from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import type { ServerClient } from '../server-client.js';
import { withServer } from '../server-door.js';

interface CreateOptions {
  readonly model: string;
  readonly data: string;
  readonly domain: readonly string[];
  readonly draws?: number;
}

/** Makes a sealed set of a file, keeps it in the data folder, and commits to it; nothing is left of it where the server says no. */
export async function createSealedSet(context: CommandContext, options: CreateOptions): Promise<void> {
  const { dataDir } = await context.config();
  const documents = await documentsIn(options.data, options.domain);
  const made = await withServer(context, {}, async (server) => {
    const found = await makeFor(server, options, documents);
    const files = new SealedFiles(dataDir);
    await files.keep(found.set);
    try {
      await server.json('POST', '/api/learning/sealed-sets', { commitment: found.set.commitment });
    } catch (thrown) {
      // Where no answer came, the commitment may be in the log: then the file is needed.
      if (isRefusal(thrown)) await files.remove(found.set.commitment.root);
      throw thrown;
    }
    return found;
  });
  const { commitment } = made.set;
  const file = new SealedFiles(dataDir).path(commitment.root);
  const { tooLong: too_long, repeated } = made;
  const shown = { ...commitment, file, too_long, repeated };
  context.print(shown as unknown as Json, textOf(made, file));
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof CodedError && thrown.code !== 'SERVER_ANSWER' && thrown.status < 500;
}

async function documentsIn(path: string, domains: readonly string[]): Promise<DomainDocument[]> {
  const read = readDomainDocuments(createReadStream(path), domains).catch((thrown: unknown) => {
    throw new CodedError('SEALED_SET_DATA', `${path} cannot be read: ${messageOf(thrown)}`, { path });
  });
  return unwrap(await read);
}

async function makeFor(
  server: ServerClient,
  { model, draws = USUAL_SEALED_DRAWS }: CreateOptions,
  documents: readonly DomainDocument[],
): Promise<MadeSet> {
  const access = new HttpBlockAccess((path) => server.fetch(path));
  const live = unwrap(await access.resolve(model));
  const release = unwrap(await readReleaseOf(access, live, () => undefined, new Set()));
  const encoder = unwrap(ExampleEncoder.create(release.tokenizer));
  const context = release.config.maxPositions;
  const wish = { model, context, draws, encoder, salt: () => randomBytes(32) };
  return unwrap(makeSealedSet(documents, wish, nativeSha256));
}

function textOf({ set, tooLong, repeated }: MadeSet, file: string): string {
  const { model, root, domains, draws } = set.commitment;
  const counts = Object.entries(domains).map(
    ([name, count]) => `  ${name}: ${count} examples, ${draws} for each measurement`,
  );
  const left = tooLong + repeated;
  return [
    `Sealed set ${root} of ${model} is in the log.`,
    ...counts,
    ...(left > 0
      ? [`${tooLong} documents are longer than the context and ${repeated} are there already: left out`]
      : []),
    `Documents and salts are in ${file}: back it up, show it to nobody, and delete your copy of the data where others can read it.`,
  ].join('\n');
}
