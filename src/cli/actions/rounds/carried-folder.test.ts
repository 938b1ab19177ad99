import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../../test/support/temporary-folder.js';
import { NOTHING_CARRIED, type Carried } from '../../../learning/index.js';
import { CarriedFolder } from './carried-folder.js';

const [ONE, OTHER] = ['layer0.expert1', 'layer0.expert2'];
const [FIRST, SECOND, THIRD] = ['round_1', 'round_2', 'round_3'];
const experts = [ONE, OTHER];

function carried(value: number): Carried {
  const rest = experts.map((expert) => {
    return [`${expert}/up`, { rows: 1, columns: 2, values: Float32Array.of(value, -value) }] as const;
  });
  return { momentum: new Map(), rest: new Map(rest) };
}

describe('what a contributor keeps from round to round', () => {
  let dataDir: string;
  let folder: CarriedFolder;
  beforeEach(() => {
    dataDir = temporaryFolder('carried');
    folder = new CarriedFolder(dataDir, 'genesis');
  });
  const before = (round: string, came = true) => folder.before(round, experts, () => Promise.resolve(came));

  it('is nothing before the first round', async () => {
    expect(await before(FIRST)).toEqual(NOTHING_CARRIED);
  });

  it('is what the round before left, where its update counts, and else what was before that', async () => {
    await folder.keep(FIRST, experts, NOTHING_CARRIED, carried(1));
    await folder.keep(SECOND, experts, carried(1), carried(2));
    expect(await before(THIRD)).toEqual(carried(2));
    expect(await before(THIRD, false)).toEqual(carried(1));
  });

  it('is the same whenever one commits to the same round again, which asks for no other', async () => {
    await folder.keep(FIRST, experts, NOTHING_CARRIED, carried(1));
    await folder.keep(SECOND, experts, carried(1), carried(2));
    const asked: string[] = [];
    const counts = (round: string) => Promise.resolve(asked.push(round) > 0);
    expect(await folder.before(SECOND, experts, counts)).toEqual(carried(1));
    expect(asked).toEqual([]);
    await folder.before(THIRD, experts, counts);
    expect(asked).toEqual([SECOND, SECOND]);
  });

  it('is of each expert for itself', async () => {
    await folder.keep(FIRST, experts, NOTHING_CARRIED, carried(1));
    await folder.keep(SECOND, [ONE], carried(1), carried(2));
    const found = await before(THIRD);
    expect(found.rest.get(`${ONE}/up`)?.values[0]).toBe(2);
    expect(found.rest.get(`${OTHER}/up`)?.values[0]).toBe(1);
  });

  it('is refused where its file is damaged', async () => {
    await folder.keep(FIRST, experts, NOTHING_CARRIED, carried(1));
    const path = join(dataDir, 'rounds', 'genesis', `${OTHER}.carried`);
    writeFileSync(path, readFileSync(path).subarray(1));
    await expect(before(SECOND)).rejects.toMatchObject({ code: 'ROUND_CARRIED' });
  });
});
