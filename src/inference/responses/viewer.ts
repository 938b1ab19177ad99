import { ANONYMOUS, type IdentifiedRequest, type Identity } from '../../auth/index.js';

/** Who makes a request; the guard has found out. */
export function viewerOf(request: IdentifiedRequest): Identity {
  return request.identity ?? ANONYMOUS;
}

/** The account a request is made by. */
export function subjectOf(request: IdentifiedRequest): string {
  return viewerOf(request).subject;
}

/** Whether somebody may see what an account asked and was answered: the account itself, and admins. */
export function maySee(viewer: Identity, owner: string): boolean {
  return viewer.roles.includes('admin') || (viewer !== ANONYMOUS && viewer.subject === owner);
}
