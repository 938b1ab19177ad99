import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '../../common/index.js';
import type { DatasetTier } from '../registry/stages.js';
import { MOST_SAMPLED_DOCUMENTS, writeSample, type SampleSource, type SampleWish } from './sample-file.js';

const WISH: SampleWish = { sampling: 'balanced', seed: 'seed', bytes: 20_000 };

describe('a sample', () => {
  let folder: string;
  let out: string;
  let sources: SampleSource[];

  /** A dataset whose lines have several lengths, letters of several bytes, blank lines between them and no break at the end. */
  async function source(id: string, tier: DatasetTier, documents: number): Promise<SampleSource> {
    const lines = Array.from(
      { length: documents },
      (_, i) => `{"text":"${id} ${i} ${'ü'.repeat(i % 7)}"}${i % 5 === 0 ? '\n \t' : ''}`,
    );
    const bytes = Buffer.from(lines.join('\n'));
    const path = join(folder, id);
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const about = { name: `set-${id}`, version: '1.0.0', licence: 'CC0-1.0', block: id.repeat(64) };
    return { id, tier, documents, path, sha256, ...about };
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-sample-'));
    out = join(folder, 'sample.jsonl');
    sources = [
      await source('a', 'gold', 900),
      await source('b', 'silver', 300),
      await source('c', 'experimental', 2000),
    ];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const linesOf = async () => (await readFile(out, 'utf8')).split('\n').slice(0, -1);
  const idOf = (line: string) => (JSON.parse(line) as { text: string }).text.slice(0, 1);

  it('holds whole documents by tier up to the size, and its manifest says whose', async () => {
    const manifest = unwrap(await writeSample(sources, WISH, out));
    const bytes = await readFile(out);
    const lines = await linesOf();
    expect(manifest).toMatchObject({
      version: 1,
      ...{ sampling: 'balanced', seed: 'seed', bytes_asked: 20_000 },
    });
    expect(manifest.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect([manifest.bytes, manifest.documents]).toEqual([bytes.length, lines.length]);
    expect(bytes.length).toBeGreaterThan(20_000 - 100);
    expect(bytes.length).toBeLessThanOrEqual(20_000);
    const counts = new Map(
      ['a', 'b', 'c'].map((id) => [id, lines.filter((line) => idOf(line) === id).length]),
    );
    for (const [id, share] of [
      ['a', 0.6],
      ['b', 0.3],
      ['c', 0.1],
    ] as const) {
      expect(counts.get(id)! / lines.length).toBeCloseTo(share, 1);
      expect(manifest.sets.find((set) => set.id === id)).toMatchObject({
        ...{
          block: id.repeat(64),
          drawn: counts.get(id),
          licence: 'CC0-1.0',
          documents: expect.any(Number) as number,
        },
      });
    }
    expect(manifest.sets.reduce((sum, set) => sum + set.bytes, 0)).toBe(bytes.length);
    expect(JSON.stringify(manifest)).not.toContain(folder);
  });

  it('is the same for a seed, in whatever order the sets are given, and another for another', async () => {
    await writeSample(sources, WISH, out);
    const first = await readFile(out);
    await writeSample(sources.toReversed(), WISH, out);
    expect(await readFile(out)).toEqual(first);
    await writeSample(sources, { ...WISH, seed: 'other' }, out);
    expect(await readFile(out)).not.toEqual(first);
  });

  it('ends when all sets were drawn whole, and has every document then', async () => {
    const manifest = unwrap(await writeSample(sources, { ...WISH, sampling: 'gold', bytes: 1 << 30 }, out));
    const lines = await linesOf();
    expect(lines).toHaveLength(900);
    expect(new Set(lines).size).toBe(900);
    expect(manifest.sets.map(({ id }) => id)).toEqual(['a']);
  });

  it('draws from 64 sets at most, which the seed chooses', async () => {
    const many = await Promise.all(Array.from({ length: 70 }, (_, i) => source(`s${i}`, 'gold', 2)));
    const idsOf = async (seed: string) => {
      const wish: SampleWish = { sampling: 'diverse', seed, bytes: 1 << 20 };
      return unwrap(await writeSample(many, wish, out)).sets.map(({ id }) => id);
    };
    const chosen = await idsOf('seed');
    expect(new Set(chosen).size).toBe(64);
    expect(await idsOf('seed')).toEqual(chosen);
    expect(await idsOf('other')).not.toEqual(chosen);
  });

  it.each<[string, (all: SampleSource[]) => SampleSource[], Partial<SampleWish>, string]>([
    ['nothing is approved', () => [], {}, 'SAMPLE_EMPTY'],
    ['no set is gold', (all) => all.slice(1), { sampling: 'gold' }, 'SAMPLE_EMPTY'],
    ['the first document does not fit', (all) => all, { bytes: 5 }, 'SAMPLE_EMPTY'],
    [
      'there are too many documents',
      ([a]) => [{ ...a, documents: MOST_SAMPLED_DOCUMENTS + 1 }],
      {},
      'SAMPLE_TOO_LARGE',
    ],
    ['a file is gone', ([a]) => [{ ...a, path: `${a.path}-gone` }], {}, 'DATASET_DAMAGED'],
    ['a file has other bytes', ([a, b]) => [{ ...a, path: b.path }], {}, 'DATASET_DAMAGED'],
    ['the audit counted more', ([a]) => [{ ...a, documents: 901 }], {}, 'DATASET_DAMAGED'],
    ['the audit counted less', ([a]) => [{ ...a, documents: 899 }], {}, 'DATASET_DAMAGED'],
  ])('is refused where %s, and leaves no file', async (_, change, wish, code) => {
    const found = await writeSample(change(sources), { ...WISH, ...wish }, out);
    expect(found).toMatchObject({ ok: false, error: { code } });
    expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
  });
});
