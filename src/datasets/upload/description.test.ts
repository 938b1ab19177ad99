import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { parseDescription } from './description.js';
import { FilesCheck } from './files-check.js';

const MOST = 1_000_000;
const file = { name: 'a.jsonl', bytes: 10, sha256: 'a'.repeat(64) };
const good = {
  name: 'my-set',
  version: '1.0.0',
  licence: 'MIT OR CC0-1.0',
  source: 'my own notes',
  files: [file],
};

it('takes a description as it is', () => {
  expect(parseDescription(good, MOST)).toEqual({ ok: true, value: good });
});

it.each<[string, unknown]>([
  ['description', null],
  ['description', [good]],
  ['description', { ...good, tags: [] }],
  ['name', { ...good, name: 'My Set' }],
  ['name', { ...good, name: '../etc' }],
  ['version', { ...good, version: '1.0' }],
  ['licence', { ...good, licence: '' }],
  ['licence', { ...good, licence: 'x'.repeat(513) }],
  ['source', { ...good, source: 'two\nlines' }],
  ['source', { ...good, source: '\ud800' }],
  ['files', { ...good, files: [] }],
  ['files', { ...good, files: Array.from({ length: 65 }, (_, i) => ({ ...file, name: `${i}` })) }],
  ['files', { ...good, files: [file, file] }],
  ['files', { ...good, files: [{ ...file, bytes: 0 }] }],
  ['files', { ...good, files: [{ ...file, bytes: -1 }] }],
  ['files', { ...good, files: [{ ...file, bytes: 1.5 }] }],
  ['files', { ...good, files: [{ ...file, name: 'a/b' }] }],
  ['files', { ...good, files: [{ ...file, sha256: 'A'.repeat(64) }] }],
])('names %s as wrong (case %#)', (field, value) => {
  expect(parseDescription(value, MOST)).toMatchObject({
    ok: false,
    error: { code: 'DATASET_DESCRIPTION', status: 400, facts: { field } },
  });
});

it('refuses more bytes than are taken, all files together', () => {
  const files = [file, { ...file, name: 'b.jsonl', bytes: MOST - 9 }];
  expect(parseDescription({ ...good, files }, MOST)).toMatchObject({ error: { code: 'DATASET_TOO_LARGE' } });
});

describe('the bytes of files', () => {
  const described = (...texts: readonly string[]) =>
    texts.map((text, i) => ({
      ...{ name: `${i}`, bytes: Buffer.byteLength(text) },
      sha256: createHash('sha256').update(text).digest('hex'),
    }));
  const check = (files: ReturnType<typeof described>, bytes: string, cuts: readonly number[] = []) => {
    const [checked, all] = [new FilesCheck(files), Buffer.from(bytes)];
    const places = [0, ...cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b), all.length];
    for (let i = 1; i < places.length; i++) checked.update(all.subarray(places[i - 1], places[i]));
    const end = checked.end();
    return end.ok ? null : end.error.code;
  };

  it('agree with their description however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
        fc.array(fc.nat()),
        (texts, cuts) => {
          const lines = texts.map((text) => `${text}\n`);
          expect(check(described(...lines), lines.join(''), cuts)).toBeNull();
        },
      ),
    );
  });

  it.each<[string, string[], string]>([
    ['DATASET_FILE_SIZE', ['a\n', 'b\n'], 'a\nb'],
    ['DATASET_FILE_SIZE', ['a\n', 'b\n'], 'a\n'],
    ['DATASET_FILE_SIZE', ['a\n', 'b\n'], 'a\nb\nc'],
    ['DATASET_FILE_HASH', ['a\n', 'b\n'], 'a\nc\n'],
    ['DATASET_FILE_END', ['a', 'b\n'], 'ab\n'],
  ])('are refused: %s (case %#)', (code, files, bytes) =>
    expect(check(described(...files), bytes)).toBe(code),
  );
});
