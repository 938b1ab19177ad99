import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { unwrap, utf8ToBytes } from '../../common/index.js';
import type { DatasetFiles, DatasetRows } from '../../datasets/index.js';
import { KnownDocuments } from './known-documents.js';
import type { SealedSet } from './make-sealed-set.js';

Logger.overrideLogger(false);

const COUNT = 300;
const set = {
  commitment: { root: 'r', model: 'fable' },
  examples: Array.from({ length: COUNT }, (_, i) => ({ content: { form: 'text', text: `tale ${i}` } })),
} as unknown as SealedSet;
const line = (text: string) => `${JSON.stringify({ text })}\n`;

/** Approved datasets, by name, with their texts; an error is thrown where the file ends. */
function knownOf(datasets: Readonly<Record<string, string | Error>>, onOpen = () => undefined as unknown) {
  const scans = new Map<string, string>();
  const opened: string[] = [];
  const query = (text: string, values: readonly string[]) => {
    if (text.includes('INSERT')) scans.set(values[1], values[2]);
    const rows = text.includes('FROM learning_sealed_scans') ? [...scans] : [];
    return Promise.resolve(rows.map(([dataset, found]) => ({ dataset, found })));
  };
  const rows = Object.keys(datasets).map((id) => ({ record: { id, sha256: id, bytes: 1 }, fileGone: false }));
  async function* open(id: string) {
    opened.push(id);
    onOpen();
    const text = datasets[id];
    yield await Promise.resolve(utf8ToBytes(text instanceof Error ? line('tale 1') : text));
    if (text instanceof Error) throw text;
  }
  const sut = new KnownDocuments(
    { query } as unknown as DataSource,
    {
      list: ({ stage }: { stage: string }) => Promise.resolve(stage === 'gold' ? rows : []),
    } as unknown as DatasetRows,
    { store: { has: () => Promise.resolve(true), open } } as unknown as DatasetFiles,
  );
  return { sut, scans, opened };
}

describe('documents that others know', () => {
  afterEach(() => void jest.restoreAllMocks());

  it.each([
    ['cannot be read to its end', new Error('EIO')],
    ['has a line that is no document', `${line('tale 2')}nothing\n`],
  ])('are those of all other datasets where one %s, which is looked through again', async (_, bad) => {
    const { sut, scans, opened } = knownOf({ bad, good: line('TALE  7') });
    const known = unwrap(await sut.of(set));
    expect([known(1), known(2), known(7)]).toEqual([null, null, 'good']);
    expect([...scans]).toEqual([['good', '[7]']]);
    unwrap(await sut.of(set));
    expect(opened).toEqual(['bad', 'good', 'bad']);
  });

  it('are looked for until somebody says stop', async () => {
    const many = Array.from({ length: 600 }, (_, i) => line(`other ${i}`)).join('');
    const stop = new AbortController();
    const { signal } = stop;
    const two = knownOf({ one: many, other: many });
    const told: number[] = [];
    unwrap(await two.sut.of(set, { signal, progress: () => told.push(two.opened.length) }));
    expect(told).toEqual([1, 2]);
    const { sut, scans } = knownOf({ one: many }, () => stop.abort(new Error('the server ends')));
    await expect(sut.of(set, { signal })).rejects.toThrow('the server ends');
    expect(scans.size).toBe(0);
  });

  it('are looked for in part where it takes long, and the next attempt goes on', async () => {
    const { sut, scans } = knownOf({ one: line('tale 1'), two: line('tale 2'), three: line('tale 3') });
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 6 * 60_000));
    const attempts = [await sut.of(set), await sut.of(set)];
    for (const attempt of attempts)
      expect(attempt).toMatchObject({ error: { code: 'SEALED_SET_LOOKING', status: 503 } });
    const known = unwrap(await sut.of(set));
    expect([...scans.keys()]).toEqual(['one', 'two', 'three']);
    expect([known(1), known(2), known(3)]).toEqual(['one', 'two', 'three']);
  });

  it('have their texts hashed while others have their turn', async () => {
    const { sut } = knownOf({});
    let turns = 0;
    const count = () => void (turns++, next());
    let next = () => void setImmediate(count);
    next();
    expect(await sut.keysOf(set)).toHaveLength(COUNT);
    next = () => undefined;
    expect(turns).toBeGreaterThan(2);
  });
});
