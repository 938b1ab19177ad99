import type { Tf } from './tensor-library.js';

const SIZE = 40;

/** Whether the backend multiplies matrices of small whole numbers rightly: these have no rounding. */
export async function multiplies(tf: Tf): Promise<boolean> {
  const left = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 7) % 11) - 5);
  const right = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 5) % 13) - 6);
  const product = tf.tidy(() => tf.matMul(tf.tensor2d(left, [SIZE, SIZE]), tf.tensor2d(right, [SIZE, SIZE])));
  const found = await product.data();
  product.dispose();
  return found.every((value, place) => {
    const [row, column] = [Math.floor(place / SIZE), place % SIZE];
    let sum = 0;
    for (let i = 0; i < SIZE; i++) sum += left[row * SIZE + i] * right[i * SIZE + column];
    return value === sum;
  });
}
