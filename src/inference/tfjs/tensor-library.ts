/** TensorFlow.js as it was loaded; only its types are imported, so that a server with the exact engine never reads it. */
export type Tf = typeof import('@tensorflow/tfjs-core');
export type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
