import { jest } from '@jest/globals';
import { ACCESS_LIMITS, AccessPatterns } from './access-patterns.js';

const MINUTE_MS = 60_000;

describe('what is remembered of accounts', () => {
  let at = 0;
  beforeEach(() => {
    at = MINUTE_MS;
    jest.spyOn(performance, 'now').mockImplementation(() => at);
  });
  afterEach(() => jest.restoreAllMocks());

  const call = (changes: object = {}) => ({
    ...{ account: 'a', name: 'anna', credential: 'key.1', address: '10.0.0.1', ...changes },
  });

  it('is how often they call in the minutes in which they do', () => {
    const sut = new AccessPatterns();
    for (const calls of [2, 0, 1]) {
      for (let i = 0; i < calls; i++) sut.called(call());
      at += MINUTE_MS;
    }
    expect(sut.accounts()[0].minutes).toEqual([
      { minute: 1, calls: 2 },
      { minute: 3, calls: 1 },
    ]);
  });

  it('is which routes refused them and where credentials were used, for an hour', () => {
    const sut = new AccessPatterns();
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1']) sut.called(call({ address }));
    for (const route of ['GET /a', 'GET /b', 'GET /a']) sut.refused(call(), route);
    sut.called(call({ credential: null, address: '10.0.0.9' }));
    expect(sut.accounts()).toMatchObject([{ account: 'a', name: 'anna', refused: ['GET /b', 'GET /a'] }]);
    expect(sut.credentials()).toEqual([
      { credential: 'key.1', account: 'a', name: 'anna', addresses: ['10.0.0.2', '10.0.0.1'] },
    ]);
    at += 61 * MINUTE_MS;
    expect(sut.accounts()[0].refused).toEqual([]);
    expect(sut.credentials()[0].addresses).toEqual([]);
  });

  it('has bounds, and forgets what was used longest ago', () => {
    const sut = new AccessPatterns();
    const { accounts, credentials, minutes, routes, addresses } = ACCESS_LIMITS;
    for (let i = 0; i <= credentials; i++) {
      sut.called(call({ account: `a${i}`, credential: `key.${i}` }));
      sut.called(call({ account: 'kept', credential: 'kept' }));
    }
    expect([sut.accounts().length, sut.credentials().length]).toEqual([accounts, credentials]);
    for (let i = 0; i <= routes; i++) sut.refused(call(), `GET /${i}`);
    for (let i = 0; i <= addresses; i++) sut.called(call({ address: `10.0.0.${i}` }));
    for (let i = 0; i < minutes + 5; i++, at += MINUTE_MS / 2) {
      sut.called(call());
      at += MINUTE_MS / 2;
    }
    const [own] = sut.accounts().filter(({ account }) => account === 'a');
    expect(own.minutes).toHaveLength(minutes);
    expect(sut.accounts().map(({ account }) => account)).toContain('kept');
    at = 2 * MINUTE_MS;
    sut.refused(call(), 'GET /last');
    expect(sut.accounts().find(({ account }) => account === 'a')?.refused).toHaveLength(routes);
    expect(sut.credentials().find(({ credential }) => credential === 'key.1')?.addresses).toHaveLength(
      addresses,
    );
  });
});
