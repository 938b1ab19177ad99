import { verifyHeader, unknownBlock, type BlockHeader, type ChainId } from '../../chain/block/index.js';
import { CodedError, concatBytes, err, ok, type Result, type Sha256 } from '../../common/index.js';
import { chunksOf } from '../../common/stream-chunks.js';
import { parseReceipt } from '../../inference/receipt/parse-receipt.js';
import type { Receipt } from '../../inference/receipt/receipt.js';
import type { VerifiedBlock } from '../../learning/source/block-access.js';
import { RemoteBlockAccess } from '../../learning/source/remote-block-access.js';
import { tilePath } from '../../log/tree/tile-path.js';
import type { EpochSource } from './epoch-source.js';

/** Asks a server; the path begins with a slash. */
export type Ask = (path: string) => Promise<Response>;

/** Longest answer that is taken: a bundle of the log has at most 256 leaves of 65,535 bytes. */
const LARGEST = 20 << 20;
/** Receipts that are asked for at the same time. */
const TOGETHER = 8;
/** How often a server that has had enough is asked again, and how long is waited at most in between, s. */
const MOST_ATTEMPTS = 30;
const LONGEST_WAIT_S = 60;

/** The facts of epochs from a server, trusted no further than hashes and signatures go. Runs in browsers, too. */
export class HttpEpochSource implements EpochSource {
  private readonly access: RemoteBlockAccess;

  constructor(
    private readonly ask: Ask,
    readonly sha256: Sha256,
  ) {
    this.access = new RemoteBlockAccess((path) => this.patiently(path), sha256);
  }

  readonly bundles = async (index: number, width: number): Promise<Uint8Array | null> =>
    this.bytes(`/log/tile/${tilePath({ level: 'entries', index, width })}`);

  async block(chain: ChainId, hash: string): Promise<Result<VerifiedBlock>> {
    const block = await this.access.read(chain, hash);
    return !block.ok && block.error.facts.status === 404 ? err(unknownBlock(hash)) : block;
  }

  async header(chain: ChainId, hash: string): Promise<Result<BlockHeader>> {
    const described = (await this.json(`/chain/${chain}/blocks/${hash}`)) as { header?: unknown } | null;
    if (described === null) return err(unknownBlock(hash));
    const verified = verifyHeader(described.header, { hash, sha256: this.sha256 });
    if (!verified.ok) return verified;
    const { header } = verified.value;
    return header.chain_id === chain ? ok(header) : err(unknownBlock(hash));
  }

  async receipts(ids: readonly string[]): Promise<ReadonlyMap<string, Receipt>> {
    const found = new Map<string, Receipt>();
    for (let start = 0; start < ids.length; start += TOGETHER) {
      const some = await Promise.all(ids.slice(start, start + TOGETHER).map((id) => this.receipt(id)));
      for (const receipt of some) if (receipt !== null) found.set(receipt.id, receipt);
    }
    return found;
  }

  /** The JSON of an answer; null where the server knows no such thing. Throws `SERVER_ANSWER` for any other refusal. */
  async json(path: string): Promise<unknown> {
    const bytes = await this.bytes(path);
    if (bytes === null) return null;
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch {
      throw new CodedError('SERVER_ANSWER', `the server's answer to ${path} is no JSON`);
    }
  }

  private async receipt(id: string): Promise<Receipt | null> {
    const document = (await this.json(`/v1/receipts/${id}`)) as { receipt?: unknown } | null;
    const receipt = document === null ? null : parseReceipt(document.receipt);
    return receipt?.ok === true ? receipt.value : null;
  }

  /** Asks, and asks again later where the server says that it is too often (429). */
  private async patiently(path: string): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.ask(path);
      if (response.status !== 429 || attempt === MOST_ATTEMPTS) return response;
      await response.body?.cancel();
      const seconds = Number(response.headers.get('retry-after') ?? 1);
      const waited = (seconds >= 0 ? Math.min(seconds, LONGEST_WAIT_S) : 1) * 1000;
      await new Promise((resolve) => setTimeout(resolve, waited));
    }
  }

  /** The whole body, given up as soon as it is longer than it may be; null for what the server does not know. */
  private async bytes(path: string): Promise<Uint8Array | null> {
    const response = await this.patiently(path);
    if (response.status === 404) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok || response.body === null)
      throw new CodedError('SERVER_ANSWER', `the server answered ${path} with ${response.status}`);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of chunksOf(response.body)) {
      length += part.length;
      if (length > LARGEST)
        throw new CodedError('SERVER_ANSWER', `the server's answer to ${path} is too long`);
      parts.push(part);
    }
    return concatBytes(...parts);
  }
}
