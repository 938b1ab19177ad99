import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { loadConfig } from './load-config.js';
import { packageRoot } from '../common/installation.js';
import { environmentNameOf, SETTING_NAMES } from './settings.js';

describe('configuration', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'stemma-config-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const refusal = (environment: Record<string, string>, file?: string) => {
    const result = loadConfig(environment, file);
    if (result.ok) throw new Error('was accepted');
    return result.error;
  };
  const file = (content: string) => {
    const path = join(folder, 'config.yaml');
    writeFileSync(path, content);
    return path;
  };

  it('needs nothing to be set', () => {
    const result = loadConfig({});
    expect(result.ok && result.value).toMatchObject({
      host: '127.0.0.1',
      port: 8000,
      dataDir: resolve('data'),
      databaseUrl: null,
      singleUser: true,
    });
  });

  it('lets the environment win, and takes an empty variable for an unset one', () => {
    const result = loadConfig({ PORT: '9000', HOST: '', TRUST_PROXY: 'yes', MAX_QUEUE: ' 7 ' });
    expect(result.ok && result.value).toMatchObject({
      port: 9000,
      host: '127.0.0.1',
      trustProxy: true,
      maxQueue: 7,
    });
  });

  it.each([
    ['PORT', 'abc', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '8e3', 'a whole number from 0 to 65535'],
    ['LOG_LEVEL', 'loud', 'one of fatal'],
    ['TRUST_PROXY', 'maybe', 'true or false'],
    ['DATABASE_URL', 'mysql://x', 'postgres://'],
    ['BLOB_STORE', 'ftp://x', 'file or'],
    ['PUBLIC_URL', 'example.com', 'http://'],
    ['NODE_NAME', 'a b', 'letters'],
  ])('refuses %s=%s and says what is allowed', (key, value, allowed) => {
    const { code, message } = refusal({ [key]: value });
    expect(code).toBe('CONFIG_INVALID');
    expect(message).toContain(key);
    expect(message).toContain(allowed);
  });

  it.each([
    [
      { EXPERT_CACHE_MB: '8192' },
      ['EXPERT_CACHE_MB (8192)', 'KV_CACHE_MB (256)', 'allowed is 3840 together'],
    ],
    [{ KV_CACHE_MB: '1048576' }, ['EXPERT_CACHE_MB (1024)', 'KV_CACHE_MB (1048576)']],
    [{ EXPERT_CACHE_MB: '3800', KV_CACHE_MB: '41' }, ['3841 MiB together']],
  ])('refuses caches that do not fit into the memory of the exact engine together: %j', (caches, said) => {
    const { code, message } = refusal(caches);
    expect(code).toBe('CONFIG_INVALID');
    for (const part of said) expect(message).toContain(part);
  });

  it.each([
    { EXPERT_CACHE_MB: '3800', KV_CACHE_MB: '40' },
    { EXPERT_CACHE_MB: '65536', KV_CACHE_MB: '8192', INFERENCE_ENGINE: 'tfjs' },
  ])('takes caches that fit, or belong to another device: %j', (caches) => {
    expect(loadConfig(caches).ok).toBe(true);
  });

  it.each(['KEY_PASSPHRASE', 'JWT_SECRET', 'METRICS_TOKEN', 'DATABASE_URL', 'REDIS_URL'])(
    'never prints the value of %s',
    (key) => {
      expect(refusal({ [key]: 'hunter2' }).message).not.toContain('hunter2');
    },
  );

  it('refuses unknown and missing keys of the file by name', () => {
    expect(refusal({}, file('host: 127.0.0.1\nhots: 1\n'))).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      message: expect.stringContaining('"hots"') as string,
    });
    expect(refusal({}, file('host: 127.0.0.1\n')).message).toContain('port in');
  });

  it.each(['a: [1', '- 1\n- 2', 'x: &a [*a]'])('refuses a file that is no table: %s', (content) => {
    expect(refusal({}, file(content)).code).toMatch(/^CONFIG_/);
  });

  it('refuses a file that is not there', () => {
    expect(refusal({}, join(folder, 'nothing.yaml')).code).toBe('CONFIG_UNREADABLE');
  });

  it('never throws, whatever the environment holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SETTING_NAMES), fc.string({ unit: 'binary' }), (name, value) => {
        const result = loadConfig({ [environmentNameOf(name)]: value });
        if (!result.ok) expect(result.error.message).toContain(environmentNameOf(name));
      }),
    );
  });

  it('takes nobody for its only user who is reachable from elsewhere', () => {
    const singleUser = (environment: Record<string, string>) => {
      const result = loadConfig(environment);
      return result.ok && result.value.singleUser;
    };
    expect(singleUser({ HOST: 'localhost' })).toBe(true);
    expect(singleUser({ HOST: '::1', PUBLIC_URL: 'http://localhost:8000' })).toBe(true);
    expect(singleUser({ HOST: '0.0.0.0' })).toBe(false);
    expect(singleUser({ HOST: '127.0.0.1', TRUST_PROXY: 'true' })).toBe(false);
    expect(singleUser({ HOST: '127.0.0.1', PUBLIC_URL: 'https://stemma.example' })).toBe(false);
  });

  it('has every setting in .env.example', () => {
    const example = readFileSync(join(packageRoot(), '.env.example'), 'utf8');
    for (const name of SETTING_NAMES)
      expect(example).toMatch(new RegExp(`^#? ?${environmentNameOf(name)}=`, 'm'));
  });
});
