import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../../common/durable-files.js';
import { bytesToHex, CodedError, messageOf, unwrap, utf8ToBytes, type Json } from '../../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../../common/native-hash.js';
import { NodeKeys, type Secp256k1Signer } from '../../../keys/index.js';
import {
  commitmentOf,
  compressTraining,
  HttpBlockAccess,
  parseTerms,
  readRoundBase,
  roundStatementBytes,
  type DeltaPlan,
  type PreparedUpdate,
  type RoundStatement,
  type RoundTerms,
  type UpdateWish,
} from '../../../learning/index.js';
import type { CommandContext } from '../../command-context.js';
import { problemIn, type ServerClient } from '../../server-client.js';
import { withServer, type ServerDoor } from '../../server-door.js';
import { CarriedFolder } from './carried-folder.js';
import { refuseAnother, stillCounts } from './own-commitment.js';
import { privacyText, roundPath, roundText, type RoundDetail, type RoundView } from './round-view.js';

/** File of a training's folder that holds its compressed update. */
const UPDATE_FILE = 'update.sdelta';

/** Joins a round with the key that signs this node's blocks, and says what becomes of the member's privacy. */
export async function joinRound(context: CommandContext, id: string, door: ServerDoor): Promise<void> {
  const path = roundPath(id, '/members');
  const signer = await signerOf(context);
  const statement = { version: 1, kind: 'join', round: id, author: bytesToHex(signer.publicKey) } as const;
  const round = await withServer(context, door, async (server) => {
    const { terms } = await server.json<RoundDetail>('GET', roundPath(id));
    const { privacy = null } = unwrap(parseTerms(terms));
    return { ...(await send(server, path, signer, statement)), privacy };
  });
  const text = [roundText(round), ...(round.privacy === null ? [] : [privacyText(round.privacy)])];
  context.print(round as unknown as Json, text.join('\n'));
}

/** How an update is made of what was trained. */
interface CommitOptions extends ServerDoor, DeltaPlan {
  readonly feedback: boolean;
  readonly momentum: number;
}

/** Compresses what was trained, keeps it beside the training, and commits to it. `ROUND_COMMITTED`, with nothing written, where the author has committed to something else. */
export async function commitToRound(
  context: CommandContext,
  id: string,
  folder: string,
  options: CommitOptions,
): Promise<void> {
  const path = roundPath(id, '/commitments');
  const signer = await signerOf(context);
  const author = bytesToHex(signer.publicKey);
  const { dataDir } = await context.config();
  const round = await withServer(context, options, async (server) => {
    const shown = await server.json<RoundDetail>('GET', roundPath(id));
    const terms = unwrap(parseTerms(shown.terms));
    const carried = new CarriedFolder(dataDir, server.url, terms);
    const before = await carried.before(id, terms.experts, (made) => stillCounts(server, made, author));
    const { rank, share, bits, feedback, momentum } = options;
    const wish = { plan: { rank, share, bits }, feedback, beta: momentum, before, salt: saltOf(signer, id) };
    const { bytes, after } = await prepared(server, terms, folder, wish);
    const commitment = commitmentOf(id, author, nativeSha256Hex(bytes));
    // Before anything is written: what was committed to has to stay as it is, to be shown.
    refuseAnother(shown, author, commitment);
    await writeDurably(folder, [{ target: join(folder, UPDATE_FILE), content: bytes }]);
    await carried.keep({ round: id, commitment }, terms.experts, before, after);
    return send(server, path, signer, { version: 1, kind: 'commit', round: id, author, commitment });
  });
  context.print(round as unknown as Json, roundText(round));
}

/** Secret bytes for an update of a private round, the same ones whenever it is made again: of a signature that nobody else can make or sees. */
function saltOf(signer: Secp256k1Signer, round: string): Uint8Array {
  return nativeSha256(signer.sign(utf8ToBytes(`stemma salt 1 ${round}`)));
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

async function prepared(
  server: ServerClient,
  terms: RoundTerms,
  folder: string,
  wish: UpdateWish,
): Promise<PreparedUpdate> {
  const access = new HttpBlockAccess((path) => server.fetch(path));
  const base = unwrap(await readRoundBase(access, terms));
  const manifest: unknown = JSON.parse((await fileOf(folder, 'manifest.json')).toString('utf8'));
  const payloads = new Map<string, Uint8Array>();
  for (const expert of terms.experts) {
    payloads.set(expert, new Uint8Array(await fileOf(folder, `${expert}.tensorblock`)));
  }
  return unwrap(compressTraining(terms, base, manifest, payloads, wish));
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
