import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, systemClock, type Result } from '../../common/index.js';
import { AppConfig, isLoopback } from '../../config/index.js';
import { formatSignInMessage, parseSignInMessage, type SignInMessage } from './sign-in-message.js';
import { NONCE_MINUTES, WalletNonces } from './wallet-nonces.js';

/** How far the clocks of wallets may be ahead. */
const CLOCK_SKEW_MS = 60_000;
const LIFETIME_MS = NONCE_MINUTES * 60_000;
const STATEMENT = 'Sign in to Stemma.';

/** Where people reach this server: the domain they read in their wallet, and its origin. */
interface Site {
  readonly domain: string;
  readonly origin: string;
}

/** Proof that somebody holds the key of an Ethereum address, by a signed message (EIP-4361 over EIP-191). */
@Injectable()
export class WalletProof {
  constructor(
    private readonly config: AppConfig,
    private readonly nonces: WalletNonces,
  ) {}

  /** What a wallet is to sign. @param host the request's `Host`. Refusals: WALLET_ADDRESS_INVALID, WALLET_NEEDS_PUBLIC_URL. */
  async challenge(address: string, host: string): Promise<Result<{ nonce: string; message: string }>> {
    const site = this.site(host);
    if (!site.ok) return site;
    const checksummed = await checksum(address);
    if (checksummed === null)
      return err(new CodedError('WALLET_ADDRESS_INVALID', 'This is not an Ethereum address.', {}, 400));
    const nonce = await this.nonces.issue(checksummed.toLowerCase());
    const issuedAt = systemClock.now();
    const message = formatSignInMessage({
      scheme: null,
      domain: site.value.domain,
      address: checksummed,
      statement: STATEMENT,
      uri: site.value.origin,
      version: '1',
      chainId: this.config.walletChainId,
      nonce,
      issuedAt,
      expirationTime: issuedAt + LIFETIME_MS,
      notBefore: null,
    });
    return ok({ nonce, message });
  }

  /**
   * Whose signature this is: the address in lower case. The nonce is used up before the signature is looked at, so that
   * nobody can try twice with one. Refusals: WALLET_MESSAGE_INVALID, WALLET_MESSAGE_FOREIGN, WALLET_MESSAGE_EXPIRED,
   * WALLET_NONCE_INVALID, WALLET_SIGNATURE_INVALID, WALLET_NEEDS_PUBLIC_URL.
   */
  async verify(text: string, signature: string, host: string): Promise<Result<string>> {
    const site = this.site(host);
    if (!site.ok) return site;
    const message = parseSignInMessage(text);
    if (!message.ok) return message;
    const wrong = this.foreign(message.value, site.value) ?? untimely(message.value, systemClock.now());
    if (wrong !== null) return err(wrong);
    const address = message.value.address.toLowerCase();
    if ((await checksum(message.value.address)) !== message.value.address)
      return refuse(
        'WALLET_MESSAGE_INVALID',
        'The address in the message has a wrong checksum (EIP-55).',
        400,
      );
    if (!(await this.nonces.use(message.value.nonce, address)))
      return refuse('WALLET_NONCE_INVALID', 'This nonce was used, has expired, or is of somebody else.');
    if ((await signerOf(text, signature))?.toLowerCase() !== address)
      return refuse('WALLET_SIGNATURE_INVALID', 'The signature is not of this message and address.');
    return ok(address);
  }

  /** The domain never comes from a request that could have been sent through somebody else's site. */
  private site(host: string): Result<Site> {
    const { publicUrl, host: listening } = this.config;
    if (publicUrl !== null) return ok({ domain: new URL(publicUrl).host, origin: new URL(publicUrl).origin });
    if (isLoopback(listening)) return ok({ domain: host, origin: `http://${host}` });
    const detail = 'Wallets sign for a domain: set PUBLIC_URL to the address people reach this server at.';
    return refuse('WALLET_NEEDS_PUBLIC_URL', detail, 409);
  }

  private foreign({ scheme, domain, uri, chainId }: SignInMessage, site: Site): CodedError | null {
    const ours =
      domain === site.domain &&
      new URL(uri).origin === site.origin &&
      (scheme === null || site.origin.startsWith(`${scheme}://`)) &&
      chainId === this.config.walletChainId;
    const detail = 'The message is for another domain, address or chain.';
    return ours ? null : new CodedError('WALLET_MESSAGE_FOREIGN', detail, {}, 401);
  }
}

function untimely({ issuedAt, expirationTime, notBefore }: SignInMessage, now: number): CodedError | null {
  const valid =
    issuedAt <= now + CLOCK_SKEW_MS &&
    issuedAt > now - LIFETIME_MS - CLOCK_SKEW_MS &&
    (expirationTime === null || expirationTime > now) &&
    (notBefore === null || notBefore <= now + CLOCK_SKEW_MS);
  const detail = 'The message has expired or is not valid yet; check the clock and ask for a new one.';
  return valid ? null : new CodedError('WALLET_MESSAGE_EXPIRED', detail, {}, 401);
}

/** Loaded with the first wallet, not at start. */
function ethers() {
  return import('ethers');
}

/** An address with its checksum (EIP-55); null when it is none, or has a wrong checksum. */
async function checksum(address: string): Promise<string | null> {
  const { getAddress, isAddress } = await ethers();
  return isAddress(address) ? getAddress(address) : null;
}

/** Who signed a text (EIP-191, version 0x45); null when the signature is none. */
async function signerOf(text: string, signature: string): Promise<string | null> {
  const { verifyMessage } = await ethers();
  try {
    return verifyMessage(text, signature);
  } catch {
    return null;
  }
}

function refuse(code: string, detail: string, status = 401): Result<never> {
  return err(new CodedError(code, detail, {}, status));
}
