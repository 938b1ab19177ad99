import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMALL_TERMS, smallBase } from '../../../../test/support/round-base.js';
import { temporaryFolder } from '../../../../test/support/temporary-folder.js';
import { unwrap } from '../../../common/index.js';
import { NOTHING_CARRIED, type Carried, type RoundTerms } from '../../../learning/index.js';
import { prepareUpdate } from '../../../learning/rounds/prepare-update.js';
import { deltaName } from '../../../learning/rounds/round-base.js';
import { CarriedFolder, type MadeUpdate } from './carried-folder.js';

const [ONE, OTHER] = ['layer0.expert1', 'layer0.expert2'];
const [FIRST, SECOND, THIRD] = [1, 2, 3].map((number) => ({
  ...{ round: `round_${number}`, commitment: String(number).repeat(64) },
}));
const SERVER = 'https://one.example';
const PRIVATE: RoundTerms = {
  ...{ ...SMALL_TERMS, aggregator: 'mean', faulty: 0 },
  privacy: { clip: 2, noise_multiplier: 1, epsilon: 8, delta: 1e-5 },
};
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
    folder = new CarriedFolder(dataDir, SERVER, SMALL_TERMS);
  });
  const before = ({ round }: MadeUpdate, came = true) =>
    folder.before(round, experts, () => Promise.resolve(came));

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
    const asked: MadeUpdate[] = [];
    const counts = (made: MadeUpdate) => Promise.resolve(asked.push(made) > 0);
    expect(await folder.before(SECOND.round, experts, counts)).toEqual(carried(1));
    expect(asked).toEqual([]);
    await folder.before(THIRD.round, experts, counts);
    expect(asked).toMatchObject([SECOND, SECOND]);
  });

  it('is of each expert for itself', async () => {
    await folder.keep(FIRST, experts, NOTHING_CARRIED, carried(1));
    await folder.keep(SECOND, [ONE], carried(1), carried(2));
    const found = await before(THIRD);
    expect(found.rest.get(`${ONE}/up`)?.values[0]).toBe(2);
    expect(found.rest.get(`${OTHER}/up`)?.values[0]).toBe(1);
  });

  it('is of each server for itself, however its address is written', async () => {
    await folder.keep(FIRST, experts, NOTHING_CARRIED, carried(1));
    const at = (server: string) =>
      new CarriedFolder(dataDir, server, SMALL_TERMS).before(SECOND.round, experts, () =>
        Promise.resolve(true),
      );
    for (const other of ['https://two.example', 'http://one.example', `${SERVER}:8443`, `${SERVER}/b`])
      expect(await at(other)).toEqual(NOTHING_CARRIED);
    expect(await at('https://ONE.example:443/')).toEqual(carried(1));
  });

  it('of a private round is in no update that everybody can read, and the other way round', async () => {
    const base = await smallBase();
    const names = SMALL_TERMS.experts;
    const changes = new Map(
      base.tensors.map((tensor) => {
        const { rows, columns } = tensor;
        const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i) / 100);
        return [deltaName(tensor), { rows, columns, values }];
      }),
    );
    const made = (terms: RoundTerms, from: Carried) =>
      unwrap(
        prepareUpdate(terms, base, changes, {
          ...{ plan: { rank: 0, share: 0.1, bits: 8 }, beta: 0.5, feedback: true, before: from },
          salt: new Uint8Array(32),
        }),
      );
    for (const [one, other] of [
      [PRIVATE, SMALL_TERMS],
      [SMALL_TERMS, PRIVATE],
    ]) {
      const data = temporaryFolder('carried');
      const folders = [one, other].map((terms) => new CarriedFolder(data, SERVER, terms));
      const kept = made(one, NOTHING_CARRIED).after;
      await folders[0].keep(FIRST, names, NOTHING_CARRIED, kept);
      const [own, apart] = await Promise.all(
        folders.map((each) => each.before(SECOND.round, names, () => Promise.resolve(true))),
      );
      expect(made(one, own).bytes).toEqual(made(one, kept).bytes);
      expect(made(one, own).bytes).not.toEqual(made(one, NOTHING_CARRIED).bytes);
      expect(made(other, apart).bytes).toEqual(made(other, NOTHING_CARRIED).bytes);
    }
  });

  it('is refused where its file is damaged', async () => {
    await folder.keep(FIRST, experts, NOTHING_CARRIED, carried(1));
    const place = encodeURIComponent(SERVER);
    const path = join(dataDir, 'rounds', place, 'genesis', 'public', `${OTHER}.carried`);
    writeFileSync(path, readFileSync(path).subarray(1));
    await expect(before(SECOND)).rejects.toMatchObject({ code: 'ROUND_CARRIED' });
  });
});
