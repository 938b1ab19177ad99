import { Textarea } from '@mantine/core';

/** Where somebody says why. It is public or on record, so that the label says which. */
export function ReasonField(props: {
  label: string;
  description?: string;
  minRows?: number;
  maxLength?: number;
  value: string;
  onChange: (reason: string) => void;
}) {
  const { minRows = 1, maxLength = 2000, onChange, ...rest } = props;
  return (
    <Textarea
      {...rest}
      autosize
      minRows={minRows}
      maxLength={maxLength}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
