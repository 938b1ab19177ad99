import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { setAccessToken } from '../api/access.js';

/** Asks for the bearer token a server beyond loopback wants; kept until the tab closes. */
export function AccessTokenForm({ onSaved }: { onSaved?: () => void }) {
  const [token, setToken] = useState('');
  return (
    <form
      className="row"
      style={{ gridColumn: 2 }}
      onSubmit={(event) => {
        event.preventDefault();
        setAccessToken(token.trim());
        onSaved?.();
      }}
    >
      <PasswordInput
        size="xs"
        w={260}
        aria-label="Access token"
        placeholder="Access token"
        autoComplete="off"
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <Button size="xs" type="submit" disabled={token.trim() === ''}>
        Use token
      </Button>
    </form>
  );
}
