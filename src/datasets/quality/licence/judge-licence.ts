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
