import { CodedError } from '../../common/index.js';

/** A receipt of another kernel than this node's, `DISPUTE_KERNEL` (409): it cannot be computed again here. */
export function otherKernel(kernel: string, own: string): CodedError {
  const message = `The receipt names kernel ${kernel}; this node has ${own}.`;
  return new CodedError('DISPUTE_KERNEL', message, { kernel, own }, 409);
}
