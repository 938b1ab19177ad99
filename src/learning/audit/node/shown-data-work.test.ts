import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genesisEncoder, genesisTokenizer } from '../../../../test/support/genesis-encoder.js';
import { unwrap } from '../../../common/index.js';
import type { OpenedExample } from '../opening.js';
import { shownData } from './shown-data-work.js';

const encoder = genesisEncoder();

describe('the data that are shown of a training', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'stemma-shown-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const setOf = async (block: string, texts: readonly string[], named = false) => {
    const [path, lines] = [join(folder, block), texts.map((text) => JSON.stringify({ text })).join('\n')];
    await writeFile(path, lines);
    return { block, named, path, sha256: createHash('sha256').update(lines).digest('hex') };
  };
  const exampleOf = (text: string, index: number): OpenedExample => ({
    ...unwrap(encoder.encode({ form: 'text', text })),
    ...{ index, path: [] },
  });
  const learnt = (texts: readonly string[]) =>
    texts
      .map((text) => exampleOf(text, 0))
      .reduce((sum, { ids, firstTarget }) => sum + ids.length - firstTarget, 0);

  it('are what is learnt of different texts, however often one is in the file, and in how many updates', async () => {
    const victim = [1, 2, 3].map((i) => `document ${i} is a long one that somebody has written with care`);
    const [own, blank] = ['a b', ' \n '];
    const sets = [await setOf('victim', victim), await setOf('own', [own, '\u0301'], true)];
    const examples = [
      ...victim,
      ...Array.from({ length: 50 }, (_, i) => (i % 2 ? own : 'A B')),
      blank,
      blank,
    ].map(exampleOf);
    const updates = [0, 1].map((step) => ({ step, state: new Float32Array(), examples }));
    const end = { values: new Float32Array(), moments: [] };
    const input = { sets, folder: join(folder, 'keys'), part: join(folder, 'part') };
    const [ofVictim, ofOwn] = [learnt(victim), Math.max(learnt([own]), learnt(['A B']))];
    expect(await shownData({ updates, end }, genesisTokenizer(), input)).toEqual({
      ...{ documents: 5, tokens: ofVictim + ofOwn + learnt([blank]), named: ofOwn, unnamed: ofVictim },
      sets: [
        { block: 'own', tokens: ofOwn, first: ofOwn },
        { block: 'victim', tokens: ofVictim, first: ofVictim },
      ],
    });
  });
});
