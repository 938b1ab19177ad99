import type { Embeddings } from './embedding.service.js';

/** Digits that name a float32 beyond doubt. */
const FLOAT32_DIGITS = 9;

/** OpenAI's list of embeddings. @param model the model as the client named it */
export function embeddingList(
  model: string,
  { vectors, tokens }: Embeddings,
  encoding: 'float' | 'base64',
): object {
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? base64(vector) : [...vector].map(shortest),
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** Few digits, but read as float32 it is the same number. */
function shortest(value: number): number {
  return Number(value.toPrecision(FLOAT32_DIGITS));
}

function base64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString('base64');
}
