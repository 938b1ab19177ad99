import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, err, ok, type Result } from '../common/index.js';
import type { AppConfig } from '../config/index.js';
import { KeyFolder } from './key-folder.js';
import { secp256k1Signer, type Secp256k1Signer } from './secp256k1-signer.js';
import { ed25519Signer, type Ed25519Signer } from './signer.js';

/** What the secret of the noise is derived by: it says nothing about the key. */
const NOISE_LABEL = 'stemma noise 1';

/** The keys of this node; the same for as long as its data folder lives. */
export class NodeKeys {
  private constructor(
    /** Signs log checkpoints. */
    readonly logSigner: Ed25519Signer,
    /** Signs receipts. */
    readonly receiptSigner: Ed25519Signer,
    /** Signs the blocks this node makes. */
    readonly blockSigner: Secp256k1Signer,
    /** Signs access tokens (HS256), 32 bytes or what JWT_SECRET says. */
    readonly tokenSecret: Uint8Array,
    /** Where the noise of private rounds comes from, 32 bytes: of the key that signs their results, so that it is kept wherever that is. */
    readonly noiseSecret: Uint8Array,
    /** Name of this node in checkpoints. */
    readonly nodeName: string,
  ) {}

  /** Reads the keys of a data folder, making them on first start. Refusals as in `KeyFolder.secret`, and KEY_MISSING. */
  static async load(config: AppConfig): Promise<Result<NodeKeys>> {
    const known = checkIdentity(config.dataDir);
    if (!known.ok) return known;
    const folder = new KeyFolder(join(config.dataDir, 'keys'), config.keyPassphrase);
    const [log, receipts, blocks, tokens] = await Promise.all([
      folder.secret('log', 'ed25519'),
      folder.secret('receipts', 'ed25519'),
      folder.secret('blocks', 'secp256k1'),
      folder.secret('tokens', 'hmac-sha256'),
    ]);
    if (!log.ok) return log;
    if (!receipts.ok) return receipts;
    if (!blocks.ok) return blocks;
    if (!tokens.ok) return tokens;
    const tokenSecret = config.jwtSecret === null ? tokens.value : new TextEncoder().encode(config.jwtSecret);
    return ok(
      new NodeKeys(
        ed25519Signer(log.value),
        ed25519Signer(receipts.value),
        secp256k1Signer(blocks.value),
        tokenSecret,
        new Uint8Array(createHmac('sha256', blocks.value).update(NOISE_LABEL).digest()),
        config.nodeName,
      ),
    );
  }
}

/** A log that is there was signed by somebody: a new key could not go on with it. */
function checkIdentity(dataDir: string): Result<void> {
  const key = join(dataDir, 'keys', 'log.json');
  if (existsSync(key) || !existsSync(join(dataDir, 'log', 'checkpoint'))) return ok();
  const detail = `${key} is missing, and ${join(dataDir, 'log')} was signed with it; restore it from a backup`;
  return err(new CodedError('KEY_MISSING', detail));
}
