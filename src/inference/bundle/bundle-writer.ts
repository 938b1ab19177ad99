import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { BlockReader, encodeSignedHeader, type StoredBlock } from '../../chain/index.js';
import {
  CodedError,
  canonicalJson,
  err,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import { ParameterIndex, type ReleaseView } from '../../experts/index.js';
import { KernelArchive } from '../engine/kernel-archive.js';
import { requireExact, type CompleteDocument } from '../receipt/index.js';
import { BUNDLE, BUNDLE_VERSION, bundleReadme } from './bundle-layout.js';
import { LARGEST_ZIP, MOST_ZIP_FILES, writeZip, zipSize, type ZipEntry } from './zip-writer.js';

/** A bundle ready to be sent. */
export interface Bundle {
  /** Bytes. */
  readonly size: number;
  readonly stream: () => AsyncIterable<Uint8Array>;
}

const CHUNK_BYTES = 1 << 18;

/** Puts together everything that is needed to replay an answer elsewhere. */
@Injectable()
export class BundleWriter {
  constructor(
    private readonly index: ParameterIndex,
    private readonly blocks: BlockReader,
    private readonly kernels: KernelArchive,
  ) {}

  /** Refuses with `RECEIPT_NOT_EXACT`, `RELEASE_NOT_FOUND`, `KERNEL_NOT_FOUND`, `BLOCK_MISSING` (naming the block) or `BUNDLE_TOO_LARGE`. */
  async bundle(document: CompleteDocument): Promise<Result<Bundle>> {
    const { receipt } = document;
    const exact = requireExact(receipt);
    if (!exact.ok) return exact;
    const release = await this.index.release(receipt.release);
    if (release === null) return err(noRelease(receipt.release));
    const kernel = await this.kernels.read(receipt.kernel);
    if (kernel === null) return err(noKernel(receipt.kernel));
    const hashes = neededBlocks(release, new Set(receipt.experts.map(({ name }) => name)));
    const stored = await this.blocks.headers(hashes);
    const entries: ZipEntry[] = [...this.statement(document), bytesEntry(BUNDLE.kernel, kernel)];
    const payloads = new Set<string>();
    for (const hash of hashes) {
      const block = stored.get(hash);
      if (block === undefined) return err(missing(hash, hash));
      entries.push(bytesEntry(BUNDLE.header(hash), encodeSignedHeader(block.header)));
      if (payloads.has(block.header.payload_hash)) continue;
      payloads.add(block.header.payload_hash);
      const payload = await this.payloadEntry(block);
      if (!payload.ok) return payload;
      entries.push(payload.value);
    }
    const size = zipSize(entries);
    if (size > LARGEST_ZIP || entries.length > MOST_ZIP_FILES) return err(tooLarge(size, entries.length));
    return ok({ size, stream: () => writeZip(entries) });
  }

  private statement({ receipt, evidence, log }: CompleteDocument): ZipEntry[] {
    const manifest = { version: BUNDLE_VERSION, receipt: receipt.id };
    return [
      bytesEntry(BUNDLE.readme, utf8ToBytes(bundleReadme(receipt.id, receipt.kernel))),
      jsonEntry(BUNDLE.manifest, manifest),
      jsonEntry(BUNDLE.receipt, receipt),
      jsonEntry(BUNDLE.evidence, evidence),
      jsonEntry(BUNDLE.log, log),
    ];
  }

  private async payloadEntry({ hash, header }: StoredBlock): Promise<Result<ZipEntry>> {
    const path = await this.blocks.payloadPath(header.payload_hash);
    const size = path === null ? null : await sizeOf(path);
    if (path === null || size === null) return err(missing(hash, header.name ?? header.block_type));
    const open = () => createReadStream(path, { highWaterMark: CHUNK_BYTES });
    return ok({ name: BUNDLE.payload(header.payload_hash), size, open });
  }
}

/** Release, meta and tokenizer, every dense and router block, and the experts that were used. */
function neededBlocks(release: ReleaseView, experts: ReadonlySet<string>): string[] {
  const weights = [...release.weights.values()].filter(
    ({ name, type }) => type !== 'expert' || experts.has(name),
  );
  const others = [release.release, release.meta, ...(release.tokenizer === null ? [] : [release.tokenizer])];
  return [...others, ...weights.map(({ block }) => block)];
}

function jsonEntry(name: string, value: object): ZipEntry {
  return bytesEntry(name, utf8ToBytes(canonicalJson(value as Json)));
}

function bytesEntry(name: string, bytes: Uint8Array): ZipEntry {
  return { name, size: bytes.length, open: () => [bytes] };
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

function noRelease(release: string): CodedError {
  return new CodedError('RELEASE_NOT_FOUND', `This node has no release ${release}.`, { release }, 404);
}

function noKernel(kernel: string): CodedError {
  return new CodedError('KERNEL_NOT_FOUND', `This node no longer has kernel ${kernel}.`, { kernel }, 404);
}

function missing(block: string, name: string): CodedError {
  return new CodedError(
    'BLOCK_MISSING',
    `The payload of ${name} (${block}) is not there.`,
    { block, name },
    503,
  );
}

function tooLarge(size: number, files: number): CodedError {
  const detail = `The bundle would have ${size} bytes in ${files} files; archives end at ${LARGEST_ZIP} bytes and ${MOST_ZIP_FILES} files. Replay on the server or in the browser instead.`;
  return new CodedError('BUNDLE_TOO_LARGE', detail, { size, files });
}
