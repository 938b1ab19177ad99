import { nativeSha256 } from '../../common/native-hash.js';
import { RemoteBlockAccess, type Ask } from './remote-block-access.js';

/** Blocks of a server, for this side of the wire: hashed by OpenSSL. */
export class HttpBlockAccess extends RemoteBlockAccess {
  constructor(ask: Ask) {
    super(ask, nativeSha256);
  }
}
