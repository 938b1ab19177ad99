import { unwrap } from '../common/index.js';
import { loadConfig, type AppSettings } from '../config/index.js';
import { checkOrigin } from './origin-check.js';

const verdict = (settings: Partial<AppSettings>, headers: Record<string, string>) => {
  const result = checkOrigin(unwrap(loadConfig({})).with(settings), headers);
  return result.ok ? 'ok' : result.error.code;
};

describe('origin check', () => {
  it.each(['localhost:8000', '127.0.0.1:8000', '[::1]:8000', 'localhost', '127.8.8.8'])(
    'answers to %s',
    (host) => {
      expect(verdict({}, { host })).toBe('ok');
    },
  );

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '', 'a b', '10.0.0.1:8000'])(
    'does not answer to %p on one person’s machine',
    (host) => {
      expect(verdict({}, { host })).toBe('HOST_NOT_ALLOWED');
    },
  );

  it('answers to PUBLIC_URL and, when open to the network, to any name', () => {
    expect(verdict({ publicUrl: 'https://stemma.example' }, { host: 'stemma.example' })).toBe('ok');
    expect(verdict({ host: '0.0.0.0' }, { host: '10.0.0.1:8000' })).toBe('ok');
  });

  it('takes requests from its own pages only', () => {
    const host = 'localhost:8000';
    expect(verdict({}, { host, origin: 'http://localhost:8000' })).toBe('ok');
    expect(verdict({}, { host, origin: 'http://localhost:3000' })).toBe('ORIGIN_NOT_ALLOWED');
    expect(verdict({}, { host, origin: 'https://evil.example' })).toBe('ORIGIN_NOT_ALLOWED');
    expect(verdict({}, { host, origin: 'null' })).toBe('ORIGIN_NOT_ALLOWED');
    expect(verdict({ publicUrl: 'https://a.example' }, { host, origin: 'https://a.example' })).toBe('ok');
    const corsOrigins = ['https://b.example'];
    expect(verdict({ corsOrigins }, { host, origin: 'https://b.example' })).toBe('ok');
    expect(verdict({ corsOrigins }, { host, origin: 'http://b.example' })).toBe('ORIGIN_NOT_ALLOWED');
  });
});
