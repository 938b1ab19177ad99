import { useSearchParams } from 'react-router';

/** What a list is narrowed to by the page's address (`?state=…`), so that it can be shared and gone back from; empty: by nothing. */
export function useAddressFilter(name: string): readonly [string, (value: string) => void] {
  const [query, setQuery] = useSearchParams();
  const set = (value: string): void => {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setQuery(next, { replace: true });
  };
  return [query.get(name) ?? '', set];
}
