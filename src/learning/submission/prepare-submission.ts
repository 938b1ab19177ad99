import {
  digestPayload,
  hashHeader,
  mineNonce,
  signHeader,
  type BlockHeader,
  type BlockMetadata,
  type HeaderSigner,
} from '../../chain/block/index.js';
import {
  bytesToHex,
  CodedError,
  err,
  ok,
  sha256Bytes,
  type Json,
  type Result,
  type Sha256,
} from '../../common/index.js';
import { newExpertMetadata } from '../../experts/blocks/new-expert.js';
import { parseReleasePayload } from '../../experts/releases/release-payload.js';
import { routerRowOf } from '../../experts/tensorblock/growth.js';
import { jsonOf, type BlockAccess } from '../source/block-access.js';
import { manifestHash, parseManifest } from './manifest-facts.js';
import { statementBytes, type SubmissionStatement } from './statement.js';

/** What a contributor has, and says of it. */
export interface TrainedResult {
  /** The manifest as `stemma train` wrote it. */
  readonly manifest: Json;
  /** The payload of a trained block, by its name. */
  readonly payloads: ReadonlyMap<string, Uint8Array>;
  readonly domains: readonly string[];
  readonly datasets: readonly string[];
  /** Leading zero bits that the server asks of blocks. */
  readonly difficulty: number;
  /** ms since the epoch. */
  readonly now: number;
}

/** The block an expert came from. */
export interface ParentPayload {
  readonly block: string;
  readonly payload: Uint8Array;
}

/** What is sent. */
export interface PreparedSubmission {
  readonly headers: readonly BlockHeader[];
  /** What each block was trained from, by its name, as it was read and checked. */
  readonly parents: ReadonlyMap<string, ParentPayload>;
  readonly statement: SubmissionStatement;
  readonly signature: string;
}

/** Makes signed blocks and a signed statement of what was trained. Refuses with `SUBMISSION_…` what no server would take. */
export async function prepareSubmission(
  trained: TrainedResult,
  signer: HeaderSigner,
  access: BlockAccess,
  sha256: Sha256 = sha256Bytes,
): Promise<Result<PreparedSubmission>> {
  const facts = parseManifest(trained.manifest);
  if (!facts.ok) return facts;
  const block = await access.read('A', facts.value.release);
  if (!block.ok) return block;
  const release = parseReleasePayload(jsonOf(block.value));
  if (!release.ok) return release;
  const headers: BlockHeader[] = [];
  const parents = new Map<string, ParentPayload>();
  for (const { name, parent, payloadHash, from } of facts.value.blocks) {
    const payload = trained.payloads.get(name);
    const before = await access.read('B', parent);
    if (!before.ok) return before;
    const header = headerOf(trained, signer, {
      name,
      payload,
      before: before.value.header,
      parent,
      from,
      meta: release.value.meta,
      sha256,
    });
    if (!header.ok) return header;
    if (header.value.payload_hash !== payloadHash) return err(altered(name));
    headers.push(header.value);
    parents.set(name, { block: parent, payload: before.value.payload });
  }
  const statement: SubmissionStatement = {
    ...{ version: 1, model: facts.value.model, release: facts.value.release },
    blocks: headers.map((header) => hashHeader(header, sha256)).sort(),
    manifest: manifestHash(trained.manifest),
    domains: [...new Set(trained.domains)].sort(),
    datasets: [...new Set(trained.datasets)].sort(),
    author: bytesToHex(signer.publicKey),
    created_at: trained.now,
  };
  return ok({ headers, parents, statement, signature: bytesToHex(signer.sign(statementBytes(statement))) });
}

interface BlockParts {
  readonly name: string;
  readonly payload: Uint8Array | undefined;
  readonly before: BlockHeader;
  readonly parent: string;
  /** Of a new expert: what it began as. */
  readonly from: string | undefined;
  readonly meta: string;
  readonly sha256: Sha256;
}

function headerOf(
  { manifest, payloads, datasets, difficulty, now }: TrainedResult,
  signer: HeaderSigner,
  { name, payload, before, parent, from, meta, sha256 }: BlockParts,
): Result<BlockHeader> {
  if (payload === undefined) return err(altered(name));
  const row = payloads.get(routerRowOf(name));
  if (from !== undefined && row === undefined) return err(altered(routerRowOf(name)));
  const { hash, size, root } = digestPayload(payload);
  const { blocks, data } = manifest as unknown as ManifestJson;
  const { tensors = [], data: file = data.hash } = blocks.find((block) => block.name === name) ?? {};
  const { model, dtype, license } = before.metadata;
  const metadata: BlockMetadata = {
    ...{ model, parent, tensors, ...(file !== undefined && { data: file }) },
    ...(dtype !== undefined && { dtype }),
    ...(license !== undefined && { license }),
    ...(from !== undefined && row !== undefined && { router: newExpertMetadata(from, row) }),
  };
  const mined = mineNonce(
    {
      ...{ version: 1, chain_id: 'B', block_type: 'expert', prev_hash: null },
      depends_on: [...new Set([meta, parent, ...datasets])].sort(),
      ...{ name, layer_id: before.layer_id, payload_type: 'tensorblock' },
      ...{ payload_hash: hash, payload_size: size, payload_root: root, metadata },
      miner_pub: bytesToHex(signer.publicKey),
      timestamp: Math.max(now, before.timestamp),
      nonce: 0,
    },
    difficulty,
    sha256,
  );
  if (mined !== null) return ok(signHeader(mined, signer));
  const message = `no proof of work of ${difficulty} bits was found for ${name}`;
  return err(new CodedError('BLOCK_WORK', message, { difficulty }));
}

interface ManifestJson {
  readonly data: { readonly hash?: string };
  /** Each with the file it was trained on where they come from different trainings. */
  readonly blocks: readonly { readonly name: string; readonly tensors: Json[]; readonly data?: string }[];
}

function altered(name: string): CodedError {
  return new CodedError(
    'SUBMISSION_FILES',
    `the file of ${name} is missing or not the one the manifest names`,
    {
      block: name,
    },
  );
}
