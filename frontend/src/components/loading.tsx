import { Skeleton } from '@mantine/core';
import { useEffect, useState } from 'react';

/** Grey lines in the place of what is coming, shown only when it takes longer than 150 ms. */
export function Loading({ lines = 4, label = 'Loading' }: { lines?: number; label?: string }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return <div style={{ minHeight: lines * 28 }} aria-busy="true" />;
  return (
    <div role="status" aria-label={label} style={{ display: 'grid', gap: 12, padding: '8px 0' }}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={16} width={`${92 - ((line * 17) % 40)}%`} radius="xs" />
      ))}
    </div>
  );
}
