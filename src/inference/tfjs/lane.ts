import { nativeSha256Hex } from '../../common/native-hash.js';
import type { EngineLimits, FastLane } from '../kernel/index.js';
import type { Backend } from './backend.js';
import type { BackendWish } from './backend-names.js';

/** What the fast lane's thread is started with. */
export interface FastThreadData {
  readonly wish: BackendWish;
  readonly limits: EngineLimits;
}

/** How receipts name a backend: by the hash of `stemma/tfjs/v1 <backend> <version of tfjs-core>`, and in words. */
export function laneOf({ tf, name, device }: Backend): FastLane {
  const hash = nativeSha256Hex(new TextEncoder().encode(`stemma/tfjs/v1 ${name} ${tf.version_core}`));
  return { hash, backend: name, device };
}
