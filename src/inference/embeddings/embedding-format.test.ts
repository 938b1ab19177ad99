import fc from 'fast-check';
import { embeddingList } from './embedding-format.js';

const vectors = fc.array(fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1 }), {
  minLength: 1,
});

interface List {
  readonly data: readonly { readonly embedding: never; readonly index: number }[];
}

describe('list of embeddings', () => {
  it('keeps every bit, as numbers and as base64', () => {
    fc.assert(
      fc.property(vectors, (given) => {
        const made = { vectors: given, tokens: 7 };
        const numbers = JSON.parse(JSON.stringify(embeddingList('m', made, 'float'))) as List;
        const texts = embeddingList('m', made, 'base64') as List;
        given.forEach((vector, i) => {
          const plain = Float32Array.from(vector, (value) => value + 0);
          expect(Float32Array.from(numbers.data[i].embedding)).toEqual(plain);
          const bytes = Buffer.from(texts.data[i].embedding, 'base64');
          const read = Float32Array.from(vector, (_, at) => bytes.readFloatLE(at * 4));
          expect(read).toEqual(vector);
        });
      }),
    );
  });

  it('names the model as it was asked for, and counts the tokens once', () => {
    const made = { vectors: [new Float32Array([1]), new Float32Array([0.5])], tokens: 7 };
    expect(embeddingList('genesis@1.0.0', made, 'float')).toEqual({
      object: 'list',
      model: 'genesis@1.0.0',
      data: [
        { object: 'embedding', index: 0, embedding: [1] },
        { object: 'embedding', index: 1, embedding: [0.5] },
      ],
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
  });
});
