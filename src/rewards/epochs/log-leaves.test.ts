import { MemoryEpochSource } from '../../../test/factories/epoch-source.js';
import { unwrap } from '../../common/index.js';
import { leafAt, leavesIn, provenBundles } from './log-leaves.js';

const COUNT = 600;

function aLog(): MemoryEpochSource {
  const source = new MemoryEpochSource();
  for (let i = 0; i < COUNT; i++) source.append({ subject: `leaf ${i}` }, i);
  return source;
}

type Bundles = Pick<MemoryEpochSource, 'bundles'>;

async function subjects({ bundles }: Bundles, first: number, end: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { subject, index } of leavesIn(bundles, { first, end })) found.push(`${index} ${subject}`);
  return found;
}

describe('leaves of a part of the log', () => {
  it('come in order, whatever bundles they lie in', async () => {
    const source = aLog();
    for (const [first, end] of [
      [0, 1],
      [255, 257],
      [256, 512],
      [10, COUNT],
      [COUNT, COUNT],
    ])
      expect(await subjects(source, first, end)).toEqual(
        Array.from({ length: end - first }, (_, i) => `${first + i} leaf ${first + i}`),
      );
    expect(await leafAt(source.bundles, 300, 301)).toMatchObject({ index: 300, subject: 'leaf 300' });
    await expect(subjects(source, 0, COUNT + 1)).rejects.toMatchObject({ code: 'LOG_RANGE' });
  });

  it('are proven by the root over all before their end', async () => {
    const source = aLog();
    const proven = unwrap(await provenBundles(source, 400, source.rootAt(400)));
    expect(await subjects({ bundles: proven }, 390, 400)).toHaveLength(10);
    expect(await provenBundles(source, 400, source.rootAt(401))).toMatchObject({
      ok: false,
      error: { code: 'LOG_ROOT_WRONG' },
    });
    // What is shown later must be what was proven.
    source.leaves[395] = source.leaves[394];
    await expect(subjects({ bundles: proven }, 390, 400)).rejects.toMatchObject({ code: 'LOG_RANGE' });
  });
});
