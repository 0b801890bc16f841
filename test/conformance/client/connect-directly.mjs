import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { answerRequests, CAPABILITIES, CLIENT_INFO } from './handlers.mjs';
import { LoginWithoutUser } from './login-without-user.mjs';

/** Most logins for one request: a server that is never satisfied must not keep a client busy for ever. */
const MAX_LOGINS = 2;

/** The SDK's client connected to the server at `url`, logging in where asked to. */
export async function connectDirectly({ url, revision, context }) {
  const authProvider = new LoginWithoutUser(context);
  let transport;
  let client;

  async function connect() {
    transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
    client = answerRequests(
      new Client(CLIENT_INFO, {
        capabilities: CAPABILITIES,
        ...(revision === '2026-07-28' && { versionNegotiation: { mode: 'auto' } }),
      }),
    );
    await client.connect(transport);
  }

  async function loggingIn(action) {
    for (let logins = 0; ; logins += 1) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof UnauthorizedError) || logins === MAX_LOGINS) throw error;
        await transport.finishAuth(authProvider.callback);
        // Where to log in may have changed by the next time.
        authProvider.invalidateCredentials('discovery');
      }
    }
  }

  await loggingIn(connect);
  return {
    list: () => loggingIn(async () => (await client.listTools()).tools),
    call: (name, args = {}) => loggingIn(() => client.callTool({ name, arguments: args })),
    request: (method, params) => loggingIn(() => client.request({ method, params })),
    close: () => client.close(),
  };
}
