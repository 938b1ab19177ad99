import type { BlockReader, BlockStores } from '../../chain/index.js';
import type { Result } from '../../common/index.js';
import { DeltaUpload } from './delta-upload.js';
import type { ExpertHeader } from './expert-header.js';
import type { UploadState, UploadStore } from './upload-store.js';

/** @param size of the payload, bytes */
function open(size: number) {
  const expected = { hash: 'ab', header: { payload_size: size } } as unknown as ExpertHeader;
  const fill = (
    _: string,
    __: string,
    ___: string,
    make: (block: ExpertHeader) => Promise<Result<UploadState>>,
  ) => make(expected);
  const uploads = { fill } as unknown as UploadStore;
  return new DeltaUpload(uploads, {} as BlockReader, {} as BlockStores);
}

describe('taking a delta', () => {
  it('is refused before anything is read where the payload is too large for one', async () => {
    let read = false;
    async function* body() {
      read = true;
      yield await Promise.resolve(new Uint8Array(1));
    }
    const taken = await open(2 ** 26 + 1).take('a', 'u', 'p', body());
    expect(taken).toMatchObject({ error: { code: 'UPLOAD_TOO_LARGE' } });
    expect(read).toBe(false);
  });

  it('does not wait for others that arrive slowly, of which there are only so many', async () => {
    const sut = open(1000);
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    async function* body(late: boolean) {
      if (late) await arrived;
      yield new Uint8Array(20);
    }
    const slow = Array.from({ length: 7 }, () => sut.take('a', 'u', 'p', body(true)));
    const refused = { error: { code: 'DELTA_BLOCK_FORMAT' } };
    expect(await sut.take('a', 'u', 'p', body(false))).toMatchObject(refused);
    slow.push(sut.take('a', 'u', 'p', body(true)));
    await expect(sut.take('a', 'u', 'p', body(false))).rejects.toMatchObject({ code: 'UPLOAD_BUSY' });
    arrive();
    for (const taken of await Promise.all(slow)) expect(taken).toMatchObject(refused);
  });
});
