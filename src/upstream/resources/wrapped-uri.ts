const SCHEME = 'gateway:';
const PREFIX = `${SCHEME}//resources/`;

/** A URI that no other server has: the original is encoded behind the key of its server. */
export function wrapUri(server: string, uri: string): string {
  return `${prefixOf(server)}${encodeURIComponent(uri)}`;
}

/** A URI template whose expansions no other server has: the original stands as it is, so that it still expands. */
export function wrapUriTemplate(server: string, uriTemplate: string): string {
  return `${prefixOf(server)}${uriTemplate}`;
}

/** Whether a URI is such as only the gateway makes: the scheme of a URI is the same in capitals. */
export function isOfGateway(uri: string): boolean {
  return uri.slice(0, SCHEME.length).toLowerCase() === SCHEME;
}

/** Whether a URI or template is such as only the gateway makes, and for another server than this one. */
export function isWrappedForOther(server: string, uri: string): boolean {
  return isOfGateway(uri) && !uri.startsWith(prefixOf(server));
}

/** The original of a URI wrapped for that server, encoded or expanded from a template; undefined if it is no such URI. */
export function unwrapUri(server: string, uri: string): string | undefined {
  const prefix = prefixOf(server);
  if (!uri.startsWith(prefix)) return undefined;
  const rest = uri.slice(prefix.length);
  // An encoded URI holds neither character; one that was expanded from a template has its scheme.
  return /[:/]/.test(rest) ? rest : decode(rest);
}

function prefixOf(server: string): string {
  return `${PREFIX}${encodeURIComponent(server)}/`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
