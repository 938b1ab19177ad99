import { decodeHeader, verifyHeader, type BlockHeader } from '../../chain/index.js';
import type { Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { agreeing, disagreeing, type PartReport } from '../receipt/index.js';
import type { BundleFolder, ExtractedFile } from './bundle-folder.js';
import { BUNDLE } from './bundle-layout.js';
import type { ZipReader } from './zip-reader.js';

const LARGEST_HEADER = 2 << 20;
const LARGEST_JSON = 256 << 20;

/** A block taken out of a bundle, checked; what is wrong with it stands in `reports`. */
export interface BundledBlock {
  readonly hash: string;
  readonly header: BlockHeader;
  readonly payload: ExtractedFile;
}

/** Reads blocks of a bundle by their hashes and checks each against its name, its signature and its payload. */
export class BundledBlocks {
  readonly reports: PartReport[] = [];
  private good = 0;

  constructor(
    private readonly zip: ZipReader,
    private readonly folder: BundleFolder,
  ) {}

  /**
   * The block named `hash`. A block that is there but altered is reported and given nevertheless, so that the replay can
   * say from which token on it matters; null when it cannot be used at all (reported too).
   * @param label how reports call it, such as `layer0.expert3`
   */
  async block(hash: string, label: string): Promise<BundledBlock | null> {
    const header = await this.header(hash, label);
    if (header === null) return null;
    const payload = await this.folder.extract(BUNDLE.payload(header.payload_hash));
    if (!payload.ok) return this.report(label, hash, payload.error.message);
    const { size, root } = payload.value;
    const expected = { hash: header.payload_hash, size: header.payload_size, root: header.payload_root };
    if (payload.value.hash !== expected.hash || size !== expected.size || root !== expected.root) {
      this.report(label, hash, `its payload hashes to ${payload.value.hash}, not to ${expected.hash}`);
    } else this.good += 1;
    return { hash, header, payload: payload.value };
  }

  /** A block whose payload is JSON; null when it cannot be used (reported). */
  async json(hash: string, label: string): Promise<Json | null> {
    const block = await this.block(hash, label);
    if (block === null) return null;
    const bytes = await this.zip.read(BUNDLE.payload(block.header.payload_hash), LARGEST_JSON);
    try {
      if (bytes.ok && bytes.value !== null) return JSON.parse(bytes.value.toString('utf8')) as Json;
    } catch {
      // A payload that is not JSON is reported below, like one that is not there.
    }
    return this.report(label, hash, 'its payload is not JSON');
  }

  /** One report for all blocks that agree, and one for each that does not. */
  summary(): PartReport[] {
    return [
      ...this.reports,
      agreeing('blocks', `${this.good} blocks agree with their hashes and signatures`),
    ];
  }

  private async header(hash: string, label: string): Promise<BlockHeader | null> {
    const bytes = await this.zip.read(BUNDLE.header(hash), LARGEST_HEADER);
    if (!bytes.ok) return this.report(label, hash, bytes.error.message);
    if (bytes.value === null) return this.report(label, hash, 'its header is missing');
    const decoded = decodeHeader(bytes.value);
    if (!decoded.ok) return this.report(label, hash, decoded.error.message);
    const verified = verifyHeader(decoded.value, { hash, sha256: nativeSha256 });
    if (!verified.ok) this.report(label, hash, verified.error.message);
    return decoded.value;
  }

  private report(label: string, hash: string, detail: string): null {
    this.reports.push(disagreeing(`block ${label}`, `${hash}: ${detail}`));
    return null;
  }
}
