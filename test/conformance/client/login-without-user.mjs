/** Where a client that had one would publish its metadata; the suite expects this address. */
export const METADATA_URL = 'https://conformance-test.local/client-metadata.json';

/** An OAuth client whose user agrees to everything: it follows the redirect to the login page, and back, by itself. */
export class LoginWithoutUser {
  redirectUrl = 'http://localhost:3000/callback';
  clientMetadataUrl = METADATA_URL;
  clientMetadata = {
    client_name: 'conformance-client',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'native',
  };
  /** What the login page sent back. */
  callback;
  #registered;
  #clients = new Map();
  #tokens;
  #verifier;
  #discovery;

  constructor({ client_id, client_secret }) {
    if (client_id) this.#registered = { client_id, ...(client_secret && { client_secret }) };
  }

  clientInformation(context) {
    return this.#registered ?? this.#clients.get(context?.issuer);
  }

  saveClientInformation(information, context) {
    this.#clients.set(context?.issuer, information);
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    this.#tokens = tokens;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveDiscoveryState(state) {
    this.#discovery = state;
  }

  discoveryState() {
    return this.#discovery;
  }

  invalidateCredentials(scope) {
    if (scope === 'all' || scope === 'client') this.#clients.clear();
    if (scope === 'all' || scope === 'tokens') this.#tokens = undefined;
    if (scope === 'all' || scope === 'discovery') this.#discovery = undefined;
  }

  async redirectToAuthorization(url) {
    const response = await fetch(url, { redirect: 'manual' });
    this.callback = new URL(response.headers.get('location')).searchParams;
  }
}
