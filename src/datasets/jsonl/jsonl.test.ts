import fc from 'fast-check';
import { CodedError } from '../../common/errors.js';
import { concatBytes, utf8ToBytes } from '../../common/hash.js';
import { JSONL_LIMITS, partsOf, readDocuments, type DatasetDocument, type JsonlLimits } from './index.js';

async function* cut(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const edges = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  for (const [i, start] of [0, ...edges].entries()) yield bytes.slice(start, edges[i] ?? bytes.length);
}

/** What was read, and the refusal that ended it. */
async function read(
  source: Uint8Array | string | AsyncIterable<Uint8Array>,
  limits: Partial<JsonlLimits> = {},
) {
  const bytes = typeof source === 'string' ? utf8ToBytes(source) : source;
  const stream = bytes instanceof Uint8Array ? cut(bytes, [7, 100, 4096]) : bytes;
  const documents: DatasetDocument[] = [];
  for await (const result of readDocuments(stream, { ...JSONL_LIMITS, ...limits })) {
    if (!result.ok) return { documents, refusal: result.error };
    documents.push(result.value);
  }
  return { documents, refusal: null };
}

const good = '{"text":"a fine line"}';

describe('documents', () => {
  it('come in three forms, with their licence and the texts beside them', async () => {
    const lines = [
      '{"prompt":"1 + 1?","completion":"2","domain":"sums","tags":["easy",{"by":"Ada"}]}',
      '',
      '{"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"Hello."}]}\r',
      '{"text":"Grüße 😀","license":"CC0-1.0"}',
    ];
    const { documents, refusal } = await read(lines.join('\n'));
    expect(refusal).toBeNull();
    expect(documents.map(({ line, content, licence }) => [line, partsOf(content), licence])).toEqual([
      [1, ['1 + 1?', '2'], null],
      [3, ['Hi.', 'Hello.'], null],
      [4, ['Grüße 😀'], 'CC0-1.0'],
    ]);
    expect(documents[0].extra).toEqual(['domain', 'sums', 'tags', 'easy', 'by', 'Ada']);
  });

  it('are the same wherever the chunks are cut', async () => {
    const texts = fc.array(
      fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `x${text.replaceAll('\0', '')}`),
    );
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(2000), { maxLength: 9 }), async (all, places) => {
        const file = utf8ToBytes(all.map((text) => `${JSON.stringify({ text })}\n`).join(''));
        const { documents, refusal } = await read(cut(file, places));
        expect(documents.map(({ content }) => partsOf(content)[0])).toEqual(all);
        expect(refusal?.code).toBe(all.length === 0 ? 'DATASET_EMPTY' : undefined);
      }),
    );
  });
});

describe('refusals name code and line', () => {
  const deep = (levels: number) => `{"text":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  it.each<[string, string | Uint8Array]>([
    ['DATASET_JSON', '{"text":'],
    ['DATASET_JSON', 'no json'],
    ['DATASET_NESTING', deep(10_000)],
    ['DATASET_NESTING', '['.repeat(500_000)],
    ['DATASET_NESTING', '{"a":'.repeat(10_000)],
    ['DATASET_BINARY', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0)],
    ['DATASET_BINARY', '{"text":"a\u0000b"}'],
    ['DATASET_BOM', `\ufeff${good}`],
    ['DATASET_BOM', Uint8Array.of(0xff, 0xfe, 0x7b, 0x22)],
    ['DATASET_UTF8', Uint8Array.of(0x22, 0xc3, 0x28, 0x22)],
    ['DATASET_UTF8', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['DATASET_LINE_SIZE', `{"text":"${'x'.repeat(JSONL_LIMITS.lineBytes)}"}`],
    ['DATASET_FORM', '[]'],
    ['DATASET_FORM', '{"text":1}'],
    ['DATASET_FORM', '{"text":"  "}'],
    ['DATASET_FORM', '{"text":"a","prompt":"b","completion":"c"}'],
    ['DATASET_FORM', '{"prompt":"a"}'],
    ['DATASET_FORM', '{"messages":[]}'],
    ['DATASET_FORM', '{"messages":[{"role":"root","content":"a"}]}'],
    ['DATASET_FORM', '{"text":"a","licence":{}}'],
    ['DATASET_TEXT', '{"text":"\\ud800"}'],
    ['DATASET_TEXT', '{"text":"a","note":"\\u0000"}'],
  ])('%s (case %#)', async (code, line) => {
    const bytes = typeof line === 'string' ? utf8ToBytes(line) : line;
    const file = concatBytes(utf8ToBytes(`${good}\n${good}\n`), bytes, utf8ToBytes(`\n${good}`));
    const { documents, refusal } = await read(file);
    expect(refusal).toBeInstanceOf(CodedError);
    expect(refusal).toMatchObject({ code, facts: { line: 3 } });
    expect(documents).toHaveLength(2);
  });

  it('when a file is empty, too large or has too many documents', async () => {
    expect((await read('\n \n')).refusal?.code).toBe('DATASET_EMPTY');
    expect((await read(good.repeat(3), { totalBytes: 30 })).refusal?.code).toBe('DATASET_SIZE');
    expect((await read(`${good}\n${good}`, { documents: 1 })).refusal).toMatchObject({
      code: 'DATASET_COUNT',
      facts: { line: 2 },
    });
  });

  it('allows what the bounds allow', async () => {
    const allowed = `{"text":"${'x'.repeat(JSONL_LIMITS.lineBytes - 11)}"}`;
    expect((await read(allowed)).refusal).toBeNull();
    expect((await read('{"text":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"[[["}')).refusal).toBeNull();
    expect((await read(`{"text":"a","b":${'['.repeat(15)}${']'.repeat(15)}}`)).refusal).toBeNull();
  });
});

it('reads no more of an endless line than the bound, and closes the source', async () => {
  let read64k = 0;
  let closed = false;
  async function* endless() {
    try {
      for (;;) {
        read64k++;
        yield new Uint8Array(1 << 16).fill(0x78);
      }
    } finally {
      closed = true;
    }
  }
  expect((await read(endless())).refusal).toMatchObject({ code: 'DATASET_LINE_SIZE', facts: { line: 1 } });
  expect(read64k).toBeLessThanOrEqual(JSONL_LIMITS.lineBytes / (1 << 16) + 1);
  expect(closed).toBe(true);
});

it('may be given the same buffer again and again', async () => {
  async function* reusing() {
    const buffer = new Uint8Array(8);
    const file = utf8ToBytes(`${good}\n${good}\n`.padEnd(48));
    for (let i = 0; i < file.length; i += 8) {
      buffer.set(file.subarray(i, i + 8));
      yield buffer;
    }
  }
  expect((await read(reusing())).documents).toHaveLength(2);
});

it('needs no more time for a line that comes byte by byte', async () => {
  async function* dripping() {
    const file = utf8ToBytes(`{"text":"${'x'.repeat(400_000)}"}\n${good}`);
    for (let i = 0; i < file.length; i++) yield file.subarray(i, i + 1);
  }
  const before = process.cpuUsage();
  expect((await read(dripping())).documents).toHaveLength(2);
  // Copying the line again for each byte would move 80 GB; less than a second on a usual core as it is.
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000);
});
