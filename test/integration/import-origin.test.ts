import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlockReader } from '../../src/chain/index.js';
import { unwrap } from '../../src/common/index.js';
import { Importer, ParameterIndex } from '../../src/experts/index.js';
import { tinyCheckpoint } from '../factories/checkpoint.js';
import { openExperts, type ExpertsUnderTest } from './import-support.js';

describe('an import', () => {
  const folder = tinyCheckpoint();
  let sut: ExpertsUnderTest;

  beforeAll(async () => {
    sut = await openExperts();
  });
  afterAll(async () => {
    await sut.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps with the release where the model comes from: what is asked for, else what its card says', async () => {
    const importer = sut.app.get(Importer);
    const silent = unwrap(await importer.import(folder, { name: 'tiny' }));
    expect(silent).toMatchObject({ provenance: null, unstated: ['licence', 'data', 'author'] });
    writeFileSync(join(folder, 'README.md'), '---\nlicense: mit\ndatasets: [squad]\n---\n# Tiny\n');
    const carded = unwrap(await importer.import(folder, { name: 'tiny' }));
    expect(carded).toMatchObject({
      ...{ version: '1.0.1', created: true, created_blocks: 0, unstated: ['author'] },
      provenance: { license: 'mit', data: [{ name: 'squad' }] },
    });
    const stated = unwrap(
      await importer.import(folder, { name: 'tiny', author: 'Ada', license: 'Apache-2.0' }),
    );
    expect(stated).toMatchObject({ version: '1.0.2', created_blocks: 0, unstated: [] });
    const block = await sut.app.get(BlockReader).header(stated.release);
    expect(block?.header.metadata).toMatchObject({
      ...{ model: 'tiny', version: '1.0.2', dtype: 'q8' },
      provenance: { version: 1, license: 'Apache-2.0', author: 'Ada', data: [{ name: 'squad' }] },
    });
    const again = unwrap(await importer.import(folder, { name: 'tiny' }));
    expect([again.release, again.created]).toEqual([carded.release, false]);
    rmSync(join(folder, 'README.md'));
    const unsaid = unwrap(await importer.import(folder, { name: 'tiny' }));
    expect(unsaid).toMatchObject({ release: stated.release, created: false, unstated: [] });
    expect(await importer.import(folder, { name: 'tiny', license: 'mine' })).toMatchObject({
      error: { code: 'IMPORT_OPTION' },
    });
    expect((await sut.app.get(ParameterIndex).live('tiny'))?.version).toBe('1.0.0');
  });
});
