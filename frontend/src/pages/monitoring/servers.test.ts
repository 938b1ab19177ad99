import { serverName } from './servers.js';

describe('servers that measured', () => {
  it('are told apart by their instance, and by their name before there were any', () => {
    expect(serverName({ node: 'web', instance: 'aa' })).toBe('web aa');
    expect(serverName({ node: 'web', instance: null })).toBe('web');
  });
});
