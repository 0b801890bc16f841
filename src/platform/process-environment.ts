import { gatewayEnvironment, ignoredDirectories } from './gateway-environment.ts';

/**
 * Takes what belongs to the project in which somebody has started us out of the environment of this process, for good, as
 * far as we go by it ourselves; what we start inherits less. Returns what is to be told of it, a sentence for each variable.
 */
export function leaveProject(): readonly string[] {
  const { env } = process;
  const ignored = ignoredDirectories(env);
  const told = ignored.map(
    (name) =>
      `${name} is ignored: ${env[name]} is within the project in which mcp-gateway was started, and what comes with a project must not configure it. Set ${name} to a directory outside${name === 'XDG_CONFIG_HOME' ? ', or name the file with --config' : ''}`,
  );
  const own = gatewayEnvironment(env);
  for (const name of Object.keys(env)) if (own[name] === undefined) delete env[name];
  for (const [name, value] of Object.entries(own)) if (value !== undefined && env[name] !== value) env[name] = value;
  return told;
}
