import type { ActionParameters, KnownAction } from '../../api/autonomy.js';

/** Reads what somebody wrote as the parameters of an action. */
export function readParameters(text: string): ActionParameters | 'invalid' {
  try {
    const value: unknown = JSON.parse(text);
    const object = typeof value === 'object' && value !== null && !Array.isArray(value);
    return object ? (value as ActionParameters) : 'invalid';
  } catch {
    return 'invalid';
  }
}

/** What to fill in for an action. */
export function templateOf(action: KnownAction | undefined): string {
  if (action === undefined) return '{}';
  const fields = Object.keys(action.parameters).filter((field) => field === 'model' || field === 'version');
  return JSON.stringify(Object.fromEntries(fields.map((field) => [field, ''])), null, 1);
}
