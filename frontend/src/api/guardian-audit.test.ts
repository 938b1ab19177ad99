import { jest } from '@jest/globals';
import { exportAudit } from './guardian-audit.js';

const HEAD = 'txid,reason\r\n';

/** A server with so many records, each with a line break in its reason. */
function serverWith(count: number): { asked: string[] } {
  const asked: string[] = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation((path) => {
    const { searchParams: query } = new URL(String(path), 'http://127.0.0.1');
    const format = String(query.get('format'));
    const begin = Number(query.get('cursor') ?? 0);
    const end = Math.min(begin + Number(query.get('limit')), count);
    asked.push(`${format} ${begin} to ${end}`);
    const lines = Array.from({ length: end - begin }, (_, i) => lineOf(format, begin + i));
    const head = format === 'csv' ? HEAD : `{"checkpoint":"of ${begin}"}\n`;
    const headers = new Headers(end < count ? { 'next-cursor': String(end) } : {});
    return Promise.resolve(new Response(head + lines.join(''), { headers }));
  });
  return { asked };
}

function lineOf(format: string, number: number): string {
  return format === 'csv' ? `${number},"smoke\nand fire"\r\n` : `{"txid":${number}}\n`;
}

describe('saving the audit', () => {
  afterEach(() => jest.restoreAllMocks());

  it('puts pages of CSV together under one head', async () => {
    const { asked } = serverWith(5);
    const lines = [0, 1, 2, 3, 4].map((number) => lineOf('csv', number));
    expect(await exportAudit('csv', 3)).toBe(HEAD + lines.join(''));
    expect(asked).toEqual(['csv 0 to 3', 'csv 3 to 5']);
  });

  it('puts pages of lines together, each with its checkpoint', async () => {
    serverWith(3);
    const lines = ['{"checkpoint":"of 0"}\n', lineOf('jsonl', 0), lineOf('jsonl', 1)];
    expect(await exportAudit('jsonl', 2)).toBe(
      [...lines, '{"checkpoint":"of 2"}\n', lineOf('jsonl', 2)].join(''),
    );
  });

  it('gives out nothing where there is more than it reads', async () => {
    const { asked } = serverWith(200);
    expect((await exportAudit('csv', 1)).split('\r\n')).toHaveLength(202);
    expect(asked).toHaveLength(200);
    serverWith(201);
    await expect(exportAudit('csv', 1)).rejects.toMatchObject({
      code: 'AUDIT_TOO_LONG',
      detail: 'There are more than 200 records.',
    });
  });
});
