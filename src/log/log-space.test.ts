import { LogSpace } from './log-space.js';

const MEBIBYTE = 1024 * 1024;

describe('the room for the log', () => {
  it('refuses when less than 8 MiB are free, and not before', async () => {
    await expect(new LogSpace('', () => Promise.resolve(8 * MEBIBYTE - 1)).check()).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      status: 507,
    });
    await expect(new LogSpace('', () => Promise.resolve(8 * MEBIBYTE)).check()).resolves.toBeUndefined();
  });

  it('asks once for many', async () => {
    let asked = 0;
    const sut = new LogSpace('', () => Promise.resolve(++asked * 100 * MEBIBYTE));
    await Promise.all(Array.from({ length: 50 }, () => sut.check()));
    expect(asked).toBe(1);
  });

  it('lets through where the file system does not say', async () => {
    await expect(new LogSpace('/no/such/folder').check()).resolves.toBeUndefined();
  });
});
