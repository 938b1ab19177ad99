import { measuredBy, serversOf } from './servers.js';

const by = (node: string, instance: string | null, at: number) => ({ node, instance, at });
const items = [by('web', null, 1), by('web', 'bb', 2), by('web', 'aa', 3), by('db', 'cc', 4)];

describe('servers that measured', () => {
  it('are told apart by their instance, and by their name before there were any', () => {
    expect(serversOf(items)).toEqual(['db cc', 'web aa', 'web bb']);
    expect(serversOf([by('web', null, 1), by('db', null, 2)])).toEqual(['db', 'web']);
    expect(serversOf([])).toEqual([]);
  });

  it('have their own measurements, and those of their name before', () => {
    const times = (server: string) => measuredBy(server, items).map(({ at }) => at);
    expect(times('web aa')).toEqual([1, 3]);
    expect(times('db cc')).toEqual([4]);
    expect(times('web')).toEqual([1]);
  });
});
