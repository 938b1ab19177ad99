import { unwrap } from '../common/index.js';
import { loadConfig, type AppSettings } from '../config/index.js';
import { AppLogger, createPino } from './app-logger.js';

function logged(settings: Partial<AppSettings>, write: (logger: AppLogger) => void): string {
  let text = '';
  const stream = { isTTY: false, write: (line: string) => (text += line) } as unknown as NodeJS.WriteStream;
  write(new AppLogger(createPino(unwrap(loadConfig({})).with(settings), stream)));
  return text;
}

describe('log', () => {
  it('is JSON for machines, with context and facts', () => {
    const line = logged({}, (logger) => logger.warn('slow', { took_ms: 3 }, 'Chain'));
    expect(JSON.parse(line)).toMatchObject({ level: 40, msg: 'slow', took_ms: 3, context: 'Chain' });
  });

  it('is one readable line for people', () => {
    const line = logged({ logFormat: 'pretty' }, (logger) =>
      logger.log('imported', { blocks: 2 }, 'Experts'),
    );
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}\[Experts\] imported blocks=2\n$/);
  });

  it('shows where an error comes from', () => {
    expect(logged({ logFormat: 'pretty' }, (logger) => logger.error(new Error('lost')))).toContain(
      'app-logger.test',
    );
  });

  it('says nothing below its level and nothing of routes', () => {
    expect(logged({ logLevel: 'error' }, (logger) => logger.warn('x'))).toBe('');
    expect(logged({}, (logger) => logger.log('Mapped {/x}', 'RouterExplorer'))).toBe('');
  });

  it('hides what looks like a secret', () => {
    const line = logged({}, (logger) =>
      logger.log('request', { token: 'abc', headers: { authorization: 'abc' } }, 'Http'),
    );
    expect(line).not.toContain('abc');
  });
});
