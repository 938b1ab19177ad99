import fc from 'fast-check';
import { eventData } from './chat-turn.js';
import { jsonLines } from './json-lines.js';

/** The bytes of a text in pieces of any size. */
function streamOf(text: string, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  return new ReadableStream({
    start(controller) {
      for (let i = 1; i < edges.length; i++) controller.enqueue(bytes.slice(edges[i - 1], edges[i]));
      controller.close();
    },
  });
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const cuts = fc.array(fc.nat(1000), { maxLength: 8 });

it('reads JSON lines wherever the chunks are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ text: fc.string({ unit: 'grapheme' }) })),
      cuts,
      async (values, places) => {
        const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
        expect(await collect(jsonLines(streamOf(text, places)))).toEqual(values);
      },
    ),
  );
});

it('reads server-sent events up to [DONE] wherever the chunks are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), cuts, async (texts, places) => {
      const data = texts.map((text) => JSON.stringify({ text }));
      const body = `: comment\n\n${data.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\ndata: late\n\n`;
      expect(await collect(eventData(streamOf(body, places)))).toEqual(data);
    }),
  );
});
