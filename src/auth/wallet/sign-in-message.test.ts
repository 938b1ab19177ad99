import { hashMessage, verifyMessage, Wallet } from 'ethers';
import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import { formatSignInMessage, parseSignInMessage } from './sign-in-message.js';

/** The example of EIP-4361 itself. */
const EXAMPLE = `example.com wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json`;

describe('sign-in messages', () => {
  it('reads the example of the standard', () => {
    expect(unwrap(parseSignInMessage(EXAMPLE))).toEqual({
      scheme: null,
      domain: 'example.com',
      address: '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2',
      statement: 'I accept the ExampleOrg Terms of Service: https://example.com/tos',
      uri: 'https://example.com/login',
      version: '1',
      chainId: 1,
      nonce: '32891756',
      issuedAt: Date.parse('2021-09-30T16:25:24Z'),
      expirationTime: null,
      notBefore: null,
    });
  });

  it('reads it with a scheme and a port, and without a statement', () => {
    const withPort = EXAMPLE.replace(/^example.com/, 'https://example.com:3388');
    expect(unwrap(parseSignInMessage(withPort))).toMatchObject({
      scheme: 'https',
      domain: 'example.com:3388',
    });
    const bare = EXAMPLE.replace('I accept the ExampleOrg Terms of Service: https://example.com/tos\n', '');
    expect(unwrap(parseSignInMessage(bare)).statement).toBeNull();
  });

  it.each([
    [
      'another domain with a path',
      (text: string) => text.replace('example.com wants', 'example.com/x wants'),
    ],
    ['user information', (text: string) => text.replace('example.com wants', 'a@example.com wants')],
    ['a short address', (text: string) => text.replace('756Cc2', '')],
    ['another version', (text: string) => text.replace('Version: 1', 'Version: 2')],
    ['no nonce', (text: string) => text.replace(/Nonce.*\n/, '')],
    ['a short nonce', (text: string) => text.replace('32891756', '1234567')],
    ['fields in another order', (text: string) => text.replace(/(Version.*)\n(Chain.*)/, '$2\n$1')],
    ['a field twice', (text: string) => text.replace(/(Nonce.*)/, '$1\n$1')],
    ['a date without time', (text: string) => text.replace('T16:25:24Z', '')],
    ['an impossible date', (text: string) => text.replace('2021-09-30', '2021-13-45')],
    ['text behind it', (text: string) => `${text}\nand all my money`],
    ['a statement of two lines', (text: string) => text.replace('I accept', 'I\naccept')],
    ['carriage returns', (text: string) => text.replaceAll('\n', '\r\n')],
    ['too much', (text: string) => text.replace('I accept', 'x'.repeat(5000))],
  ])('refuses %s', (_what, change) => {
    const changed = change(EXAMPLE);
    expect(changed).not.toBe(EXAMPLE);
    expect(parseSignInMessage(changed)).toMatchObject({
      ok: false,
      error: { code: 'WALLET_MESSAGE_INVALID' },
    });
  });

  it('reads back what it wrote, and never throws', () => {
    const message = { ...unwrap(parseSignInMessage(EXAMPLE)), expirationTime: 1_700_000_000_000 };
    expect(unwrap(parseSignInMessage(formatSignInMessage(message)))).toEqual(message);
    fc.assert(
      fc.property(fc.string(), fc.nat(EXAMPLE.length), (text, at) => {
        parseSignInMessage(EXAMPLE.slice(0, at) + text + EXAMPLE.slice(at));
      }),
    );
  });
});

describe('EIP-191', () => {
  /** Published with the documentation of web3.js (`eth.accounts.sign`). */
  const VECTOR = {
    message: 'Some data',
    key: '0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318',
    address: '0x2c7536E3605D9C16a7a3D7b1898e529396a65c23',
    hash: '0x1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655',
    signature:
      '0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c',
  };

  it('is what the library checks', async () => {
    expect(hashMessage(VECTOR.message)).toBe(VECTOR.hash);
    expect(verifyMessage(VECTOR.message, VECTOR.signature)).toBe(VECTOR.address);
    expect(await new Wallet(VECTOR.key).signMessage(VECTOR.message)).toBe(VECTOR.signature);
  });
});
