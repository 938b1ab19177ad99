import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  folderWith,
  safetensors,
  shardedCheckpoint,
  tinyCheckpoint,
  TINY_CONFIG,
  tinyTensors,
} from '../../../test/factories/checkpoint.js';
import { unwrap } from '../../common/index.js';
import { openCheckpoint } from './checkpoint.js';

const folders: string[] = [];
const keep = (folder: string) => {
  folders.push(folder);
  return folder;
};
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

async function refusalOf(folder: string): Promise<[string, unknown]> {
  const opened = await openCheckpoint(keep(folder));
  if (opened.ok) {
    await opened.value.source.close();
    return ['OK', undefined];
  }
  const { code, facts } = opened.error;
  return [code, facts.tensor ?? facts.file ?? facts.member];
}

const indexOf = (folder: string) => join(folder, 'model.safetensors.index.json');
const edit = (path: string, change: (index: { weight_map: Record<string, unknown> }) => void) => {
  const index = JSON.parse(readFileSync(path, 'utf8')) as { weight_map: Record<string, unknown> };
  change(index);
  writeFileSync(path, JSON.stringify(index));
};

describe('opening a checkpoint', () => {
  it('finds every block of the architecture, in one file or in shards', async () => {
    for (const folder of [tinyCheckpoint(), shardedCheckpoint()]) {
      const { blocks, source, totalBytes } = unwrap(await openCheckpoint(keep(folder)));
      const stored = Object.values(tinyTensors()).reduce((sum, { data }) => sum + data.byteLength, 0);
      expect(blocks.map(({ name }) => name)).toHaveLength(2 + 2 * (2 + 3));
      expect(totalBytes).toBe(stored);
      await source.close();
    }
  });

  it('reads the genesis model', async () => {
    const { blocks, tokenizer, source } = unwrap(await openCheckpoint('models/genesis'));
    expect(blocks).toHaveLength(62);
    expect(tokenizer?.config).toMatchObject({ eos_token: '<|end|>' });
    await source.close();
  });

  it('takes a tied head from the embedding and then accepts no other', async () => {
    const { 'lm_head.weight': _head, ...tied } = tinyTensors();
    const config = { ...TINY_CONFIG, tie_word_embeddings: true };
    const folder = folderWith({ 'config.json': config, 'model.safetensors': safetensors(tied) });
    expect(await refusalOf(folder)).toEqual(['OK', undefined]);
    expect(await refusalOf(tinyCheckpoint({}, { tie_word_embeddings: true }))).toEqual([
      'IMPORT_TENSOR_UNKNOWN',
      'lm_head.weight',
    ]);
  });

  it('names a missing tensor, an unknown one and a wrong shape', async () => {
    const { 'model.norm.weight': _norm, ...incomplete } = tinyTensors();
    const missing = folderWith({ 'config.json': TINY_CONFIG, 'model.safetensors': safetensors(incomplete) });
    expect(await refusalOf(missing)).toEqual(['IMPORT_TENSOR_MISSING', 'model.norm.weight']);
    const bias = { 'model.layers.0.self_attn.q_proj.bias': { shape: [2], data: new Float32Array(2) } };
    expect(await refusalOf(tinyCheckpoint(bias))).toEqual([
      'IMPORT_TENSOR_UNKNOWN',
      'model.layers.0.self_attn.q_proj.bias',
    ]);
    const wide = { 'model.norm.weight': { shape: [33], data: new Float32Array(33) } };
    expect(await refusalOf(tinyCheckpoint(wide))).toEqual(['IMPORT_TENSOR_SHAPE', 'model.norm.weight']);
    const whole = { 'model.norm.weight': { dtype: 'I32', shape: [32], data: new Float32Array(32) } };
    expect(await refusalOf(tinyCheckpoint(whole))).toEqual(['IMPORT_DTYPE', 'model.norm.weight']);
  });

  it('names a missing shard, and a tensor that is not where the index says', async () => {
    const gone = shardedCheckpoint();
    rmSync(join(gone, 'model-00002-of-00003.safetensors'));
    expect(await refusalOf(gone)).toEqual(['IMPORT_SHARD_MISSING', 'model-00002-of-00003.safetensors']);
    const listed = shardedCheckpoint();
    edit(indexOf(listed), ({ weight_map }) => (weight_map.extra = 'model-00001-of-00003.safetensors'));
    expect(await refusalOf(listed)).toEqual(['IMPORT_TENSOR_MISSING', 'extra']);
    const moved = shardedCheckpoint();
    edit(
      indexOf(moved),
      ({ weight_map }) => (weight_map['lm_head.weight'] = 'model-00003-of-00003.safetensors'),
    );
    expect(await refusalOf(moved)).toEqual(['IMPORT_INDEX', 'lm_head.weight']);
    const wrong = shardedCheckpoint();
    edit(indexOf(wrong), ({ weight_map }) => (weight_map['lm_head.weight'] = 7));
    expect((await refusalOf(wrong))[0]).toBe('IMPORT_INDEX');
  });

  it.each(['../model.safetensors', '/etc/passwd', 'a/../../b', '..', 'a\\b', ''])(
    'refuses the shard name %p',
    async (name) => {
      const folder = shardedCheckpoint();
      edit(indexOf(folder), ({ weight_map }) => {
        for (const tensor of Object.keys(weight_map)) weight_map[tensor] = name;
      });
      expect((await refusalOf(folder))[0]).toBe('IMPORT_PATH');
    },
  );

  it('refuses links that lead out of the folder', async () => {
    const folder = shardedCheckpoint();
    const outside = keep(tinyCheckpoint());
    const [shard] = readdirSync(folder).filter((name) => name.startsWith('model-00001'));
    rmSync(join(folder, shard));
    symlinkSync(join(outside, 'model.safetensors'), join(folder, shard));
    expect(await refusalOf(folder)).toEqual(['IMPORT_PATH', shard]);
  });

  it('follows the links of a hub download cache, and no others there', async () => {
    const repository = keep(folderWith({}));
    const [blobs, snapshot] = [join(repository, 'blobs'), join(repository, 'snapshots', 'abc')];
    mkdirSync(snapshot, { recursive: true });
    renameSync(tinyCheckpoint(), blobs);
    for (const name of readdirSync(blobs)) symlinkSync(join('..', '..', 'blobs', name), join(snapshot, name));
    expect(await refusalOf(snapshot)).toEqual(['OK', undefined]);
    writeFileSync(join(repository, 'outside.json'), '{}');
    symlinkSync(join('..', '..', 'outside.json'), join(snapshot, 'tokenizer.json'));
    expect(await refusalOf(snapshot)).toEqual(['IMPORT_PATH', 'tokenizer.json']);
  });

  it('says what is wrong with a folder, a file or its JSON', async () => {
    expect((await refusalOf('/nowhere/at/all'))[0]).toBe('IMPORT_FOLDER');
    expect((await refusalOf(folderWith({})))[0]).toBe('IMPORT_CONFIG_MISSING');
    expect((await refusalOf(folderWith({ 'config.json': '{"a":1,"a":2}' })))[0]).toBe('IMPORT_JSON');
    expect((await refusalOf(folderWith({ 'config.json': TINY_CONFIG })))[0]).toBe('IMPORT_SHARD_MISSING');
    const cut = tinyCheckpoint();
    truncateSync(join(cut, 'model.safetensors'), 20_000);
    expect((await refusalOf(cut))[0]).toBe('SAFETENSORS_TRUNCATED');
    truncateSync(join(cut, 'model.safetensors'), 5);
    expect((await refusalOf(cut))[0]).toBe('SAFETENSORS_TRUNCATED');
    const huge = Buffer.alloc(64);
    huge.writeBigUInt64LE(2n ** 63n);
    expect((await refusalOf(folderWith({ 'config.json': TINY_CONFIG, 'model.safetensors': huge })))[0]).toBe(
      'SAFETENSORS_HEADER',
    );
  });
});
