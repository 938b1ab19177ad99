import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AppConfig } from '../../config/index.js';
import type { Snapshots } from '../../snapshots/index.js';
import { MachineRemedies } from './machine-remedies.js';

describe('the remedy prune_files', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stemma-prune-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  const write = (path: string, ageMs: number) => {
    const file = join(dataDir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'x'.repeat(1024));
    const then = new Date(Date.now() - ageMs);
    utimesSync(file, then, then);
    return path;
  };
  const HOUR_MS = 3_600_000;

  it('removes what writes that never finished have left, and nothing of the record', async () => {
    const leftovers = [
      ...['payloads', 'headers', 'leaves', 'datasets'].map((store) => `blobs/${store}/incoming/one`),
      ...['log/incoming/one', 'tmp/one'],
    ].map((path) => write(path, HOUR_MS));
    const record = [
      ...['log/checkpoint', 'log/tile/0/000', 'log/tile/entries/000', 'blobs/payloads/ab/abcd'],
      ...['blobs/headers/ab/abcd', 'blobs/datasets/ab/abcd', 'keys/log.json', 'kernels/one.wasm'],
      ...['imports/one.journal', 'submissions/one', 'stemma.lock'],
    ].map((path) => write(path, 1000 * HOUR_MS));
    const young = write('blobs/payloads/incoming/two', 60_000);
    const snapshots = { dropUnfinished: () => Promise.resolve(2) } as Partial<Snapshots> as Snapshots;
    const remedies = new MachineRemedies({ dataDir } as AppConfig, snapshots);
    const prune = remedies.all.find(({ name }) => name === 'prune_files');
    expect(await prune?.act('full', 'disk_high')).toBe(
      '6 leftovers with 0 MiB and 2 unfinished snapshots were removed',
    );
    const there = (paths: readonly string[]) => paths.filter((path) => existsSync(join(dataDir, path)));
    expect(there(leftovers)).toEqual([]);
    expect(there([...record, young])).toEqual([...record, young]);
  });

  it('says so where it could not look at unfinished snapshots', async () => {
    const snapshots = { dropUnfinished: () => Promise.resolve(null) } as Partial<Snapshots> as Snapshots;
    const empty = join(dataDir, 'empty');
    const { all } = new MachineRemedies({ dataDir: empty } as AppConfig, snapshots);
    expect(await all.find(({ name }) => name === 'prune_files')?.act('full', 'disk_high')).toBe(
      '0 leftovers with 0 MiB were removed; unfinished snapshots could not be looked at',
    );
  });
});
