import { createHash } from 'node:crypto';
import { access, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genesisEncoder } from '../../../../test/support/genesis-encoder.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { readTextKey } from '../read-text-key.js';
import { lookThrough, type DatasetFile } from './text-index.js';

const encoder = genesisEncoder();
const keyOf = (text: string) => String(readTextKey(text, nativeSha256));
const textOf = (set: string, i: number) => `${set} ${i} is a text`;

describe('the look for documents in datasets', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'stemma-texts-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const give = async (name: string, lines: readonly string[], named = false): Promise<DatasetFile> => {
    const [text, path] = [lines.join('\n'), join(folder, `${name}.jsonl`)];
    await writeFile(path, text);
    return { block: name, named, path, sha256: createHash('sha256').update(text).digest('hex') };
  };
  const linesOf = (set: string, count: number) =>
    Array.from({ length: count }, (_, i) => JSON.stringify({ text: textOf(set, i) }));
  const look = async (keys: readonly string[], sets: readonly DatasetFile[], tokenizer = 'a') => {
    const parts = { encoder, tokenizer, folder: join(folder, 'keys'), part: join(folder, 'part') };
    const found = await lookThrough(keys, sets, parts);
    return Object.fromEntries(found.map(({ block, found: of }) => [block, [...of].sort()]));
  };
  const kept = async () => (await readdir(join(folder, 'keys'))).sort();

  it('finds those that are there, in sets of more keys than are read at once', async () => {
    const sets = [
      await give('large', linesOf('large', 17_000), true),
      await give('small', linesOf('small', 3)),
    ];
    // The ends of what is read at once among them.
    const places = [0, 16_383, 16_384, 16_999];
    const wanted = [...places.map((i) => textOf('large', i)), textOf('small', 2)].map(keyOf);
    const nobody = keyOf('a text of nobody');
    expect(await look([...wanted, nobody], sets)).toEqual({
      large: wanted.slice(0, 4).sort(),
      small: wanted.slice(4),
    });
    const files = await Promise.all((await kept()).map((name) => stat(join(folder, 'keys', name))));
    expect(files.map(({ size }) => size).sort((a, b) => a - b)).toEqual([3 * 16, 17_000 * 16]);
  });

  it('reads a set once for each tokenizer, and keeps nothing of sets that are not looked at any more', async () => {
    const [one, other] = [
      await give('one', linesOf('one', 3)),
      await give('other', linesOf('other', 3), true),
    ];
    const key = keyOf(textOf('one', 1));
    expect(await look([key], [one, other])).toEqual({ one: [key], other: [] });
    await rm(one.path);
    await rm(other.path);
    expect(await look([key], [one, other])).toEqual({ one: [key], other: [] });
    expect(await kept()).toHaveLength(2);
    expect(await look([key], [one])).toEqual({ one: [key] });
    expect(await kept()).toEqual([`${one.sha256}.a.v2`]);
    // An approved set whose file is not here is left out; what is said of a named one cannot be known then.
    expect(await look([key], [one], 'b')).toEqual({});
    await expect(look([key], [other], 'b')).rejects.toThrow('the file of dataset other is not here');
  });

  it('makes keys anew that were made in another form, and does not keep those', async () => {
    const one = await give('one', linesOf('one', 3));
    const key = keyOf(textOf('one', 1));
    await look([key], [one]);
    const [name] = await kept();
    const at = (form: string) => join(folder, 'keys', name.replace(/\.v\d+$/, form));
    await rename(at('.v2'), at(''));
    await writeFile(at('.v1'), '');
    expect(await look([key], [one])).toEqual({ one: [key] });
    expect(await kept()).toEqual([name]);
  });

  it('has no key of a text of which nothing is left', async () => {
    const lines = ['\u0301', 'words'].map((text) => JSON.stringify({ text }));
    await look([], [await give('one', lines)]);
    const files = await Promise.all((await kept()).map((name) => stat(join(folder, 'keys', name))));
    expect(files.map(({ size }) => size)).toEqual([16]);
  });

  it('takes a file up to a line that is none, and keeps no half of a file', async () => {
    const cut = await give('cut', [...linesOf('cut', 2), 'no document', ...linesOf('cut', 4)]);
    const keys = [0, 1, 3].map((i) => keyOf(textOf('cut', i)));
    expect(await look(keys, [cut])).toEqual({ cut: keys.slice(0, 2).sort() });
    await expect(access(join(folder, 'part'))).rejects.toThrow('ENOENT');
  });
});
