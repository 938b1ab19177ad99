import { CodedError } from '../errors.js';
import { err, ok, type Result } from '../result.js';

/** A licence expression: one licence, or several of which all (`and`) or any one (`or`) hold. */
export type LicenceExpression =
  | {
      readonly kind: 'licence';
      readonly id: string;
      readonly orLater: boolean;
      readonly exception: string | null;
    }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly LicenceExpression[] };

const LONGEST = 512;
const DEEPEST = 16;
const IDENTIFIER = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9.-]+$/;
const OPERATORS = ['AND', 'OR', 'WITH'];

/**
 * Parses an SPDX licence expression (SPDX specification 2.3, annex D): `+` binds tightest, then `WITH`, `AND`, `OR`.
 * Operators may be written in capitals or small letters. `LICENCE_EXPRESSION` for anything else, and for more than 512
 * characters or 16 brackets within each other.
 */
export function parseLicenceExpression(text: string): Result<LicenceExpression> {
  if (text.length > LONGEST) return refused(`has more than ${LONGEST} characters`);
  const parser = new Parser(text.match(/[()]|[^\s()]+/g) ?? []);
  const expression = parser.any(0);
  if (expression === null || !parser.ended) return refused('is not an SPDX licence expression');
  return ok(expression);
}

class Parser {
  private place = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get ended(): boolean {
    return this.place === this.tokens.length;
  }

  any(depth: number): LicenceExpression | null {
    return this.series('or', () => this.series('and', () => this.operand(depth)));
  }

  private series(kind: 'and' | 'or', next: () => LicenceExpression | null): LicenceExpression | null {
    const operands: LicenceExpression[] = [];
    do {
      const operand = next();
      if (operand === null) return null;
      operands.push(operand);
    } while (this.take(kind.toUpperCase()));
    return operands.length === 1 ? operands[0] : { kind, operands };
  }

  private operand(depth: number): LicenceExpression | null {
    if (!this.take('(')) return this.licence();
    const inner = depth < DEEPEST ? this.any(depth + 1) : null;
    return this.take(')') ? inner : null;
  }

  private licence(): LicenceExpression | null {
    const name = this.identifier();
    if (name === null) return null;
    const orLater = name.endsWith('+');
    const exception = this.take('WITH') ? this.identifier() : undefined;
    if (exception === null) return null;
    return { kind: 'licence', id: orLater ? name.slice(0, -1) : name, orLater, exception: exception ?? null };
  }

  private identifier(): string | null {
    const token = this.tokens[this.place] ?? '';
    if (OPERATORS.includes(token.toUpperCase()) || !IDENTIFIER.test(token.replace(/\+$/, ''))) return null;
    this.place++;
    return token;
  }

  private take(token: string): boolean {
    const found = this.tokens[this.place];
    if (found !== token && found !== token.toLowerCase()) return false;
    this.place++;
    return true;
  }
}

function refused(what: string): Result<never> {
  return err(new CodedError('LICENCE_EXPRESSION', `The licence ${what}.`));
}
