import type { Tensor3D, Tf } from './tensor-library.js';

/** Keys and values of one sequence, per layer as [kvHeads, positions, headDim]. */
export class KeyValues {
  private readonly layers: { readonly keys: Tensor3D; readonly values: Tensor3D }[] = [];

  constructor(private readonly tf: Tf) {}

  /** Adds those of the next positions of a layer; returns all of them. */
  append(
    layer: number,
    keys: Tensor3D,
    values: Tensor3D,
  ): { readonly keys: Tensor3D; readonly values: Tensor3D } {
    const before = this.layers.at(layer);
    const all =
      before === undefined
        ? { keys: this.tf.clone(keys), values: this.tf.clone(values) }
        : {
            keys: this.tf.concat([before.keys, keys], 1),
            values: this.tf.concat([before.values, values], 1),
          };
    this.tf.keep(all.keys);
    this.tf.keep(all.values);
    before?.keys.dispose();
    before?.values.dispose();
    this.layers[layer] = all;
    return all;
  }

  /** Frees the backend's memory. */
  dispose(): void {
    for (const { keys, values } of this.layers.splice(0)) {
      keys.dispose();
      values.dispose();
    }
  }
}
