import { jest } from '@jest/globals';
import { getReadiness } from './system.js';

function answer(status: number, body: string): void {
  jest.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(body, { status }));
}

describe('readiness', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is an answer also where the node is not ready', async () => {
    const body = { status: 'failed', probes: { kernel: { status: 'failed', detail: 'starting' } } };
    answer(503, JSON.stringify(body));
    expect(await getReadiness()).toEqual(body);
  });

  it('is a problem where the server says something else', async () => {
    answer(503, JSON.stringify({ code: 'UNAVAILABLE', detail: 'The server is stopping.' }));
    await expect(getReadiness()).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 });
    answer(502, '<html>Bad gateway</html>');
    await expect(getReadiness()).rejects.toMatchObject({ code: 'HTTP_502' });
  });
});
