import { ANONYMOUS, type IdentifiedRequest, type Identity } from '../../auth/index.js';

/** Who makes a request; the guard has found out. */
export function whoOf(request: IdentifiedRequest): Identity {
  return request.identity ?? ANONYMOUS;
}
