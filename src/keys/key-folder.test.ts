import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex, unwrap } from '../common/index.js';
import { KeyFolder } from './key-folder.js';

describe('key folder', () => {
  let folder: string;
  beforeEach(() => (folder = join(mkdtempSync(join(tmpdir(), 'stemma-keys-')), 'keys')));
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  const open = (passphrase: string | null) => new KeyFolder(folder, passphrase);
  const path = () => join(folder, 'log.json');
  const secret = async (passphrase: string | null) => unwrap(await open(passphrase).secret('log', 'ed25519'));
  const refusal = async (passphrase: string | null, algorithm: 'ed25519' | 'secp256k1' = 'ed25519') => {
    const result = await open(passphrase).secret('log', algorithm);
    return result.ok ? null : result.error.code;
  };

  it('makes a key once, readable by its owner alone', async () => {
    const first = await secret(null);
    expect(first).toHaveLength(32);
    expect(await secret(null)).toEqual(first);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual(['log.json']);
  });

  it('keeps the key encrypted under a passphrase and opens it with that passphrase only', async () => {
    const made = await secret('correct horse');
    expect(readFileSync(path(), 'utf8')).not.toContain(bytesToHex(made));
    expect(await secret('correct horse')).toEqual(made);
    expect(await refusal('wrong horse!')).toBe('KEY_PASSPHRASE_WRONG');
    expect(await refusal(null)).toBe('KEY_PASSPHRASE_MISSING');
  });

  it('encrypts a plain key once a passphrase is set', async () => {
    const plain = await secret(null);
    expect(readFileSync(path(), 'utf8')).toContain(bytesToHex(plain));
    expect(await secret('correct horse')).toEqual(plain);
    expect(readFileSync(path(), 'utf8')).not.toContain(bytesToHex(plain));
  });

  it('notices a changed bit in a sealed key', async () => {
    await secret('correct horse');
    const file = JSON.parse(readFileSync(path(), 'utf8')) as { sealed: string };
    const flipped = (parseInt(file.sealed[0], 16) ^ 1).toString(16);
    writeFileSync(path(), JSON.stringify({ ...file, sealed: flipped + file.sealed.slice(1) }));
    expect(await refusal('correct horse')).toBe('KEY_PASSPHRASE_WRONG');
  });

  it.each(['', '{}', '[]', '{"version":1,"algorithm":"ed25519","secret":"00"}', '{"version":2}'])(
    'refuses and keeps a file that says %p',
    async (content) => {
      await secret(null);
      writeFileSync(path(), content);
      expect(await refusal(null)).toBe('KEY_FILE_INVALID');
      expect(readFileSync(path(), 'utf8')).toBe(content);
    },
  );

  it('refuses a key of another kind', async () => {
    await secret(null);
    expect(await refusal(null, 'secp256k1')).toBe('KEY_FILE_INVALID');
  });

  it('takes rights away that others should not have', async () => {
    await secret(null);
    chmodSync(path(), 0o644);
    await secret(null);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });
});
