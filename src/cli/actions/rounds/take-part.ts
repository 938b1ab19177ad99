import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../common/durable-files.js';
import { bytesToHex, CodedError, messageOf, unwrap, type Json } from '../../../common/index.js';
import { nativeSha256Hex } from '../../../common/native-hash.js';
import { NodeKeys, type Secp256k1Signer } from '../../../keys/index.js';
import {
  commitmentOf,
  compressTraining,
  HttpBlockAccess,
  parseTerms,
  readRoundBase,
  roundStatementBytes,
  type DeltaPlan,
  type RoundStatement,
} from '../../../learning/index.js';
import type { CommandContext } from '../../command-context.js';
import { problemIn, type ServerClient } from '../../server-client.js';
import { withServer, type ServerDoor } from '../../server-door.js';
import { roundPath, roundText, type RoundView } from './round-view.js';

/** File of a training's folder that holds its compressed update. */
const UPDATE_FILE = 'update.sdelta';

/** Joins a round with the key that signs this node's blocks. */
export async function joinRound(context: CommandContext, id: string, door: ServerDoor): Promise<void> {
  const path = roundPath(id, '/members');
  const signer = await signerOf(context);
  const statement = { version: 1, kind: 'join', round: id, author: bytesToHex(signer.publicKey) } as const;
  const round = await withServer(context, door, (server) => send(server, path, signer, statement));
  context.print(round as unknown as Json, roundText(round));
}

/** Compresses what was trained, keeps it beside the training, and commits to it. */
export async function commitToRound(
  context: CommandContext,
  id: string,
  folder: string,
  options: ServerDoor & DeltaPlan,
): Promise<void> {
  const path = roundPath(id, '/commitments');
  const signer = await signerOf(context);
  const author = bytesToHex(signer.publicKey);
  const round = await withServer(context, options, async (server) => {
    const bytes = await compressed(server, id, folder, options);
    await writeDurably(folder, [{ target: join(folder, UPDATE_FILE), content: bytes }]);
    const commitment = commitmentOf(id, author, nativeSha256Hex(bytes));
    return send(server, path, signer, { version: 1, kind: 'commit', round: id, author, commitment });
  });
  context.print(round as unknown as Json, roundText(round));
}

/** Shows what was committed to. */
export async function revealInRound(
  context: CommandContext,
  id: string,
  folder: string,
  door: ServerDoor,
): Promise<void> {
  const author = bytesToHex((await signerOf(context)).publicKey);
  const bytes = await fileOf(folder, UPDATE_FILE);
  const round = await withServer(context, door, async (server) => {
    const response = await server.fetch(roundPath(id, `/updates?author=${author}`), {
      ...{ method: 'POST', headers: { 'content-type': 'application/octet-stream' } },
      body: new Uint8Array(bytes),
    });
    if (!response.ok) throw await problemIn(response);
    return (await response.json()) as RoundView;
  });
  context.print(round as unknown as Json, roundText(round));
}

async function compressed(
  server: ServerClient,
  id: string,
  folder: string,
  { rank, share, bits }: DeltaPlan,
): Promise<Uint8Array> {
  const { terms } = await server.json<{ terms: unknown }>('GET', roundPath(id));
  const agreed = unwrap(parseTerms(terms));
  const access = new HttpBlockAccess((path) => server.fetch(path));
  const base = unwrap(await readRoundBase(access, agreed));
  const manifest: unknown = JSON.parse((await fileOf(folder, 'manifest.json')).toString('utf8'));
  const payloads = new Map<string, Uint8Array>();
  for (const expert of agreed.experts) {
    payloads.set(expert, new Uint8Array(await fileOf(folder, `${expert}.tensorblock`)));
  }
  return unwrap(compressTraining(agreed, base, manifest, payloads, { rank, share, bits }));
}

/** The key that signs this node's blocks, and what it says in rounds. */
export async function signerOf(context: CommandContext): Promise<Secp256k1Signer> {
  return unwrap(await NodeKeys.load(await context.config())).blockSigner;
}

function send(
  server: ServerClient,
  path: string,
  signer: Secp256k1Signer,
  statement: RoundStatement,
): Promise<RoundView> {
  const signature = bytesToHex(signer.sign(roundStatementBytes(statement)));
  return server.json<RoundView>('POST', path, { statement, signature });
}

function fileOf(folder: string, file: string): Promise<Buffer> {
  return readFile(join(folder, file)).catch((thrown: unknown) => {
    throw new CodedError('ROUND_FILES', `${join(folder, file)} cannot be read: ${messageOf(thrown)}`);
  });
}
