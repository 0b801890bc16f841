import type { GatewayConfig } from '../config/load.ts';

/** What a model is told of a configuration that cannot be used as it stands, with the cure; nothing where all is well. */
export function configHint(config: GatewayConfig, rejected: string | undefined): { hint?: string } {
  const hints = [hintOf(config, rejected), config.project?.notice].filter((hint) => hint !== undefined);
  return hints.length > 0 ? { hint: hints.join('\n') } : {};
}

function hintOf({ found, path, servers, problems }: GatewayConfig, rejected: string | undefined): string | undefined {
  if (rejected) return `The configuration was edited and not taken over: ${rejected}`;
  if (!found) return noConfig(path);
  const whole = problems.filter(({ severity, server }) => severity === 'error' && server === undefined);
  if (whole.length > 0) return whole.map(({ message }) => message).join('; ');
  if (servers.length > 0) return undefined;
  return path === '' ? 'The object given as configuration has no server.' : `No server is configured in ${path}.`;
}

/** That there is no file yet, and what to write where. */
export function noConfig(path: string): string {
  return `No configuration yet: write your servers to ${path}, for example {"name": {"command": ["npx", "-y", "some-mcp-server"]}}. It is picked up at once.`;
}
