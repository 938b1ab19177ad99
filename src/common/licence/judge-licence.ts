import { classOfLicence, isKnownException, type LicenceClass } from './licence-list.js';
import { parseLicenceExpression, type LicenceExpression } from './spdx-expression.js';

/** From the best to the worst. */
const ORDER: readonly LicenceClass[] = ['allowed', 'copyleft', 'restricted', 'unknown'];

/**
 * What an SPDX expression allows: of alternatives (`OR`) the best, because whoever takes the data may choose; of licences
 * that hold together (`AND`) the worst. An expression that cannot be read is unknown.
 */
export function judgeLicence(text: string): LicenceClass {
  const expression = parseLicenceExpression(text);
  return expression.ok ? classOf(expression.value) : 'unknown';
}

/** The worse of two classes. */
export function worse(one: LicenceClass, other: LicenceClass): LicenceClass {
  return ORDER[Math.max(ORDER.indexOf(one), ORDER.indexOf(other))];
}

function classOf(expression: LicenceExpression): LicenceClass {
  if (expression.kind === 'licence') {
    const { id, exception } = expression;
    return exception !== null && !isKnownException(exception) ? 'unknown' : classOfLicence(id);
  }
  const ranks = expression.operands.map((operand) => ORDER.indexOf(classOf(operand)));
  return ORDER[expression.kind === 'or' ? Math.min(...ranks) : Math.max(...ranks)];
}

/** An identifier of one's own: `LicenseRef-…`, as SPDX writes licences that are not in its list. */
const OWN_IDENTIFIER = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/;

/** Whether a text is an SPDX expression of identifiers that its list has, or that say by themselves that they are one's own. */
export function isLicence(text: string): boolean {
  const expression = parseLicenceExpression(text);
  return expression.ok && isNamed(expression.value);
}

function isNamed(expression: LicenceExpression): boolean {
  if (expression.kind !== 'licence') return expression.operands.every(isNamed);
  const { id, exception } = expression;
  if (exception !== null && !isKnownException(exception)) return false;
  return classOfLicence(id) !== 'unknown' || OWN_IDENTIFIER.test(id);
}
