export { compileConstraint } from './compile-constraint.js';
export { CONSTRAINT_VERSION, isConstraint, type Constraint, type Surroundings } from './constraint.js';
export { Grammars } from './grammars.js';
export { hasToken, type TokenSet } from './token-set.js';
export { makeVocabulary, type Vocabulary } from './vocabulary.js';
