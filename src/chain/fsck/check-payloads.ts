import { bytesToHex, CodedError, equalBytes, systemCodeOf } from '../../common/index.js';
import type { Findings } from '../../log/index.js';
import { PAYLOAD_TILE_BYTES, type BlockHeader, type PayloadDigest } from '../block/index.js';
import { digestSource } from '../checks/payload.js';
import { leavesBlob } from '../publish/block-storage.js';
import type { BlockStores } from '../store/block-stores.js';
import type { AcceptedFact, FsckOptions } from './fsck-check.js';
import type { Inventory } from './inventory.js';

/**
 * Every accepted block has its payload, and a damaged one is traced to the 256 KiB tiles that differ. Findings:
 * `PAYLOAD_MISSING`, `PAYLOAD_WRONG`, `LEAVES_MISSING` (repairable); warning `PAYLOAD_UNUSED`.
 */
export async function checkPayloads(
  stores: BlockStores,
  inventory: Inventory,
  findings: Findings,
  options: FsckOptions,
  onDone: (bytes: number) => void,
): Promise<void> {
  const used = new Map<string, AcceptedFact & { header: BlockHeader }>();
  for (const fact of inventory.blocks.values())
    if (fact.header !== null) used.set(fact.header.payload_hash, { ...fact, header: fact.header });
  for (const fact of used.values()) await checkPayload(stores, fact, findings, options, onDone);
  const incomplete =
    !inventory.complete || [...inventory.blocks.values()].some(({ header }) => header === null);
  for await (const { hash } of stores.payloads.list())
    if (!used.has(hash) && !incomplete)
      findings.warning('PAYLOAD_UNUSED', hash, `payload ${hash} belongs to no accepted block`);
}

async function checkPayload(
  stores: BlockStores,
  { hash, header }: AcceptedFact & { header: BlockHeader },
  findings: Findings,
  options: FsckOptions,
  onDone: (bytes: number) => void,
): Promise<void> {
  const name = header.name === null ? '' : ` (${header.name})`;
  const digest = await digestOf(stores, header.payload_hash);
  if (digest === null) {
    findings.error(
      'PAYLOAD_MISSING',
      hash,
      `block ${hash}${name} has lost its payload ${header.payload_hash}`,
    );
    return;
  }
  if (digest instanceof CodedError) {
    const why = `the payload of block ${hash}${name} cannot be made from its delta: ${digest.message}`;
    findings.error('PAYLOAD_WRONG', hash, why);
    return;
  }
  onDone(digest.size);
  if (digest.hash !== header.payload_hash) {
    const where = await describeDamage(stores, header, digest);
    findings.error('PAYLOAD_WRONG', hash, `the payload of block ${hash}${name} is damaged: ${where}`);
    return;
  }
  if (digest.root !== header.payload_root) {
    findings.error(
      'PAYLOAD_WRONG',
      hash,
      `block ${hash}${name} names a tile root that its payload does not have`,
    );
    return;
  }
  await checkLeaves(stores, hash, digest, findings, options);
}

/** What the file of a payload has, or what comes of its deltas, also if it is packed away just now; null where there is neither. */
async function digestOf({ payloads }: BlockStores, hash: string): Promise<PayloadDigest | CodedError | null> {
  const path = payloads.whole.path(hash);
  try {
    if (path !== null) return await digestSource({ path });
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
  }
  if (!(await payloads.has(hash))) return null;
  const payload = await payloads.read(hash);
  return payload.ok ? digestSource(payload.value) : payload.error;
}

async function checkLeaves(
  stores: BlockStores,
  block: string,
  digest: PayloadDigest,
  findings: Findings,
  { repair }: FsckOptions,
): Promise<void> {
  if (digest.leaves.length < 2 || (await stores.leaves.check(digest.root)) === 'intact') return;
  if (repair && (await stores.leaves.putAll([leavesBlob(digest)])).ok)
    findings.repaired(`wrote the tile hashes of block ${block} anew`);
  else findings.error('LEAVES_MISSING', block, `the tile hashes of block ${block} are missing or damaged`);
}

/** Which tiles differ, by the kept tile hashes; these are themselves checked against the header's root. */
async function describeDamage(
  stores: BlockStores,
  header: BlockHeader,
  found: PayloadDigest,
): Promise<string> {
  if (found.size !== header.payload_size)
    return `it has ${found.size} bytes instead of ${header.payload_size}`;
  const tiles = Math.ceil(header.payload_size / PAYLOAD_TILE_BYTES);
  if (tiles === 1) return 'tile 0, its only one';
  const kept = await stores.leaves.read(header.payload_root);
  if (!kept.ok) return `one or more of its ${tiles} tiles; its tile hashes are lost, too`;
  const wrong = found.leaves.flatMap((leaf, i) =>
    equalBytes(new Uint8Array(leaf), kept.value.subarray(i * 32, i * 32 + 32)) ? [] : [i],
  );
  const first = wrong[0] * PAYLOAD_TILE_BYTES;
  const listed = wrong.slice(0, 8).join(', ') + (wrong.length > 8 ? ', …' : '');
  return `tile ${listed} of ${tiles} (bytes from ${first}; tile ${wrong[0]} hashes to ${bytesToHex(found.leaves[wrong[0]]).slice(0, 16)}…)`;
}
