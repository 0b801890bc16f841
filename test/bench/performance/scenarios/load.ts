import type { Gateway } from '../participants.ts';

/** Echoes so many times, so many of them always on their way, at the servers in turn. */
export async function load(
  { invoke }: Gateway,
  servers: readonly string[],
  { calls, inFlight, chars }: { readonly calls: number; readonly inFlight: number; readonly chars: number },
): Promise<void> {
  const args = { text: 'x'.repeat(chars) };
  let begun = 0;
  const callOn = async () => {
    while (begun < calls) await invoke(servers[begun++ % servers.length] ?? '', 'echo', args);
  };
  await Promise.all(Array.from({ length: inFlight }, callOn));
}
