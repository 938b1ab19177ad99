/** Token of the `CheckContext` that this node judges blocks by. */
export const CHECK_CONTEXT = Symbol('CheckContext');
