export { compileConstraint } from './compile-constraint.js';
export {
  isConstraint,
  withinTokens,
  type Constraint,
  type Surroundings,
  type TextRules,
} from './constraint.js';
export { Grammars } from './grammars.js';
export { hasToken, type TokenSet } from './token-set.js';
export { makeVocabulary, type Vocabulary } from './vocabulary.js';
