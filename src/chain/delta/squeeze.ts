import { brotliCompress, brotliDecompress, constants, type BrotliOptions } from 'node:zlib';
import { ok, type Result } from '../../common/index.js';
import { malformed } from './delta-header.js';

/** Up to so many bytes the effort that tells scales from integers is worth its time, about a second per megabyte. */
const THOROUGH_BYTES = 4 << 20;
const [THOROUGH, QUICK] = [10, 5];
const WINDOW_BITS = 22;

/** Compresses bytes with Brotli (RFC 7932), on a thread of its own. */
export function squeeze(bytes: Uint8Array): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: bytes.length > THOROUGH_BYTES ? QUICK : THOROUGH,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return new Promise((resolve, reject) =>
    brotliCompress(bytes, { params }, (thrown, squeezed) =>
      thrown === null ? resolve(squeezed) : reject(thrown),
    ),
  );
}

/** What Node calls back with when it is asked to tell how much of the input it has used. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * Undoes the compression into exactly `length` bytes and no byte more, whatever is claimed. `DELTA_BLOCK_FORMAT` for what is damaged, cut
 * off, longer or shorter, or followed by anything.
 */
export function expand(bytes: Uint8Array, length: number): Promise<Result<Uint8Array>> {
  const options: BrotliOptions = { maxOutputLength: length, info: true };
  return new Promise((resolve) =>
    brotliDecompress(bytes, options, (thrown, answer) => {
      if (thrown !== null) return resolve(malformed('its body does not expand to the payload it names'));
      const { buffer, engine } = answer as unknown as Inflated;
      if (buffer.length !== length) return resolve(malformed('its body is too short'));
      if (engine.bytesWritten !== bytes.length) return resolve(malformed('something follows its body'));
      resolve(ok(buffer));
    }),
  );
}
