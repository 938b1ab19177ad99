import type { ActionParameters } from '../../api/autonomy.js';

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
