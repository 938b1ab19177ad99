import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobStoreCompliance } from '../../../test/compliance/blob-store.js';
import { FileBlobStore } from './file-blob-store.js';
import { storageError } from './storage-error.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

blobStoreCompliance('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-blobs-'));
  folders.push(folder);
  return new FileBlobStore(folder);
});

describe('what a failing disk means', () => {
  it.each([
    ['ENOSPC', 'STORAGE_FULL', 507],
    ['EDQUOT', 'STORAGE_FULL', 507],
    ['EACCES', 'STORAGE_READ_ONLY', 503],
    ['EROFS', 'STORAGE_READ_ONLY', 503],
    ['EIO', 'STORAGE_FAILED', 503],
  ])('%s is %s', (system, code, status) => {
    expect(storageError(Object.assign(new Error('disk'), { code: system }))).toMatchObject({ code, status });
  });

  it('is not what a bug means', () => {
    expect(() => storageError(new TypeError('bug'))).toThrow('bug');
    expect(() => storageError(Object.assign(new Error('bug'), { code: 'ERR_INVALID_ARG_TYPE' }))).toThrow(
      'bug',
    );
  });
});
