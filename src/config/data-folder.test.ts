import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDataFolder, storageError } from './data-folder.js';

describe('data folder', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'stemma-folder-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is made with everything above it and left empty', () => {
    const deep = join(folder, 'a', 'b');
    expect(prepareDataFolder(deep).ok).toBe(true);
    expect(statSync(deep).isDirectory()).toBe(true);
    expect(readdirSync(deep)).toEqual([]);
  });

  it('cannot be a file', () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    const result = prepareDataFolder(path);
    expect(result.ok ? null : result.error.code).toBe('STORAGE_UNUSABLE');
  });

  it('is refused, not waited for, where nothing can be made', () => {
    const result = prepareDataFolder('/proc/stemma-cannot-be-here');
    expect(result.ok ? null : result.error.code).toBe('STORAGE_UNUSABLE');
  });

  it.each([
    ['EROFS', 'STORAGE_READ_ONLY'],
    ['EACCES', 'STORAGE_READ_ONLY'],
    ['ENOSPC', 'STORAGE_FULL'],
    ['EIO', 'STORAGE_UNUSABLE'],
  ])('maps %s to %s', (system, code) => {
    expect(storageError('/x', Object.assign(new Error('no'), { code: system })).code).toBe(code);
  });
});
