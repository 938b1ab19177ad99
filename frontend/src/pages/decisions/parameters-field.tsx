import { Textarea } from '@mantine/core';
import type { KnownAction } from '../../api/autonomy.js';

/** Where the parameters of an action are written, as JSON; says which there are. */
export function ParametersField(props: {
  action: KnownAction | undefined;
  text: string;
  invalid: boolean;
  onChange: (text: string) => void;
}) {
  const known = Object.entries(props.action?.parameters ?? {});
  const meanings = known.map(([field, meaning]) => `${field}: ${meaning}`).join('; ');
  return (
    <Textarea
      label="Parameters"
      description={props.action === undefined ? undefined : meanings || 'It takes none.'}
      autosize
      minRows={2}
      error={props.invalid ? 'This is not a JSON object.' : undefined}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      value={props.text}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}
