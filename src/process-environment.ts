import { usersEnvironment } from './core/users-environment.ts';

/** Takes what belongs to the project in which somebody has started us out of the environment of this process, for good. */
export function leaveProject(): void {
  const { env } = process;
  const users = usersEnvironment(env);
  for (const name of Object.keys(env)) if (users[name] === undefined) delete env[name];
  for (const [name, value] of Object.entries(users)) if (value !== undefined && env[name] !== value) env[name] = value;
}
