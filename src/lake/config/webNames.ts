// Names as they stand in the headers of HTTP.

/** An origin as browsers write it, `https://shop.example`; undefined for a text that is not exactly one. */
export function originOf(text: string): string | undefined {
  const written = text.toLowerCase()
  // A URL may have * ; and ' in its host, which mean something in a policy.
  if (!/^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/.test(written) || !URL.canParse(written)) return undefined
  const { origin } = new URL(written)
  return origin === written ? origin : undefined
}

/** A `Host` taken apart; undefined for one that no client writes. */
export function hostOf(text: string): { readonly name: string; readonly port: string | undefined } | undefined {
  const parts = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::(\d{1,5}))?$/i.exec(text)
  const name = parts?.[1]?.toLowerCase()
  return name === undefined ? undefined : { name, port: parts?.[2] }
}
