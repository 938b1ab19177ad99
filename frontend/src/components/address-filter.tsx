import { Select } from '@mantine/core';
import { useAddressFilter } from '../hooks/address-filter.js';

/** Narrows a list to one of some choices, or to none of them. */
export function AddressFilter(props: {
  /** Its name in the address. */
  name: string;
  label: string;
  all: string;
  choices: readonly (string | { readonly value: string; readonly label: string })[];
  width?: number;
}) {
  const { name, label, all, choices, width = 180 } = props;
  const [value, set] = useAddressFilter(name);
  return (
    <Select
      size="xs"
      w={width}
      aria-label={label}
      placeholder={all}
      clearable
      clearButtonProps={{ 'aria-label': all }}
      data={choices}
      value={value === '' ? null : value}
      onChange={(chosen) => set(chosen ?? '')}
    />
  );
}

/** Choices from words by value. */
export function choicesOf(words: Readonly<Record<string, string>>): { value: string; label: string }[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}
