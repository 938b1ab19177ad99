import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeOldLeftovers } from './check-leftovers.js';

describe('leftovers of crashed writes', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-leftovers-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are removed when old, kept when somebody may still write them', async () => {
    await writeFile(join(folder, 'old'), '');
    await writeFile(join(folder, 'young'), '');
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(folder, 'old'), longAgo, longAgo);
    await removeOldLeftovers([folder, join(folder, 'missing')]);
    expect(await readdir(folder)).toEqual(['young']);
  });
});
