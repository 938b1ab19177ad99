export { TensorBlock } from './decoder.js';
export { encodeTensorBlock, TensorBlockEncoder, type EncoderPass } from './encoder.js';
export {
  HEADER_BYTES,
  planTensor,
  tileBytesOf,
  type TensorDtype,
  type TensorLayout,
  type TensorPlan,
  type TensorSpec,
} from './format.js';
export { fromHalf, toHalf } from './half.js';
export { decodeTensorHeader, encodeTensorHeader } from './header.js';
export { int4Place } from './quantize-int4.js';
export { exactScale, quantizeTile16 } from './quantize.js';
