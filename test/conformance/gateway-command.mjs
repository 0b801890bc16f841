import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** The words that start the built gateway over stdio with that configuration file. */
export function gatewayCommand(config) {
  return [process.execPath, process.env.CONFORMANCE_GATEWAY ?? BIN, config];
}

/** The words that start the built gateway over HTTP with that configuration file. */
export function startCommand(config) {
  return [process.execPath, process.env.CONFORMANCE_GATEWAY ?? BIN, 'start', '-c', config];
}
