import { verifyHeader } from '../../chain/block/index.js';
import {
  bytesToHex,
  CodedError,
  concatBytes,
  err,
  messageOf,
  ok,
  type Result,
  type Sha256,
} from '../../common/index.js';
import { chunksOf } from '../../common/stream-chunks.js';
import type { BlockAccess, VerifiedBlock } from './block-access.js';

/** Asks a server; the path begins with a slash. */
export type Ask = (path: string) => Promise<Response>;

/** Longest payload that is taken: as long as the server lets anybody upload. */
const LARGEST_PAYLOAD = 1 << 30;
/** Longest JSON answer that is taken: headers and pages of releases are far below it. */
const LARGEST_JSON = 4 << 20;

/** Blocks of a server, trusted no further than their hashes and signatures go. Runs in browsers, too. */
export class RemoteBlockAccess implements BlockAccess {
  constructor(
    private readonly ask: Ask,
    private readonly sha256: Sha256,
  ) {}

  async resolve(name: string): Promise<Result<string>> {
    const [model, version] = name.split('@');
    const answer = await this.json(`/models/${encodeURIComponent(model)}/releases?limit=100`);
    if (!answer.ok) return answer.error.facts.status === 404 ? unknown(name) : answer;
    const items = (answer.value as { items?: unknown }).items;
    const releases = Array.isArray(items) ? (items as Record<string, unknown>[]) : [];
    const found = releases.find((item) =>
      version === undefined ? item.live === true : item.version === version,
    );
    if (typeof found?.release === 'string') return ok(found.release);
    return unknown(name);
  }

  async read(chain: string, hash: string): Promise<Result<VerifiedBlock>> {
    const described = await this.json(`/chain/${chain}/blocks/${hash}`);
    if (!described.ok) return described;
    const verified = verifyHeader((described.value as { header?: unknown }).header, { sha256: this.sha256 });
    if (!verified.ok) return verified;
    const { header } = verified.value;
    if (verified.value.hash !== hash || header.payload_size > LARGEST_PAYLOAD) return corrupt(hash);
    const answer = await this.bytes(`/chain/${chain}/blocks/${hash}/payload`, header.payload_size);
    if (!answer.ok) return answer;
    const payload = answer.value;
    if (payload.length !== header.payload_size || bytesToHex(this.sha256(payload)) !== header.payload_hash)
      return corrupt(hash);
    return ok({ header, payload });
  }

  private async json(path: string): Promise<Result<unknown>> {
    const answer = await this.bytes(path, LARGEST_JSON);
    if (!answer.ok) return answer;
    try {
      return ok(JSON.parse(new TextDecoder().decode(answer.value)) as unknown);
    } catch (thrown) {
      return err(new CodedError('SERVER_ANSWER', `${path} is no JSON: ${messageOf(thrown)}`));
    }
  }

  /** The whole body, given up as soon as it is longer than it may be. */
  private async bytes(path: string, most: number): Promise<Result<Uint8Array>> {
    const response = await this.ask(path);
    if (!response.ok || response.body === null)
      return refused(`the server answered ${path} with ${response.status}`, response.status);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of chunksOf(response.body)) {
      length += part.length;
      if (length > most) return refused(`the server's answer to ${path} is too long`, response.status);
      parts.push(part);
    }
    return ok(concatBytes(...parts));
  }
}

function refused(message: string, status: number): Result<never> {
  return err(new CodedError('SERVER_ANSWER', message, { status }));
}

function corrupt(hash: string): Result<never> {
  const message = `the server sent something else than block ${hash}`;
  return err(new CodedError('BLOB_CORRUPT', message, { block: hash }));
}

function unknown(name: string): Result<never> {
  return err(new CodedError('RELEASE_NOT_FOUND', `the server has no release ${name}`, { name }, 404));
}
