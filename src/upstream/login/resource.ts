/**
 * The resource that a token is asked for, as the server writes it: it has to be the server, or a path above it. Takes one
 * that differs by the slash at its end. Rejects with what does not fit.
 */
export async function validateResourceURL(server: string | URL, resource?: string): Promise<URL | undefined> {
  if (resource === undefined) return undefined;
  const [own, named] = [new URL(server), new URL(resource)];
  const isAbove = pathOf(own).startsWith(pathOf(named));
  if (own.origin !== named.origin || !isAbove)
    throw new Error(
      `the server says that it is ${named.origin}${named.pathname}, and it is reached as ${own.origin}${own.pathname}`,
    );
  // As a text: the SDK would write a URL in its own way, and authorization servers compare letter by letter.
  return resource as unknown as URL;
}

function pathOf({ pathname }: URL): string {
  return pathname.endsWith('/') ? pathname : `${pathname}/`;
}
