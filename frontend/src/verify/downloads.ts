import { bytesToHex, sha256Bytes } from '../../../src/common/hash.js';
import { Problem } from '../api/problem.js';

const CACHE = 'stemma-payloads-v1';
const PARALLEL = 6;

/** SHA-256, 32 bytes, by the browser's own implementation where it offers one. */
export async function sha256Native(bytes: Uint8Array): Promise<Uint8Array> {
  const native = globalThis.crypto?.subtle;
  if (native === undefined) return sha256Bytes(bytes);
  return new Uint8Array(await native.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** SHA-256 in hex. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  return bytesToHex(await sha256Native(bytes));
}

/** Bytes with the hash they have, whatever was asked for. */
export interface Fetched {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hash: string;
}

/**
 * Downloads things that are named by their hash, at most six at once, kept in the browser's cache under that hash. What
 * comes out of the cache is hashed like everything else, and thrown away when it does not agree.
 */
export class Downloads {
  /** Bytes that came from the server. */
  downloadedBytes = 0;
  /** Bytes that this browser had already. */
  cachedBytes = 0;
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly cache: Promise<Cache | null>;

  /** @param token bearer token, where the server wants one */
  constructor(private readonly token: string | null) {
    this.cache = globalThis.caches?.open(CACHE).catch(() => null) ?? Promise.resolve(null);
  }

  /** A header or another small JSON answer. */
  async json(path: string): Promise<unknown> {
    const bytes = await this.inTurn(() => this.download(path));
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  /** Content that should have the given hash; the caller compares. `onFetched` is told when the bytes are here, not hashed yet. */
  async content(path: string, hash: string, onFetched: () => void = () => undefined): Promise<Fetched> {
    const kept = await this.fromCache(hash, onFetched);
    if (kept !== null) return kept;
    const bytes = await this.inTurn(() => this.download(path));
    onFetched();
    const fetched = { bytes, hash: await sha256(bytes) };
    if (fetched.hash === hash) await this.keep(hash, bytes);
    return fetched;
  }

  private async fromCache(hash: string, onFetched: () => void): Promise<Fetched | null> {
    const cache = await this.cache;
    const found = await cache?.match(cacheKey(hash)).catch(() => undefined);
    if (found === undefined) return null;
    const bytes = new Uint8Array(await found.arrayBuffer());
    onFetched();
    if ((await sha256(bytes)) === hash) {
      this.cachedBytes += bytes.length;
      return { bytes, hash };
    }
    await cache?.delete(cacheKey(hash));
    return null;
  }

  /** A full disk or a private window must not fail a verification. */
  private async keep(hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const cache = await this.cache;
    await cache?.put(cacheKey(hash), new Response(bytes)).catch(() => undefined);
  }

  private async download(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const headers = this.token === null ? undefined : { authorization: `Bearer ${this.token}` };
    const response = await fetch(path, { headers }).catch(() => {
      throw Problem.from(new TypeError('network'));
    });
    if (!response.ok) throw await Problem.fromResponse(response);
    const bytes = new Uint8Array(await response.arrayBuffer());
    this.downloadedBytes += bytes.length;
    return bytes;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.running >= PARALLEL) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }
}

function cacheKey(hash: string): string {
  return `/by-hash/${hash}`;
}
